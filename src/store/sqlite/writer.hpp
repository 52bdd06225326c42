#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace skein::store::sqlite {

/// The one thread that writes. It takes everything that waits and commits it in one transaction (group commit), so that many runs share the
/// cost of one sync; only after the commit does anybody hear of it.
class Writer {
 public:
  /// Work inside the writer's transaction. An error that it returns concerns only itself: it must have changed nothing.
  using Work = std::function<Result<void>(Connection&)>;

  Writer(Connection connection, std::int64_t owner);
  ~Writer();

  /// Queues an append; `sink` hears of it. Blocks while 100,000 are queued.
  [[nodiscard]] Result<void> append(Append append, CommitSink& sink);
  /// Runs `work` in a transaction and waits until it is committed.
  [[nodiscard]] Result<void> perform(Work work);
  /// Finishes what is queued and ends the thread. Idempotent.
  void close();

 private:
  struct Pending;
  struct Known {
    std::int64_t key = 0;
    std::int64_t last_entry = 0;
  };
  struct Statements;

  void work();
  void commit_group(std::vector<std::unique_ptr<Pending>>& group);
  Result<void> write(const Append& append);
  Result<void> move_on(const Append& append, std::int64_t key, std::int64_t entry);
  Result<void> create(const Append& append);
  Result<Known> find(RunId run);
  Result<std::int64_t> definition_key(const NewRun& run);
  void answer(std::vector<std::unique_ptr<Pending>>& group);

  Connection connection_;
  std::int64_t owner_;
  std::unique_ptr<Statements> statements_;
  std::unordered_map<RunId, Known> known_;              ///< runs of this owner; emptied whenever a transaction is undone
  std::unordered_map<std::string, std::int64_t> definitions_;
  std::int64_t next_entry_ = 1;
  std::string text_;                                    ///< kept for its memory

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable room_;
  std::deque<std::unique_ptr<Pending>> queue_;
  bool closing_ = false;
  std::optional<Error> broken_;                         ///< a sync failed: nothing is written until the store is opened anew
  std::thread thread_;
};

}  // namespace skein::store::sqlite
