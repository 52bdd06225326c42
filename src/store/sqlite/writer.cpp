#include "store/sqlite/writer.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/log.hpp"

namespace skein::store {
namespace {

Error closed_error() { return fail(ErrorCode::store_failed, "the store is closed").error(); }

/// Of the log, with the head of a frame.
constexpr int page_bytes = 4096 + 24;
constexpr int log_grows_from = 16;
constexpr int log_grows_by = 256;
/// What one commit writes at most without making the log longer itself.
constexpr int pages_of_a_commit = 16;

}  // namespace

Writer::Writer(const SqliteOptions& options, OpenedForWriting opened, Registration& self)
    : options_(options),
      db_(std::move(opened.db)),
      self_(self),
      appender_(*db_, self_),
      checkpoint_at_(options.checkpoint_pages),
      reserve_(lock_directory_of(options.path)),
      full_(std::move(opened.full)) {
  sqlite3_wal_hook(
      db_->handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &log_pages_);
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() { close(); }

Result<Appending> Writer::append(Append append, CommitSink& sink) {
  if (append.count == 0 || !append.entry) return fail(ErrorCode::invalid_argument, "an append needs an entry with at least one event");
  std::unique_lock lock(mutex_);
  if (pending_.size() >= options_.max_pending && std::this_thread::get_id() != thread_.get_id()) {
    room_.wait(lock, [&] { return pending_.size() < options_.max_pending || closing_ || refusal_; });
  }
  if (closing_) return std::unexpected(closed_error());
  if (refusal_) return std::unexpected(*refusal_);
  pending_.emplace_back(std::move(append), &sink, nullptr);
  waiting_.store(pending_.size(), std::memory_order_release);
  const bool wake = std::exchange(sleeping_, false);
  lock.unlock();
  if (wake) wake_.notify_one();
  return Appending::pending;
}

Result<void> Writer::perform(Body body, Then then, Purpose purpose) {
  Task task;
  task.body = std::move(body);
  task.then = std::move(then);
  task.purpose = purpose;
  enqueue_task(task);
  return std::move(task.result);
}

void Writer::checkpoint() {
  Task task;
  task.checkpoint = true;
  enqueue_task(task);
}

void Writer::enqueue_task(Task& task) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    task.result = fail(ErrorCode::internal, "a CommitSink must not wait for the store");
    return;
  }
  auto done = task.done.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || refusal_) {
      task.result = std::unexpected(refusal_ ? *refusal_ : closed_error());
      return;
    }
    pending_.emplace_back(Append{}, nullptr, &task);
    waiting_.store(pending_.size(), std::memory_order_release);
    sleeping_ = false;
  }
  wake_.notify_one();
  done.wait();
}

void Writer::loop() {
  std::vector<Item> items;
  while (take_pending(items)) {
    for (std::size_t next = 0; next < items.size();) next = commit_some(items, next);
    items.clear();
  }
  give_up_ownership();
}

bool Writer::take_pending(std::vector<Item>& items) {
  const auto until = std::chrono::steady_clock::now() + options_.spin;
  while (waiting_.load(std::memory_order_acquire) == 0 && std::chrono::steady_clock::now() < until) {
  }
  std::unique_lock lock(mutex_);
  while (pending_.empty() && !closing_) {
    sleeping_ = true;
    wake_.wait(lock);
  }
  sleeping_ = false;
  items.swap(pending_);
  waiting_.store(0, std::memory_order_release);
  lock.unlock();
  room_.notify_all();
  return !items.empty();
}

std::size_t Writer::commit_some(std::vector<Item>& items, std::size_t first) {
  results_.clear();
  std::size_t end = first;
  if (stopped_) {
    end = items.size();
    results_.assign(end - first, std::unexpected(*stopped_));
    report(items, first, end, results_);
    return end;
  }
  if (full_ && reserve_.fill()) full_.reset();
  const auto limit = std::min(items.size(), first + options_.max_rows_per_commit);
  db_->exec("BEGIN IMMEDIATE");
  make_room_in_log();
  while (end < limit && !db_->failed() && appender_.bytes_in_transaction() < options_.max_bytes_per_commit) {
    auto& item = items[end++];
    results_.push_back(item.task ? run_task(*item.task) : full_ ? std::unexpected(*full_) : appender_.apply(item.append));
  }
  if (end == first) ++end;  // not even begun: the first one bears the error
  if (auto done = finish_transaction(); !done) results_.assign(end - first, std::unexpected(done.error()));
  report(items, first, end, results_);
  checkpoint_if_due();
  return end;
}

/// A commit that makes the log's file longer costs a file system about twice what one costs that overwrites, so a log that keeps growing
/// grows by many pages at once. A small one does not: its process may be over soon.
void Writer::make_room_in_log() {
  if (db_->failed() || log_pages_ < log_grows_from || log_pages_ + pages_of_a_commit <= log_room_) return;
  log_room_ = static_cast<int>(db_->log_bytes() / page_bytes);
  if (log_pages_ + pages_of_a_commit <= log_room_) return;
  const auto more = log_pages_ + log_grows_by - log_room_;
  db_->lengthen_log(std::int64_t{more} * page_bytes);
  log_room_ += more;
}

Result<void> Writer::run_task(Task& task) {
  if (task.checkpoint) return {};
  if (full_ && task.purpose == Purpose::takes_on_work) return std::unexpected(*full_);
  db_->exec("SAVEPOINT task");
  auto done = task.body(*db_, appender_);
  if (!done) db_->exec("ROLLBACK TO task");
  db_->exec("RELEASE task");
  return done;
}

Result<void> Writer::finish_transaction() {
  db_->exec("COMMIT");
  if (!db_->failed()) {
    appender_.committed();
    self_.committed();
    return {};
  }
  const auto failure = db_->failure();
  auto error = db_->take().error();
  if (db_->in_transaction()) {
    db_->exec("ROLLBACK");
    (void)db_->take();
  }
  appender_.rolled_back(error);
  self_.rolled_back();
  if (failure == Failure::broken || db_->in_transaction()) {
    stop_for(error);
  } else if (failure == Failure::full) {
    run_checkpoint();  // the log's own room can be used again
  }
  return std::unexpected(std::move(error));
}

void Writer::report(std::vector<Item>& items, std::size_t first, std::size_t last, std::vector<Result<void>>& results) {
  std::vector<std::pair<CommitSink*, std::vector<Committed>>> by_sink;
  for (auto i = first; i < last; ++i) {
    auto& item = items[i];
    auto& result = results[i - first];
    if (auto* task = item.task) {
      if (task->checkpoint) run_checkpoint();
      if (result && task->then) task->then(appender_);
      task->result = std::move(result);
      task->done.set_value();
      continue;
    }
    auto found = std::ranges::find(by_sink, item.sink, &std::pair<CommitSink*, std::vector<Committed>>::first);
    if (found == by_sink.end()) {
      by_sink.emplace_back(item.sink, std::vector<Committed>{});
      found = std::prev(by_sink.end());
      found->second.reserve(last - i);
    }
    found->second.push_back({item.append.token, std::move(result)});
    item.append.entry.reset();
  }
  for (auto& [sink, commits] : by_sink) sink->on_committed(std::move(commits));
}

void Writer::checkpoint_if_due() {
  if (!stopped_ && log_pages_ >= checkpoint_at_) run_checkpoint();
}

void Writer::run_checkpoint() {
  if (stopped_) return;
  int in_log = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  if (code == SQLITE_OK && in_log == copied) {
    log_pages_ = 0;
    checkpoint_at_ = options_.checkpoint_pages;
    return;
  }
  // Readers of an older state keep the log from being used again, or there is no room: try again when it has grown some more.
  checkpoint_at_ = log_pages_ + options_.checkpoint_pages;
  if (code == SQLITE_OK || code == SQLITE_BUSY) return;
  db_->fail_with(code);
  const auto failure = db_->failure();
  const auto error = db_->take().error();
  if (failure == Failure::broken) stop_for(error);
}

void Writer::stop_for(const Error& error) {
  if (stopped_) return;
  stopped_ = error;
  db_->no_checkpoint_on_close();
  log::error("the store has stopped", {{"error", Json(error.message)}});
  {
    const std::lock_guard lock(mutex_);
    refusal_ = error;
  }
  room_.notify_all();
}

void Writer::give_up_ownership() {
  if (const auto id = self_.id(); id != 0 && !stopped_) {
    // Not worth a sync: where this is lost, the free lock says the same.
    if (options_.durability == Durability::full) db_->exec("PRAGMA synchronous=NORMAL");
    db_->exec("BEGIN IMMEDIATE");
    Query(*db_, "UPDATE state SET owner=0 WHERE owner=? AND status<3", id).run();
    Query(*db_, "DELETE FROM owners WHERE id=?", id).run();
    db_->exec("COMMIT");
    if (db_->failed() && db_->failure() == Failure::broken) db_->no_checkpoint_on_close();
    (void)db_->take();
  }
  self_.end();
}

void Writer::close() {
  const std::lock_guard once(close_mutex_);
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    sleeping_ = false;
  }
  wake_.notify_one();
  room_.notify_all();
  thread_.join();
}

void Writer::disconnect() {
  const std::lock_guard once(close_mutex_);
  db_.reset();
}

}  // namespace skein::store
