#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/owners.hpp"
#include "store/store.hpp"

namespace skein::store {

/// Writes appends inside the writer's transactions and remembers where each run of this owner stands. What it remembers is only a
/// short cut: each append's update names owner, epoch and last event, so one that another process has fenced off changes no row.
class Appender {
 public:
  Appender(Connection& db, Registration& self) : db_(db), self_(self) {}

  /// The result concerns this append alone. Where the connection has failed afterwards the whole transaction is lost and the result
  /// means nothing.
  [[nodiscard]] Result<void> apply(const Append& append);
  /// The transaction since the last call of either was committed; or it was not, for `why`: its runs are refused from now on.
  void committed();
  void rolled_back(const Error& why);

  /// Where a run stands that was just claimed.
  void take_over(RunId run, std::int64_t key, std::uint64_t epoch, std::uint64_t last_seq, std::int64_t last_entry);
  void forget(RunId run) { owned_.erase(run); }
  /// Whether an append of this run was refused since it was claimed.
  [[nodiscard]] bool refused(RunId run) const;
  [[nodiscard]] std::size_t bytes_in_transaction() const { return bytes_; }

 private:
  struct Owned {
    std::int64_t key = 0;
    std::uint64_t epoch = 0;
    std::uint64_t last_seq = 0;
    std::int64_t last_entry = 0;
    /// Empty before the first append after a claim.
    std::optional<RunSummary> summary;
    std::optional<Error> refusal;
  };

  void send(const std::vector<InboxMessage>& mail);
  [[nodiscard]] Result<void> place(const Slot& slot, std::int64_t run);
  void give_back_slot(std::int64_t run);
  [[nodiscard]] Result<void> try_apply(const Append& append, Owned& run);
  [[nodiscard]] Result<void> encode(const Append& append);
  [[nodiscard]] Result<void> create(const Append& append, Owned& run);
  [[nodiscard]] Result<void> advance(const Append& append, Owned& run);
  void write_blobs(std::int64_t run);
  [[nodiscard]] Error conflict(const Append& append);

  Connection& db_;
  Registration& self_;
  std::unordered_map<RunId, Owned> owned_;
  std::vector<RunId> touched_;
  std::size_t bytes_ = 0;
  std::string text_;
  std::vector<std::pair<std::string, std::string>> spilled_;  ///< blobs by hash
};

}  // namespace skein::store
