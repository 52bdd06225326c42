#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/sqlite/appender.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/open.hpp"
#include "store/sqlite/owners.hpp"
#include "store/sqlite/reserve.hpp"
#include "store/sqlite/sqlite_run_store.hpp"

namespace skein::store {

/// The one thread that writes. It takes what has piled up while it was busy, commits it in one transaction (group commit) and then
/// reports. After an I/O error it stops for good: whether a failed sync reached the disk cannot be known, so it is never repeated.
class Writer {
 public:
  Writer(const SqliteOptions& options, OpenedForWriting opened, Registration& self);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] Result<Appending> append(Append append, CommitSink& sink);

  /// Runs inside a transaction, alone or together with appends. An error leaves no trace of it.
  using Body = std::function<Result<void>(Connection&, Appender&)>;
  /// Runs on the writer's thread after the commit.
  using Then = std::function<void(Appender&)>;
  /// Waits for the commit. Must not be called by a CommitSink. While the reserve is used, what takes on work is refused.
  enum class Purpose : std::uint8_t { upkeep, takes_on_work };
  [[nodiscard]] Result<void> perform(Body body, Then then = {}, Purpose purpose = Purpose::upkeep);
  /// Waits until everything in the log is in the database file, as far as readers allow.
  void checkpoint();

  /// Commits what is pending, gives up ownership and stops. Idempotent.
  void close();
  /// Closes the connection, after `close` and after the readers: the last one out copies the log into the database.
  void disconnect();

 private:
  struct Task {
    Body body;
    Then then;
    Purpose purpose = Purpose::upkeep;
    bool checkpoint = false;
    Result<void> result;
    std::promise<void> done;
  };
  struct Item {
    Append append;
    CommitSink* sink = nullptr;
    Task* task = nullptr;
  };

  void enqueue_task(Task& task);
  void loop();
  [[nodiscard]] bool take_pending(std::vector<Item>& items);
  /// Commits a prefix of the items from `first`; returns the first one that is not in it.
  std::size_t commit_some(std::vector<Item>& items, std::size_t first);
  [[nodiscard]] Result<void> run_task(Task& task);
  [[nodiscard]] Result<void> finish_transaction();
  void report(std::vector<Item>& items, std::size_t first, std::size_t last, std::vector<Result<void>>& results);
  void make_room_in_log();
  void checkpoint_if_due();
  void run_checkpoint();
  void give_up_ownership();
  void stop_for(const Error& error);

  const SqliteOptions options_;
  std::unique_ptr<Connection> db_;
  Registration& self_;
  Appender appender_;
  int log_pages_ = 0;
  int log_room_ = 0;                     ///< pages that fit into the log's file as it is; looked up again when it seems full
  int checkpoint_at_;
  std::optional<Error> stopped_;         ///< the writer's own view
  const Reserve reserve_;
  std::optional<Error> full_;            ///< what appends are told until the reserve is full again
  std::vector<Result<void>> results_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable room_;
  std::vector<Item> pending_;
  std::atomic<std::size_t> waiting_{0};  ///< size of `pending_`, for looking without the lock
  bool sleeping_ = false;
  bool closing_ = false;
  std::optional<Error> refusal_;         ///< what appends are told at once
  std::mutex close_mutex_;
  std::thread thread_;                   ///< last: it uses everything above
};

}  // namespace skein::store
