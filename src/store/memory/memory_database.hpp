#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/memory/memory_sessions.hpp"
#include "store/store.hpp"

namespace skein::store {

struct MemoryEntry {
  std::uint64_t first_seq = 0;
  std::uint32_t count = 0;
  std::shared_ptr<const JournalEntry> entry;
};

/// Content that encoders spilled while entries were read.
struct MemoryBlob {
  std::string bytes;
  std::set<RunId> runs;            ///< whose journals name it
};

struct MemoryRun {
  RunId id;
  std::uint64_t number = 0;        ///< order of creation
  std::shared_ptr<const NewRun> facts;
  Instant updated{};
  std::uint64_t last_seq = 0;
  std::uint64_t epoch = 1;
  std::uint64_t owner = 0;         ///< 0: none
  bool queued = false;             ///< it waits for its slot
  bool failed = false;             ///< an append was refused: nothing more until it is claimed again
  RunSummary summary;
  std::vector<MemoryEntry> entries;
  std::map<std::int64_t, InboxMessage> inbox;

  [[nodiscard]] bool free() const { return owner == 0 && !is_final(summary.status); }
};

/// Not by address: what happens must not depend on where memory was found. Before all others: null.
struct OldestFirst {
  [[nodiscard]] static std::uint64_t number(const MemoryRun* run) { return run == nullptr ? 0 : run->number; }
  bool operator()(const MemoryRun* a, const MemoryRun* b) const { return number(a) < number(b); }
  using Due = std::pair<Instant, MemoryRun*>;
  bool operator()(const Due& a, const Due& b) const { return a.first != b.first ? a.first < b.first : (*this)(a.second, b.second); }
};

/// Runs that nobody owns and that are not final, by the instant from which they can go on (the least one for "at once").
using FreeRuns = std::set<OldestFirst::Due, OldestFirst>;

/// What is spent over runs.
struct MemoryAccount {
  Charge settled;
  std::map<std::string, Charge, std::less<>> reserved;  ///< by key
};

/// Plain data under one mutex; `MemoryRunStore` has the rules.
class MemoryDatabase {
 public:
  std::mutex mutex;
  std::unordered_map<RunId, std::unique_ptr<MemoryRun>> runs;
  std::map<std::string, std::map<std::uint64_t, MemoryRun*>, std::less<>> slots;  ///< by key and number: holders and those that wait
  std::map<std::uint64_t, MemoryRun*> by_number;
  FreeRuns free;
  std::set<MemoryRun*, OldestFirst> with_mail;
  std::unordered_map<std::string, std::pair<std::string, std::uint64_t>> definitions;  ///< by hash: text, runs that use it
  std::unordered_map<std::string, MemoryBlob> blobs;  ///< by hash
  std::vector<SharedEvent> shared;
  std::map<std::string, MemoryAccount, std::less<>> accounts;
  MemorySessions sessions;
  std::uint64_t next_owner = 1;
  std::uint64_t next_run = 1;
  std::int64_t next_message = 1;
  std::uint64_t changes = 0;
};

}  // namespace skein::store
