#include "store/sqlite/writer.hpp"

#include <algorithm>
#include <map>

#include <sqlite3.h>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "store/errors.hpp"

namespace skein::store::sqlite {
namespace {

/// Bounds of one transaction and of what may wait for it.
constexpr std::size_t max_group = 2000;
constexpr std::size_t max_waiting = 100'000;

std::string_view id_bytes(const RunId& run) { return {reinterpret_cast<const char*>(run.bytes().data()), run.bytes().size()}; }

/// Failures after which the state of the file is not known: SQLite's own advice for a failed sync is to stop.
bool is_fatal(const Error& error) { return error.code == ErrorCode::store_failed && !error.retryable; }

}  // namespace

struct Writer::Pending {
  Append append;
  CommitSink* sink = nullptr;
  Work work;
  Result<void> result;
  // for `perform`: the caller waits
  std::mutex* mutex = nullptr;
  std::condition_variable* done = nullptr;
  bool* finished = nullptr;
  Result<void>* out = nullptr;
};

struct Writer::Statements {
  Statement insert_entry;
  Statement update_run;
  Statement insert_run;
  Statement find_run;
  Statement find_definition;
  Statement insert_definition;
  Statement remove_mail;
  Statement insert_blob;
  Statement insert_blob_use;

  static Result<std::unique_ptr<Statements>> prepare(Connection& c) {
    auto made = std::make_unique<Statements>();
    const std::pair<Statement*, const char*> all[] = {
        {&made->insert_entry, "INSERT INTO journal(id, prev, seq, count, events) VALUES(?,?,?,?,?)"},
        {&made->update_run,
         "UPDATE runs SET updated=?, status=?, next_due=?, owner=?, last_seq=?, last_entry=?, tasks_completed=?, tasks_failed=?, error=? "
         "WHERE key=? AND owner=? AND epoch=? AND last_seq=?"},
        {&made->insert_run,
         "INSERT INTO runs(id, workflow, definition, created, updated, status, next_due, owner, epoch, last_seq, last_entry, tasks_total, "
         "tasks_completed, tasks_failed, error) VALUES(?,?,?,?,?,0,NULL,?,?,0,0,?,0,0,NULL)"},
        {&made->find_run, "SELECT key, last_entry FROM runs WHERE id=?"},
        {&made->find_definition, "SELECT key FROM definitions WHERE hash=?"},
        {&made->insert_definition, "INSERT INTO definitions(hash, document) VALUES(?,?)"},
        {&made->remove_mail, "DELETE FROM inbox WHERE id=?"},
        {&made->insert_blob, "INSERT OR IGNORE INTO blobs(hash, bytes) VALUES(?,?)"},
        {&made->insert_blob_use, "INSERT OR IGNORE INTO blob_uses(run, hash) VALUES(?,?)"},
    };
    for (const auto& [place, sql] : all) {
      auto statement = c.prepare(sql);
      if (!statement) return std::unexpected(statement.error());
      *place = std::move(*statement);
    }
    return made;
  }
};

namespace {

/// Writes payloads into the transaction under way.
class BlobsOfRun final : public BlobWriter {
 public:
  BlobsOfRun(Statement& blob, Statement& use, std::int64_t run) : blob_(blob), use_(use), run_(run) {}
  std::string put(std::string_view bytes) override {
    auto hash = sha256_hex(bytes);
    if (result) result = blob_.bind(1, hash).bind_blob(2, bytes).run();
    if (result) result = use_.bind(1, run_).bind(2, hash).run();
    return hash;
  }
  Result<void> result;

 private:
  Statement& blob_;
  Statement& use_;
  std::int64_t run_;
};

}  // namespace

Writer::Writer(Connection connection, std::int64_t owner) : connection_(std::move(connection)), owner_(owner), thread_([this] { work(); }) {}

Writer::~Writer() { close(); }

Result<void> Writer::append(Append append, CommitSink& sink) {
  auto pending = std::make_unique<Pending>();
  pending->append = std::move(append);
  pending->sink = &sink;
  std::unique_lock lock(mutex_);
  if (queue_.size() >= max_waiting && std::this_thread::get_id() != thread_.get_id()) room_.wait(lock, [this] { return queue_.size() < max_waiting || closing_; });
  if (closing_) return std::unexpected(store_is_closed());
  if (broken_) return std::unexpected(*broken_);
  queue_.push_back(std::move(pending));
  wake_.notify_one();
  return {};
}

Result<void> Writer::perform(Work work) {
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  Result<void> out;
  auto pending = std::make_unique<Pending>();
  pending->work = std::move(work);
  pending->mutex = &mutex;
  pending->done = &done;
  pending->finished = &finished;
  pending->out = &out;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return std::unexpected(store_is_closed());
    if (broken_) return std::unexpected(*broken_);
    queue_.push_back(std::move(pending));
    wake_.notify_one();
  }
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return finished; });
  return out;
}

void Writer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_one();
    room_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Writer::work() {
  std::vector<std::unique_ptr<Pending>> group;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !queue_.empty() || closing_; });
      if (queue_.empty()) return;
      const auto take = std::min(queue_.size(), max_group);
      group.clear();
      for (std::size_t i = 0; i < take; ++i) {
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      room_.notify_all();
    }
    commit_group(group);
    answer(group);
  }
}

void Writer::commit_group(std::vector<std::unique_ptr<Pending>>& group) {
  const auto refuse_all = [&](const Error& why) {
    if (connection_.in_transaction()) (void)connection_.execute("ROLLBACK");
    known_.clear();
    definitions_.clear();
    for (auto& pending : group) pending->result = std::unexpected(why);
    if (!is_fatal(why)) return;
    log::error("the store failed; nothing is written until it is opened anew", {{"error", Json(why.message)}});
    const std::lock_guard lock(mutex_);
    broken_ = why;
  };

  {
    const std::lock_guard lock(mutex_);
    if (broken_) {
      for (auto& pending : group) pending->result = std::unexpected(*broken_);
      return;
    }
  }
  if (!statements_) {
    auto prepared = Statements::prepare(connection_);
    if (!prepared) return refuse_all(prepared.error());
    statements_ = std::move(*prepared);
  }
  const auto begun = connection_.execute("BEGIN IMMEDIATE");
  if (!begun) return refuse_all(begun.error());
  // Nobody else can write until the commit, so the ids that follow are known.
  const auto last = connection_.integer("SELECT max(id) FROM journal");
  if (!last) return refuse_all(last.error());
  next_entry_ = *last + 1;
  for (auto& pending : group) {
    pending->result = pending->work ? pending->work(connection_) : write(pending->append);
    if (pending->result) continue;
    const auto& error = pending->result.error();
    // A refusal concerns its own append and has changed nothing; a failure of the database concerns the whole transaction.
    if (error.code == ErrorCode::store_failed || error.code == ErrorCode::store_full) return refuse_all(Error(error));
  }
  const auto committed = connection_.execute("COMMIT");
  if (!committed) refuse_all(committed.error());
}

/// Fencing first: the index row is moved on only where this owner still has it at this epoch and number; a stale owner changes nothing.
Result<void> Writer::write(const Append& append) {
  if (append.create) {
    const auto created = create(append);
    if (!created) return created;
  }
  const auto known = find(append.run);
  if (!known) return std::unexpected(known.error());
  const auto [key, prev] = *known;
  const auto entry = next_entry_;
  const auto moved = move_on(append, key, entry);
  if (!moved) return moved;
  if (connection_.changed_rows() != 1) {
    known_.erase(append.run);
    return std::unexpected(not_the_owner(append.run));
  }

  auto& s = *statements_;
  text_.clear();
  BlobsOfRun blobs(s.insert_blob, s.insert_blob_use, key);
  append.entry->encode(text_, blobs);
  if (!blobs.result) return blobs.result;
  const auto inserted =
      s.insert_entry.bind(1, entry).bind(2, prev).bind(3, static_cast<std::int64_t>(append.first_seq)).bind(4, append.count).bind(5, text_).run();
  if (!inserted) return inserted;
  ++next_entry_;
  for (const auto id : append.consumed) {
    const auto removed = s.remove_mail.bind(1, id).run();
    if (!removed) return removed;
  }
  if (append.keep == Keep::released || is_final(append.summary.status)) {
    known_.erase(append.run);
  } else {
    known_[append.run] = {.key = key, .last_entry = entry};
  }
  return {};
}

Result<void> Writer::move_on(const Append& append, std::int64_t key, std::int64_t entry) {
  auto& update = statements_->update_run;
  const auto& summary = append.summary;
  update.bind(1, to_micros(append.at)).bind(2, static_cast<std::int64_t>(summary.status));
  summary.next_due ? update.bind(3, to_micros(*summary.next_due)) : update.bind_null(3);
  append.keep == Keep::owned && !is_final(summary.status) ? update.bind(4, owner_) : update.bind_null(4);
  update.bind(5, static_cast<std::int64_t>(append.first_seq + append.count - 1)).bind(6, entry);
  update.bind(7, summary.tasks_completed).bind(8, summary.tasks_failed);
  summary.error.empty() ? update.bind_null(9) : update.bind(9, summary.error);
  return update.bind(10, key).bind(11, owner_).bind(12, static_cast<std::int64_t>(append.epoch)).bind(13, static_cast<std::int64_t>(append.first_seq) - 1).run();
}

Result<void> Writer::create(const Append& append) {
  auto& s = *statements_;
  const auto exists = s.find_run.bind_blob(1, id_bytes(append.run)).step();
  if (!exists) return std::unexpected(exists.error());
  s.find_run.reset();
  if (*exists) return std::unexpected(run_exists(append.run));
  const auto definition = definition_key(*append.create);
  if (!definition) return std::unexpected(definition.error());
  const auto created = to_micros(append.create->created);
  const auto inserted = s.insert_run.bind_blob(1, id_bytes(append.run))
                            .bind(2, append.create->workflow)
                            .bind(3, *definition)
                            .bind(4, created)
                            .bind(5, created)
                            .bind(6, owner_)
                            .bind(7, static_cast<std::int64_t>(append.epoch))
                            .bind(8, append.summary.tasks_total)
                            .run();
  if (!inserted) return inserted;
  known_[append.run] = {.key = connection_.last_insert_id(), .last_entry = 0};
  return {};
}

Result<Writer::Known> Writer::find(RunId run) {
  if (const auto it = known_.find(run); it != known_.end()) return it->second;
  auto& find = statements_->find_run;
  const auto row = find.bind_blob(1, id_bytes(run)).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::unexpected(no_such_run(run));
  const Known known{.key = find.integer(0), .last_entry = find.integer(1)};
  find.reset();
  return known_.emplace(run, known).first->second;
}

Result<std::int64_t> Writer::definition_key(const NewRun& run) {
  if (const auto it = definitions_.find(run.definition_hash); it != definitions_.end()) return it->second;
  auto& find = statements_->find_definition;
  const auto row = find.bind(1, run.definition_hash).step();
  if (!row) return std::unexpected(row.error());
  std::int64_t key = 0;
  if (*row) {
    key = find.integer(0);
    find.reset();
  } else {
    const auto inserted = statements_->insert_definition.bind(1, run.definition_hash).bind(2, run.definition).run();
    if (!inserted) return std::unexpected(inserted.error());
    key = connection_.last_insert_id();
  }
  definitions_.emplace(run.definition_hash, key);
  return key;
}

/// Sinks hear once of all their commits; those who wait are woken.
void Writer::answer(std::vector<std::unique_ptr<Pending>>& group) {
  std::map<CommitSink*, std::vector<Committed>> by_sink;
  for (auto& pending : group) {
    if (pending->sink != nullptr) {
      by_sink[pending->sink].push_back({.token = pending->append.token, .result = std::move(pending->result)});
    } else {
      const std::lock_guard lock(*pending->mutex);
      *pending->out = std::move(pending->result);
      *pending->finished = true;
      pending->done->notify_one();
    }
  }
  for (auto& [sink, commits] : by_sink) sink->on_committed(std::move(commits));
}

}  // namespace skein::store::sqlite
