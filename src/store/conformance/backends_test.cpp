#include "store/conformance/support.hpp"
#include "store/memory/memory_run_store.hpp"
#include "store/sqlite/sqlite_run_store.hpp"
#include "store/sqlite/testing/temporary_directory.hpp"

namespace skein::store::conformance {
namespace {

class SharedMemory final : public Database {
 public:
  std::unique_ptr<RunStore> open() override { return make_memory_run_store(database_); }

 private:
  std::shared_ptr<MemoryDatabase> database_ = make_memory_database();
};

class DatabaseFile final : public Database {
 public:
  explicit DatabaseFile(Durability durability) : durability_(durability) {}
  std::unique_ptr<RunStore> open() override {
    SqliteOptions options;
    options.path = directory_.file("skein.db");
    options.durability = durability_;
    return open_sqlite_run_store(options).value();
  }

 private:
  Durability durability_;
  support::TemporaryDirectory directory_;
};

}  // namespace

std::span<const Backend> backends() {
  static const Backend all[] = {
      {"memory", [] { return std::make_unique<SharedMemory>(); }},
      {"sqlite_full", [] { return std::make_unique<DatabaseFile>(Durability::full); }},
      {"sqlite_memory", [] { return std::make_unique<DatabaseFile>(Durability::memory); }},
  };
  return all;
}

namespace {

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, ::testing::ValuesIn(backends().begin(), backends().end()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace skein::store::conformance
