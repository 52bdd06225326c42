#include <filesystem>
#include <stdexcept>

#include "base/random.hpp"
#include "store/conformance/run_store_conformance.hpp"
#include "store/memory/memory_run_store.hpp"
#include "store/sqlite/sqlite_run_store.hpp"

namespace skein::store::conformance {
namespace {

class InMemory final : public Place {
 public:
  std::unique_ptr<RunStore> open() override { return std::make_unique<MemoryRunStore>(database_); }

 private:
  std::shared_ptr<MemoryDatabase> database_ = MemoryRunStore::make_database();
};

class OnDisk final : public Place {
 public:
  explicit OnDisk(SqliteDurability durability) : durability_(durability) {
    SystemRandom random;
    folder_ = std::filesystem::temp_directory_path() / ("skein-store-" + std::to_string(random.next()));
  }
  ~OnDisk() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<RunStore> open() override {
    auto opened = open_sqlite_store({.path = (folder_ / "skein.db").string(), .durability = durability_});
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

 private:
  SqliteDurability durability_;
  std::filesystem::path folder_;
};

}  // namespace

std::vector<Subject> subjects() {
  return {{.name = "memory", .make = [] { return std::make_unique<InMemory>(); }},
          {.name = "sqlite_full", .make = [] { return std::make_unique<OnDisk>(SqliteDurability::full); }},
          {.name = "sqlite_normal", .make = [] { return std::make_unique<OnDisk>(SqliteDurability::normal); }}};
}

}  // namespace skein::store::conformance
