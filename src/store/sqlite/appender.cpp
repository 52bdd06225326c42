#include "store/sqlite/appender.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "store/sqlite/sessions.hpp"

namespace skein::store {
namespace {

constexpr std::size_t max_value_bytes = 900'000'000;

class Spill final : public BlobWriter {
 public:
  explicit Spill(std::vector<std::pair<std::string, std::string>>& out) : out_(out) {}
  std::string put(std::string_view bytes) override { return out_.emplace_back(sha256_hex(bytes), bytes).first; }

 private:
  std::vector<std::pair<std::string, std::string>>& out_;
};

std::int64_t runs_with_slot(Connection& db, std::string_view key) {
  Query query(db, "SELECT count(*) FROM slots WHERE key=? AND held=1", key);
  return query.next() ? query.integer(0) : 0;
}

std::unexpected<Error> refuse(Error error) { return std::unexpected(std::move(error)); }

}  // namespace

Result<void> Appender::apply(const Append& append) {
  auto it = owned_.find(append.run);
  if (append.create) {
    if (it == owned_.end()) it = owned_.try_emplace(append.run).first;
    // A run whose creation was refused may be created again; one that is owned may not.
    if (it->second.key == 0) it->second.refusal.reset();
  }
  if (it == owned_.end()) return refuse(conflict(append));
  touched_.push_back(append.run);
  auto& run = it->second;
  if (run.refusal) return refuse(*run.refusal);
  auto done = try_apply(append, run);
  if (!done) {
    run.refusal = done.error();
    return done;
  }
  if (append.keep == Keep::released) owned_.erase(it);
  send(append.mail);
  for (const auto& child : append.children) {
    // Only one that exists already is refused: this append was written before, and nobody was told.
    if (!apply(child)) forget(child.run);
  }
  return done;
}

void Appender::send(const std::vector<InboxMessage>& mail) {
  for (const auto& message : mail) {
    Query(db_,
          "INSERT INTO inbox(run, kind, payload, at) SELECT s.run, ?, ?, ? FROM runs r JOIN state s ON s.run=r.id WHERE r.uuid=? AND "
          "s.status<3",
          message.kind, message.payload, message.at, message.run)
        .run();
  }
}

Result<void> Appender::try_apply(const Append& append, Owned& run) {
  if (append.create ? run.key != 0 || append.epoch != 1 || append.first_seq != 1
                    : run.epoch != append.epoch || run.last_seq + 1 != append.first_seq) {
    return refuse(conflict(append));
  }
  if (auto done = encode(append); !done) return done;
  // Before anything is written: one that is refused leaves no trace.
  if (auto done = check_exchanges(db_, append.exchanges); !done) return done;
  if (append.create) {
    const auto& slot = append.create->slot;
    if (slot && append.keep != Keep::released)
      return refuse(fail(ErrorCode::invalid_argument, "a run with a slot is created released").error());
    if (slot && !slot->queue && runs_with_slot(db_, slot->key) >= slot->most) {
      return refuse(fail(ErrorCode::conflict, fmt::format("{} of the concurrency key '{}' {} under way; try again when one has ended",
                                                          slot->most == 1 ? "a run" : fmt::format("{} runs", slot->most), slot->key,
                                                          slot->most == 1 ? "is" : "are"))
                        .error());
    }
    if (auto done = create(append, run); !done) return done;
    if (auto done = advance(append, run); !done || !slot) return done;
    return place(*slot, run.key);
  }
  if (auto done = advance(append, run); !done) return done;
  if (is_final(append.summary.status)) give_back_slot(run.key);
  return {};
}

Result<void> Appender::place(const Slot& slot, std::int64_t run) {
  const bool held = runs_with_slot(db_, slot.key) < slot.most;
  Query(db_, "INSERT INTO slots(run, key, most, held) VALUES(?,?,?,?)", run, slot.key, slot.most, held ? 1 : 0).run();
  if (!held) Query(db_, "UPDATE state SET next_due=? WHERE run=?", never, run).run();
  return {};
}

/// A run has ended: the oldest one that waits for its place gets it.
void Appender::give_back_slot(std::int64_t run) {
  std::string key;
  std::int64_t most = 0;
  {
    Query ended(db_, "DELETE FROM slots WHERE run=? RETURNING key, most", run);
    if (!ended.next()) return;
    key = ended.text(0);
    most = ended.integer(1);
    ended.next();
  }
  while (runs_with_slot(db_, key) < most) {
    std::int64_t next = 0;
    {
      Query query(db_, "SELECT run FROM slots WHERE key=? AND held=0 ORDER BY run LIMIT 1", key);
      if (!query.next()) return;
      next = query.integer(0);
    }
    Query(db_, "UPDATE slots SET held=1 WHERE run=?", next).run();
    Query(db_, "UPDATE state SET next_due=NULL WHERE run=?", next).run();
    if (db_.failed()) return;
  }
}

Result<void> Appender::encode(const Append& append) {
  text_.clear();
  spilled_.clear();
  Spill spill(spilled_);
  try {
    append.entry->encode(text_, spill);
  } catch (const std::exception& e) {
    return fail(ErrorCode::internal, fmt::format("an event of run {} cannot be written down: {}", append.run.str(), e.what()));
  }
  bytes_ += text_.size();
  std::size_t largest = text_.size();
  for (const auto& [_, bytes] : spilled_) {
    bytes_ += bytes.size();
    largest = std::max(largest, bytes.size());
  }
  if (largest > max_value_bytes) {
    return fail(ErrorCode::too_large,
                fmt::format("an event of run {} has {} bytes; the store takes at most {}", append.run.str(), largest, max_value_bytes));
  }
  return {};
}

Result<void> Appender::create(const Append& append, Owned& run) {
  const auto self = self_.ensure(db_);
  if (!self) return refuse(self.error());
  const auto& facts = *append.create;
  Query(db_, "INSERT INTO definitions(hash, definition) VALUES(?,?) ON CONFLICT DO NOTHING", facts.definition_hash, *facts.definition)
      .run();
  Query(db_,
        "INSERT INTO runs(uuid, workflow, definition, created, origin) VALUES(?,?,(SELECT id FROM definitions WHERE hash=?),?,?) "
        "ON CONFLICT DO NOTHING",
        append.run, facts.workflow, facts.definition_hash, facts.created,
        facts.origin.empty() ? std::optional<std::string_view>{} : std::string_view(facts.origin))
      .run();
  if (db_.failed()) return {};
  if (db_.changes() == 0) return refuse(conflict(append));
  run = Owned{.key = db_.last_rowid(), .epoch = 1, .last_seq = 0, .last_entry = 0, .summary = RunSummary{}, .refusal = {}};
  run.summary->status = append.summary.status;
  run.summary->next_due = append.summary.next_due;
  Query(db_,
        "INSERT INTO state(run, epoch, owner, status, last_entry, last_seq, bytes, updated, next_due, tasks_total, tasks_completed, "
        "tasks_failed) "
        "VALUES(?,1,?,?,0,0,0,?,?,0,0,0)",
        run.key, *self, static_cast<int>(append.summary.status), append.at, append.summary.next_due)
      .run();
  return {};
}

Result<void> Appender::advance(const Append& append, Owned& run) {
  Query(db_, "INSERT INTO journal(run, seq, count, prev, events) VALUES(?,?,?,?,?)", run.key, append.first_seq, append.count,
        run.last_entry, text_)
      .run();
  if (db_.failed()) return {};
  const auto entry = db_.last_rowid();
  const auto& summary = append.summary;
  const bool released = append.keep == Keep::released;
  // Two statements, because naming an indexed column rewrites its index entry even where the value stays.
  if (!released && run.summary && run.summary->status == summary.status && run.summary->next_due == summary.next_due) {
    Query(db_,
          "UPDATE state SET last_entry=?, last_seq=?, bytes=bytes+?, updated=?, tasks_total=?, tasks_completed=?, tasks_failed=? "
          "WHERE run=? AND epoch=? AND owner=? AND last_seq=?",
          entry, append.first_seq + append.count - 1, text_.size(), append.at, summary.tasks_total, summary.tasks_completed,
          summary.tasks_failed, run.key, run.epoch, self_.id(), run.last_seq)
        .run();
  } else {
    Query(db_,
          "UPDATE state SET last_entry=?, last_seq=?, bytes=bytes+?, updated=?, tasks_total=?, tasks_completed=?, tasks_failed=?, "
          "status=?, next_due=?, owner=? WHERE run=? AND epoch=? AND owner=? AND last_seq=?",
          entry, append.first_seq + append.count - 1, text_.size(), append.at, summary.tasks_total, summary.tasks_completed,
          summary.tasks_failed, static_cast<int>(summary.status), summary.next_due, released ? std::int64_t{0} : self_.id(), run.key,
          run.epoch, self_.id(), run.last_seq)
        .run();
  }
  if (db_.failed()) return {};
  if (db_.changes() == 0) {
    Query(db_, "DELETE FROM journal WHERE id=?", entry).run();
    return refuse(conflict(append));
  }
  if (run.summary ? run.summary->error != summary.error : true) {
    const auto error = summary.error.empty() ? std::optional<std::string_view>{} : summary.error;
    Query(db_, "UPDATE runs SET error=? WHERE id=? AND error IS NOT ?", error, run.key, error).run();
  }
  if (!spilled_.empty()) write_blobs(run.key);
  bytes_ += add_exchanges(db_, append);
  for (const auto message : append.consumed) Query(db_, "DELETE FROM inbox WHERE id=? AND run=?", message, run.key).run();
  run.last_seq += append.count;
  run.last_entry = entry;
  run.summary = summary;
  return {};
}

void Appender::write_blobs(std::int64_t run) {
  for (const auto& [hash, bytes] : spilled_) {
    Query(db_, "INSERT INTO blobs(hash, size, bytes) VALUES(?,?,?) ON CONFLICT DO NOTHING", hash, bytes.size(), bytes).run();
    Query(db_, "INSERT INTO blob_refs(run, blob) VALUES(?,(SELECT id FROM blobs WHERE hash=?)) ON CONFLICT DO NOTHING", run, hash).run();
  }
}

Error Appender::conflict(const Append& append) {
  Query query(db_, "SELECT s.owner, s.epoch, s.last_seq FROM runs r JOIN state s ON s.run=r.id WHERE r.uuid=?", append.run);
  const auto name = append.run.str();
  if (!query.next()) return fail(ErrorCode::conflict, fmt::format("there is no run {} to append to", name)).error();
  if (append.create) return fail(ErrorCode::conflict, fmt::format("there is a run {} already", name)).error();
  const auto owner = query.integer(0);
  if (owner != self_.id() && owner != 0) {
    return fail(ErrorCode::conflict, fmt::format("run {} is being driven by process {} now", name, owner_pid(db_, owner))).error();
  }
  return fail(ErrorCode::conflict,
              fmt::format("run {} stands at event {} in epoch {}; an append of event {} in epoch {} does not fit: claim it again", name,
                          query.integer(2), query.integer(1), append.first_seq, append.epoch))
      .error();
}

void Appender::committed() {
  touched_.clear();
  bytes_ = 0;
}

void Appender::rolled_back(const Error& why) {
  for (const auto id : touched_) {
    auto& run = owned_[id];
    run.refusal = why;
    // Perhaps the run was created in the lost transaction: then it may be created again, and if not, the database says so.
    run.key = 0;
  }
  committed();
}

void Appender::take_over(RunId run, std::int64_t key, std::uint64_t epoch, std::uint64_t last_seq, std::int64_t last_entry) {
  owned_[run] = Owned{.key = key, .epoch = epoch, .last_seq = last_seq, .last_entry = last_entry, .summary = {}, .refusal = {}};
}

bool Appender::refused(RunId run) const {
  const auto it = owned_.find(run);
  return it != owned_.end() && it->second.refusal.has_value();
}

}  // namespace skein::store
