// Measures the stores: appends over many runs, one append at a time, reading back, bytes of a waiting run. Every durable figure stands
// beside the disk's own latency of the same run. Usage: store_bench [directory]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/random.hpp"
#include "store/memory/memory_run_store.hpp"
#include "store/sqlite/sqlite_run_store.hpp"

namespace {

using namespace skein;
using namespace skein::store;
using Clock = std::chrono::steady_clock;

class Text final : public JournalEntry {
 public:
  explicit Text(std::size_t bytes) : text_(bytes, 'x') {}
  void encode(std::string& out, BlobWriter&) const override { out += text_; }

 private:
  std::string text_;
};

/// Hands the tokens of committed appends to the thread that made them.
class ReadySink final : public CommitSink {
 public:
  void on_committed(std::vector<Committed> commits) override {
    {
      const std::lock_guard lock(mutex_);
      ++groups_;
      for (const auto& commit : commits) {
        if (!commit.result) {
          fmt::print(stderr, "{}\n", commit.result.error().message);
          std::_Exit(1);
        }
        ready_.push_back(commit.token);
      }
    }
    changed_.notify_one();
  }
  void take(std::vector<std::uint64_t>& tokens) {
    tokens.clear();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty(); });
    tokens.swap(ready_);
  }
  std::uint64_t groups() {
    const std::lock_guard lock(mutex_);
    return groups_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> ready_;
  std::uint64_t groups_ = 0;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Percentiles {
  double p50 = 0;
  double p99 = 0;
};

Percentiles percentiles(std::vector<double>& values) {
  std::ranges::sort(values);
  return {values[values.size() / 2], values[values.size() * 99 / 100]};
}

/// Microseconds of a write of 4 KiB over existing bytes and its fdatasync.
Percentiles disk_latency(const std::string& directory) {
  const auto path = directory + "/fdatasync.bin";
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  const std::vector<char> block(std::size_t{1} << 20, 'x');
  if (fd < 0 || pwrite(fd, block.data(), block.size(), 0) < 0 || fsync(fd) != 0) std::_Exit(1);
  std::vector<double> took;
  for (int i = 0; i < 1'500; ++i) {
    const auto start = Clock::now();
    if (pwrite(fd, block.data(), 4096, i % 256 * 4096) < 0 || fdatasync(fd) != 0) std::_Exit(1);
    took.push_back(seconds_since(start) * 1e6);
  }
  close(fd);
  std::filesystem::remove(path);
  return percentiles(took);
}

Append make(RunId run, std::uint64_t seq, const std::shared_ptr<const JournalEntry>& entry) {
  Append append;
  append.run = run;
  append.epoch = 1;
  append.first_seq = seq;
  append.count = 1;
  append.at = Instant{seconds{1'700'000'000}} + microseconds{static_cast<std::int64_t>(seq)};
  append.entry = entry;
  append.summary.status = RunStatus::running;
  append.summary.tasks_completed = static_cast<std::uint32_t>(seq);
  return append;
}

Append first(RunId run, const std::shared_ptr<const JournalEntry>& entry) {
  static const auto facts =
      std::make_shared<NewRun>(NewRun{"bench", "hash", std::make_shared<const std::string>("{}"), Instant{seconds{1'700'000'000}}});
  auto append = make(run, 1, entry);
  append.create = facts;
  return append;
}

std::vector<RunId> ids(std::size_t count) {
  SeededRandom random(3);
  std::vector<RunId> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(RunId::make(Instant{seconds{1'700'000'000 + static_cast<std::int64_t>(i)}}, random));
  return made;
}

void check(const Result<Appending>& appending) {
  if (appending) return;
  fmt::print(stderr, "{}\n", appending.error().message);
  std::_Exit(1);
}

SqliteOptions options(const std::string& directory, std::string_view name, Durability durability) {
  SqliteOptions made;
  made.path = fmt::format("{}/{}.db", directory, name);
  made.durability = durability;
  return made;
}

/// Every run has one append in flight, as in an engine: the next one is made when the last was committed.
void measure_throughput(const std::string& directory, Durability durability, std::size_t run_count, std::uint64_t total,
                        std::size_t bytes) {
  const auto disk = disk_latency(directory);
  auto store = open_sqlite_run_store(options(directory, "throughput", durability)).value();
  const std::shared_ptr<const JournalEntry> entry = std::make_shared<Text>(bytes);
  const auto runs = ids(run_count);
  std::vector<std::uint64_t> last(run_count, 0);
  ReadySink sink;
  std::vector<std::uint64_t> tokens;
  const auto append = [&](std::uint64_t i) {
    const auto seq = ++last[i];
    auto next = seq == 1 ? first(runs[i], entry) : make(runs[i], seq, entry);
    next.token = i;
    check(store->append(std::move(next), sink));
  };
  for (std::uint64_t i = 0; i < run_count; ++i) append(i);
  for (std::size_t created = 0; created < run_count; created += tokens.size()) sink.take(tokens);

  const auto groups = sink.groups();
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < run_count; ++i) append(i);
  std::uint64_t made = run_count;
  for (std::uint64_t committed = 0; committed < total;) {
    sink.take(tokens);
    committed += tokens.size();
    for (const auto i : tokens) {
      if (made < total) append(i), ++made;
    }
  }
  const auto took = seconds_since(start);
  const auto mean_group = static_cast<double>(total) / static_cast<double>(sink.groups() - groups);
  fmt::print(
      R"({{"bench":"sqlite_appends","durability":"{}","runs":{},"entry_bytes":{},"appends":{},"per_second":{:.0f},"mean_group":{:.0f},)"
      R"("fdatasync_p50_us":{:.0f}}})"
      "\n",
      to_string(durability), run_count, bytes, total, static_cast<double>(total) / took, mean_group, disk.p50);
}

void measure_sequential(const std::string& directory, microseconds spin) {
  const auto disk = disk_latency(directory);
  auto opening = options(directory, fmt::format("sequential{}", spin.count()), Durability::full);
  opening.spin = spin;
  auto store = open_sqlite_run_store(opening).value();
  const std::shared_ptr<const JournalEntry> entry = std::make_shared<Text>(300);
  const auto run = ids(1).front();
  ReadySink sink;
  std::vector<std::uint64_t> tokens;
  std::vector<double> took;
  // The first ones let the log grow to the size that is then written over.
  constexpr std::uint64_t warm_up = 2'000;
  for (std::uint64_t seq = 1; seq <= warm_up + 3'000; ++seq) {
    const auto start = Clock::now();
    check(store->append(seq == 1 ? first(run, entry) : make(run, seq, entry), sink));
    sink.take(tokens);
    if (seq > warm_up) took.push_back(seconds_since(start) * 1e6);
  }
  const auto found = percentiles(took);
  const auto after = disk_latency(directory);
  fmt::print(
      R"({{"bench":"sqlite_sequential","spin_us":{},"p50_us":{:.0f},"p99_us":{:.0f},"fdatasync_p50_us":{:.0f},"fdatasync_p50_after_us":{:.0f}}})"
      "\n",
      spin.count(), found.p50, found.p99, disk.p50, after.p50);
}

void measure_reading(const std::string& directory) {
  auto store = open_sqlite_run_store(options(directory, "reading", Durability::memory)).value();
  const std::shared_ptr<const JournalEntry> entry = std::make_shared<Text>(300);
  const auto run = ids(1).front();
  constexpr std::uint64_t count = 100'000;
  ReadySink sink;
  std::vector<std::uint64_t> tokens;
  for (std::uint64_t seq = 1; seq <= count; ++seq) check(store->append(seq == 1 ? first(run, entry) : make(run, seq, entry), sink));
  for (std::uint64_t committed = 0; committed < count; committed += tokens.size()) sink.take(tokens);
  const auto start = Clock::now();
  std::uint64_t read = 0;
  const auto done = store->read_journal(run, 1, [&](const StoredEntry&) { return ++read, true; });
  if (!done || read != count) std::_Exit(1);
  fmt::print(R"({{"bench":"sqlite_read_journal","entries":{},"us_per_entry":{:.2f}}})"
             "\n",
             count, seconds_since(start) * 1e6 / count);
}

void measure_waiting(const std::string& directory) {
  const auto opening = options(directory, "waiting", Durability::memory);
  auto store = open_sqlite_run_store(opening).value();
  const std::shared_ptr<const JournalEntry> entry = std::make_shared<Text>(300);
  constexpr std::size_t count = 100'000;
  const auto runs = ids(count);
  ReadySink sink;
  std::vector<std::uint64_t> tokens;
  for (const auto run : runs) {
    check(store->append(first(run, entry), sink));
    auto second = make(run, 2, entry);
    second.summary.status = RunStatus::waiting;
    second.summary.next_due = Instant{seconds{1'800'000'000}};
    second.keep = Keep::released;
    check(store->append(std::move(second), sink));
  }
  for (std::size_t committed = 0; committed < 2 * count; committed += tokens.size()) sink.take(tokens);
  store->close();
  fmt::print(R"({{"bench":"sqlite_waiting_run","runs":{},"entries_each":2,"entry_bytes":300,"disk_bytes_each":{:.0f}}})"
             "\n",
             count, static_cast<double>(std::filesystem::file_size(opening.path)) / count);

  store = open_sqlite_run_store(opening).value();
  auto start = Clock::now();
  if (!store->earliest_due().value()) std::_Exit(1);
  const auto due = seconds_since(start);
  start = Clock::now();
  const auto claimed = store->claim_runnable(Instant{seconds{1'800'000'000}}, 10'000);
  fmt::print(R"({{"bench":"sqlite_claim","waiting":{},"earliest_due_ms":{:.2f},"claimed":{},"claim_ms":{:.1f}}})"
             "\n",
             count, due * 1e3, claimed.value().size(), seconds_since(start) * 1e3);
}

void measure_opening(const std::string& directory) {
  auto start = Clock::now();
  open_sqlite_run_store(options(directory, "opening", Durability::full)).value()->close();
  const auto created = seconds_since(start);
  start = Clock::now();
  open_sqlite_run_store(options(directory, "opening", Durability::full)).value()->close();
  fmt::print(R"({{"bench":"sqlite_open","create_ms":{:.1f},"open_and_close_ms":{:.1f},"fdatasync_p50_us":{:.0f}}})"
             "\n",
             created * 1e3, seconds_since(start) * 1e3, disk_latency(directory).p50);
}

void measure_memory() {
  const auto store = make_memory_run_store();
  const std::shared_ptr<const JournalEntry> entry = std::make_shared<Text>(300);
  constexpr std::size_t run_count = 1'000;
  constexpr std::uint64_t rounds = 2'000;
  const auto runs = ids(run_count);
  ReadySink sink;
  for (const auto run : runs) check(store->append(first(run, entry), sink));
  const auto start = Clock::now();
  for (std::uint64_t seq = 2; seq < 2 + rounds; ++seq) {
    for (const auto run : runs) check(store->append(make(run, seq, entry), sink));
  }
  fmt::print(R"({{"bench":"memory_appends","runs":{},"ns_per_append":{:.0f}}})"
             "\n",
             run_count, seconds_since(start) * 1e9 / static_cast<double>(run_count * rounds));
}

}  // namespace

int main(int argc, char** argv) {
  std::string directory = (std::filesystem::path(argc > 1 ? argv[1] : ".") / "store-bench-XXXXXX").string();
  if (!mkdtemp(directory.data())) {
    fmt::print(stderr, "cannot create a directory in {}\n", argc > 1 ? argv[1] : ".");
    return 1;
  }
  measure_memory();
  measure_opening(directory);
  for (const auto spin : {0, 20, 200}) measure_sequential(directory, microseconds{spin});
  for (const std::size_t runs : {1'000U, 5'000U}) {
    for (const auto durability : {Durability::full, Durability::normal}) {
      const auto part = fmt::format("{}/{}-{}", directory, to_string(durability), runs);
      std::filesystem::create_directory(part);
      measure_throughput(part, durability, runs, 300'000, 300);
    }
  }
  measure_reading(directory);
  measure_waiting(directory);
  std::filesystem::remove_all(directory);
  return 0;
}
