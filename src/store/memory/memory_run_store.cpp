#include "store/memory/memory_run_store.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/hash.hpp"
#include "store/id_prefix.hpp"
#include "store/memory/memory_database.hpp"

namespace skein::store {
namespace {

class MemoryBlobs final : public BlobWriter {
 public:
  std::string put(std::string_view bytes) override {
    auto name = sha256_hex(bytes);
    found.emplace_back(name, std::string(bytes));
    return name;
  }
  std::vector<std::pair<std::string, std::string>> found;
};

Instant due_of(const MemoryRun& run) { return run.queued ? never : run.summary.next_due.value_or(Instant::min()); }

std::unexpected<Error> no_such_run(RunId run) { return fail(ErrorCode::not_found, fmt::format("there is no run {}", run.str())); }

class MemoryRunStore final : public RunStore {
 public:
  explicit MemoryRunStore(std::shared_ptr<MemoryDatabase> database) : db_(std::move(database)) {
    const std::lock_guard lock(db_->mutex);
    owner_ = db_->next_owner++;
  }
  ~MemoryRunStore() override { MemoryRunStore::close(); }

  Result<Appending> append(Append append, CommitSink& sink) override;
  Result<void> read_journal(RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) const override;
  Result<RunRow> find_run(RunId run) const override;
  Result<std::vector<RunRow>> list_runs(const RunFilter& filter) const override;
  Result<std::vector<RunId>> find_by_prefix(std::string_view prefix, std::size_t limit) const override;
  Result<std::string> definition(std::string_view hash) const override;
  Result<Claimed> claim(RunId run) override;
  Result<std::vector<Claimed>> claim_runnable(Instant now, std::size_t limit, const LeftAlone& except) override;
  Result<void> release(RunId run, std::uint64_t epoch) override;
  Result<std::optional<Instant>> earliest_due() const override;
  Result<std::int64_t> post(InboxMessage message) override;
  Result<std::vector<InboxMessage>> inbox(RunId run) const override;
  Result<std::vector<RunId>> runs_with_mail() const override;
  std::uint64_t change_counter() const override;
  Result<SessionRow> find_session(std::string_view name) const override;
  Result<std::vector<SessionRow>> list_sessions(const SessionFilter& filter) const override;
  Result<std::vector<SessionMessage>> read_session(const SessionPoint& until, std::uint64_t first) const override;
  Result<SessionRow> branch_session(std::string_view name, std::uint64_t turns, const SessionPoint& branch, Instant at) override;
  Result<void> delete_session(std::string_view name) override;
  Result<std::int64_t> append_shared(std::string_view stream, std::string_view payload, Instant at) override;
  Result<std::vector<SharedEvent>> read_shared(std::string_view prefix, std::int64_t after_id) const override;
  Result<Reserved> reserve(const std::string& account, const std::string& key, Charge most, ChargeLimits limits) override;
  Result<Settled> settle(const std::string& account, const std::string& key, Charge spent) override;
  Result<Account> account(const std::string& account) const override;
  Result<std::uint64_t> forget_accounts(const std::string& first, const std::string& end, bool dry_run) override;
  Result<std::string> get_blob(std::string_view hash) const override;
  Result<PruneReport> prune(const PruneFilter& filter) override;
  Result<StoreInfo> info() const override;
  void close() override;

 private:
  [[nodiscard]] MemoryRun* find(RunId id) const {
    const auto it = db_->runs.find(id);
    return it == db_->runs.end() ? nullptr : it->second.get();
  }
  Result<MemoryRun*> create(const Append& append);
  Result<void> apply(Append append);
  [[nodiscard]] std::size_t holders(std::string_view key) const;
  void give_back_slot(MemoryRun& run);
  std::int64_t deliver(MemoryRun& run, InboxMessage message);
  void set_owner(MemoryRun& run, std::uint64_t owner);
  Claimed take(MemoryRun& run);
  static RunRow row_of(const MemoryRun& run);
  Result<void> check_open() const {
    if (closed_) return fail(ErrorCode::store_failed, "the store is closed");
    return {};
  }

  std::shared_ptr<MemoryDatabase> db_;
  std::uint64_t owner_ = 0;
  bool closed_ = false;
};

// -- journal -----------------------------------------------------------------------------------------------------------

/// How many runs hold a slot of a key.
std::size_t MemoryRunStore::holders(std::string_view key) const {
  const auto found = db_->slots.find(key);
  if (found == db_->slots.end()) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(found->second, [](const auto& entry) { return !entry.second->queued; }));
}

void MemoryRunStore::give_back_slot(MemoryRun& run) {
  const auto& slot = run.facts->slot;
  const auto found = slot ? db_->slots.find(slot->key) : db_->slots.end();
  if (found == db_->slots.end() || found->second.erase(run.number) == 0) return;
  run.queued = false;
  for (auto& [_, next] : found->second) {
    if (holders(slot->key) >= slot->most) break;
    if (!next->queued) continue;
    db_->free.erase({due_of(*next), next});
    next->queued = false;
    if (next->free()) db_->free.insert({due_of(*next), next});
  }
  if (found->second.empty()) db_->slots.erase(found);
}

Result<MemoryRun*> MemoryRunStore::create(const Append& append) {
  const auto& slot = append.create->slot;
  if (slot && append.keep != Keep::released) return fail(ErrorCode::invalid_argument, "a run with a slot is created released");
  if (slot && !slot->queue && holders(slot->key) >= slot->most) {
    return fail(ErrorCode::conflict,
                fmt::format("{} of the concurrency key '{}' {} under way; try again when one has ended",
                            slot->most == 1 ? "a run" : fmt::format("{} runs", slot->most), slot->key, slot->most == 1 ? "is" : "are"));
  }
  auto [it, added] = db_->runs.try_emplace(append.run);
  if (!added) return fail(ErrorCode::conflict, fmt::format("there is a run {} already", append.run.str()));
  it->second = std::make_unique<MemoryRun>();
  auto* run = it->second.get();
  run->id = append.run;
  run->number = db_->next_run++;
  run->facts = append.create;
  run->owner = owner_;
  db_->by_number.emplace_hint(db_->by_number.end(), run->number, run);
  auto& definition = db_->definitions[append.create->definition_hash];
  if (definition.second++ == 0) definition.first = *append.create->definition;
  if (slot) {
    run->queued = holders(slot->key) >= slot->most;
    db_->slots[slot->key].emplace(run->number, run);
  }
  return run;
}

Result<Appending> MemoryRunStore::append(Append append, CommitSink&) {
  if (append.count == 0 || !append.entry) return fail(ErrorCode::invalid_argument, "an append needs an entry with at least one event");
  const std::lock_guard lock(db_->mutex);
  if (closed_) return fail(ErrorCode::store_failed, "the store is closed");
  auto mail = std::move(append.mail);
  auto children = std::move(append.children);
  if (auto done = apply(std::move(append)); !done) return std::unexpected(std::move(done.error()));
  for (auto& message : mail) {
    if (auto* to = find(message.run); to != nullptr && !is_final(to->summary.status)) deliver(*to, std::move(message));
  }
  for (auto& child : children) (void)apply(std::move(child));  // refused only where it exists already
  return Appending::done;
}

Result<void> MemoryRunStore::apply(Append append) {
  MemoryRun* run = nullptr;
  if (append.create) {
    if (append.epoch != 1 || append.first_seq != 1) {
      return fail(ErrorCode::conflict, fmt::format("run {} is new: its first event has number 1 and epoch 1", append.run.str()));
    }
    if (auto fits = db_->sessions.check(append.exchanges); !fits) return fits;
    auto created = create(append);
    if (!created) return std::unexpected(std::move(created.error()));
    run = *created;
  } else {
    run = find(append.run);
    if (!run) return fail(ErrorCode::conflict, fmt::format("there is no run {}", append.run.str()));
    if (run->owner != owner_ || run->epoch != append.epoch) {
      return fail(ErrorCode::conflict, fmt::format("run {} has another owner now; claim it again", append.run.str()));
    }
    if (run->failed || append.first_seq != run->last_seq + 1) {
      run->failed = true;
      return fail(ErrorCode::conflict, fmt::format("run {} stands at event {}, not before {}; claim it again", append.run.str(),
                                                   run->last_seq, append.first_seq));
    }
    if (auto fits = db_->sessions.check(append.exchanges); !fits) {
      run->failed = true;
      return fits;
    }
  }
  db_->sessions.add(append);
  run->entries.push_back({append.first_seq, append.count, std::move(append.entry)});
  run->last_seq += append.count;
  run->updated = append.at;
  run->summary = std::move(append.summary);
  ++db_->changes;
  if (!append.consumed.empty()) {
    for (const auto id : append.consumed) run->inbox.erase(id);
    if (run->inbox.empty()) db_->with_mail.erase(run);
  }
  if (append.keep == Keep::released) set_owner(*run, 0);
  if (is_final(run->summary.status)) give_back_slot(*run);
  return {};
}

Result<void> MemoryRunStore::read_journal(RunId id, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) const {
  // Encoding and visiting happen outside the lock: a visitor may call the store.
  std::vector<MemoryEntry> entries;
  {
    const std::lock_guard lock(db_->mutex);
    const auto* run = find(id);
    if (!run) return no_such_run(id);
    const auto first = std::ranges::partition_point(run->entries, [&](const auto& e) { return e.first_seq + e.count <= from_seq; });
    entries.assign(first, run->entries.end());
  }
  for (const auto& e : entries) {
    StoredEntry stored{e.first_seq, e.count, {}};
    MemoryBlobs blobs;
    e.entry->encode(stored.text, blobs);
    if (!blobs.found.empty()) {
      const std::lock_guard lock(db_->mutex);
      for (auto& [name, bytes] : blobs.found) {
        auto& blob = db_->blobs[name];
        blob.bytes = std::move(bytes);
        blob.runs.insert(id);
      }
    }
    if (!visit(std::move(stored))) break;
  }
  return {};
}

Result<std::string> MemoryRunStore::get_blob(std::string_view hash) const {
  const std::lock_guard lock(db_->mutex);
  const auto it = db_->blobs.find(std::string(hash));
  if (it == db_->blobs.end()) return fail(ErrorCode::not_found, fmt::format("there is no blob {}", hash));
  return it->second.bytes;
}

// -- index -------------------------------------------------------------------------------------------------------------

RunRow MemoryRunStore::row_of(const MemoryRun& run) {
  return {
      run.id,     run.facts->workflow, run.facts->definition_hash, run.facts->created, run.updated, run.last_seq, run.epoch, run.owner != 0,
      run.queued, run.summary,         run.facts->origin};
}

Result<RunRow> MemoryRunStore::find_run(RunId id) const {
  const std::lock_guard lock(db_->mutex);
  const auto* run = find(id);
  if (!run) return no_such_run(id);
  return row_of(*run);
}

Result<std::vector<RunRow>> MemoryRunStore::list_runs(const RunFilter& filter) const {
  const std::lock_guard lock(db_->mutex);
  auto it = db_->by_number.rbegin();
  if (filter.before) {
    const auto* before = find(*filter.before);
    if (!before) return no_such_run(*filter.before);
    it = std::make_reverse_iterator(db_->by_number.find(before->number));
  }
  std::uint64_t after = 0;
  if (filter.after) {
    const auto* found = find(*filter.after);
    if (!found) return no_such_run(*filter.after);
    after = found->number;
  }
  std::vector<RunRow> rows;
  for (; it != db_->by_number.rend() && rows.size() < filter.limit; ++it) {
    const auto& run = *it->second;
    if (run.number <= after) break;
    if (!filter.origin.empty() && run.facts->origin != filter.origin) continue;
    if (filter.status && run.summary.status != *filter.status) continue;
    if (!filter.workflow.empty() && run.facts->workflow != filter.workflow) continue;
    if (filter.created_after && run.facts->created <= *filter.created_after) continue;
    rows.push_back(row_of(run));
  }
  return rows;
}

Result<std::vector<RunId>> MemoryRunStore::find_by_prefix(std::string_view prefix, std::size_t limit) const {
  const auto range = prefix_range(prefix);
  if (!range) return std::unexpected(range.error());
  const std::lock_guard lock(db_->mutex);
  std::vector<RunId> found;
  for (const auto& [id, run] : db_->runs) {
    if (*range && id >= (*range)->first && id <= (*range)->last) found.push_back(id);
  }
  std::ranges::sort(found);
  if (found.size() > limit) found.resize(limit);
  return found;
}

Result<std::string> MemoryRunStore::definition(std::string_view hash) const {
  const std::lock_guard lock(db_->mutex);
  const auto it = db_->definitions.find(std::string(hash));
  if (it == db_->definitions.end()) return fail(ErrorCode::not_found, fmt::format("there is no definition {}", hash));
  return it->second.first;
}

// -- ownership ---------------------------------------------------------------------------------------------------------

/// The summary must be the new one already and must not have changed while the run was free.
void MemoryRunStore::set_owner(MemoryRun& run, std::uint64_t owner) {
  if (run.free()) db_->free.erase({due_of(run), &run});
  run.owner = owner;
  if (run.free()) db_->free.insert({due_of(run), &run});
}

Claimed MemoryRunStore::take(MemoryRun& run) {
  set_owner(run, owner_);
  run.failed = false;
  ++db_->changes;
  return {run.id, ++run.epoch};
}

Result<Claimed> MemoryRunStore::claim(RunId id) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  auto* run = find(id);
  if (!run) return no_such_run(id);
  if (run->owner != 0 && !(run->owner == owner_ && run->failed)) {
    return fail(ErrorCode::conflict, fmt::format("run {} is being driven by process {}", id.str(), getpid()));
  }
  return take(*run);
}

Result<std::vector<Claimed>> MemoryRunStore::claim_runnable(Instant now, std::size_t limit, const LeftAlone& except) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  std::vector<Claimed> claimed;
  const auto wanted = [&](const MemoryRun& run) {
    return std::ranges::find(except.definitions, run.facts->definition_hash) == except.definitions.end() &&
           std::ranges::find(except.runs, run.id) == except.runs.end();
  };
  for (auto it = db_->free.begin(); claimed.size() < limit && it != db_->free.end() && it->first <= now;) {
    auto& run = *it->second;
    ++it;  // taking a run takes it out of the set
    if (wanted(run)) claimed.push_back(take(run));
  }
  for (auto* run : db_->with_mail) {
    if (claimed.size() >= limit) break;
    if (run->free() && !run->queued && wanted(*run)) claimed.push_back(take(*run));
  }
  return claimed;
}

Result<void> MemoryRunStore::release(RunId id, std::uint64_t epoch) {
  const std::lock_guard lock(db_->mutex);
  auto* run = find(id);
  if (!run) return no_such_run(id);
  if (run->owner != owner_ || run->epoch != epoch) {
    return fail(ErrorCode::conflict, fmt::format("run {} has another owner now", id.str()));
  }
  set_owner(*run, 0);
  ++db_->changes;
  return {};
}

Result<std::optional<Instant>> MemoryRunStore::earliest_due() const {
  const std::lock_guard lock(db_->mutex);
  const auto it = db_->free.lower_bound({Instant::min() + microseconds{1}, nullptr});
  return it == db_->free.end() ? std::optional<Instant>{} : it->first;
}

// -- inbox and shared streams ------------------------------------------------------------------------------------------

Result<std::int64_t> MemoryRunStore::post(InboxMessage message) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  auto* run = find(message.run);
  if (!run) return no_such_run(message.run);
  if (is_final(run->summary.status)) {
    return fail(ErrorCode::conflict, fmt::format("run {} has ended ({})", message.run.str(), to_string(run->summary.status)));
  }
  return deliver(*run, std::move(message));
}

std::int64_t MemoryRunStore::deliver(MemoryRun& run, InboxMessage message) {
  const auto id = message.id = db_->next_message++;
  run.inbox.emplace(id, std::move(message));
  db_->with_mail.insert(&run);
  ++db_->changes;
  return id;
}

Result<std::vector<InboxMessage>> MemoryRunStore::inbox(RunId id) const {
  const std::lock_guard lock(db_->mutex);
  const auto* run = find(id);
  if (!run) return no_such_run(id);
  std::vector<InboxMessage> messages;
  for (const auto& [_, message] : run->inbox) messages.push_back(message);
  return messages;
}

Result<std::vector<RunId>> MemoryRunStore::runs_with_mail() const {
  const std::lock_guard lock(db_->mutex);
  std::vector<RunId> ids;
  for (const auto* run : db_->with_mail) {
    if (run->owner == owner_) ids.push_back(run->id);
  }
  return ids;
}

std::uint64_t MemoryRunStore::change_counter() const {
  const std::lock_guard lock(db_->mutex);
  return db_->changes;
}

Result<SessionRow> MemoryRunStore::find_session(std::string_view name) const {
  const std::lock_guard lock(db_->mutex);
  return db_->sessions.find(name);
}

Result<std::vector<SessionRow>> MemoryRunStore::list_sessions(const SessionFilter& filter) const {
  const std::lock_guard lock(db_->mutex);
  return db_->sessions.list(filter);
}

Result<std::vector<SessionMessage>> MemoryRunStore::read_session(const SessionPoint& until, std::uint64_t first) const {
  const std::lock_guard lock(db_->mutex);
  return db_->sessions.read(until, first);
}

Result<SessionRow> MemoryRunStore::branch_session(std::string_view name, std::uint64_t turns, const SessionPoint& branch, Instant at) {
  if (auto named = check_session_name(branch.name); !named) return std::unexpected(named.error());
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  return db_->sessions.branch(name, turns, branch, at);
}

Result<void> MemoryRunStore::delete_session(std::string_view name) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return open;
  return db_->sessions.remove(name);
}

Result<std::int64_t> MemoryRunStore::append_shared(std::string_view stream, std::string_view payload, Instant at) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  const auto id = static_cast<std::int64_t>(db_->shared.size()) + 1;
  db_->shared.push_back({id, std::string(stream), std::string(payload), at});
  ++db_->changes;
  return id;
}

Result<std::vector<SharedEvent>> MemoryRunStore::read_shared(std::string_view prefix, std::int64_t after_id) const {
  const std::lock_guard lock(db_->mutex);
  std::vector<SharedEvent> events;
  for (const auto& event : db_->shared) {
    if (event.id > after_id && event.stream.starts_with(prefix)) events.push_back(event);
  }
  return events;
}

// -- what is spent over runs -------------------------------------------------------------------------------------------

namespace {

Account as_account(const MemoryAccount& account) {
  Account out{.settled = account.settled, .reserved = {}};
  for (const auto& [_, charge] : account.reserved) {
    out.reserved.tokens += charge.tokens;
    out.reserved.nano_dollars += charge.nano_dollars;
  }
  return out;
}

}  // namespace

Result<Reserved> MemoryRunStore::reserve(const std::string& account, const std::string& key, Charge most, ChargeLimits limits) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  const auto known = db_->accounts.find(account);
  const auto before = known == db_->accounts.end() ? Account{} : as_account(known->second);
  const bool granted = (known != db_->accounts.end() && known->second.reserved.contains(key)) || fits(before, most, limits);
  if (granted) db_->accounts[account].reserved.emplace(key, most);
  return Reserved{.granted = granted, .before = before};
}

Result<Settled> MemoryRunStore::settle(const std::string& account, const std::string& key, Charge spent) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  auto& entry = db_->accounts[account];
  const auto before = entry.settled;
  entry.reserved.erase(key);
  entry.settled.tokens += spent.tokens;
  entry.settled.nano_dollars += spent.nano_dollars;
  return Settled{.before = before, .after = entry.settled};
}

Result<Account> MemoryRunStore::account(const std::string& account) const {
  const std::lock_guard lock(db_->mutex);
  const auto found = db_->accounts.find(account);
  return found == db_->accounts.end() ? Account{} : as_account(found->second);
}

Result<std::uint64_t> MemoryRunStore::forget_accounts(const std::string& first, const std::string& end, bool dry_run) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  const auto from = db_->accounts.lower_bound(first);
  const auto to = first < end ? db_->accounts.lower_bound(end) : from;
  const auto count = static_cast<std::uint64_t>(std::distance(from, to));
  if (!dry_run) db_->accounts.erase(from, to);
  return count;
}

// -- housekeeping ------------------------------------------------------------------------------------------------------

Result<PruneReport> MemoryRunStore::prune(const PruneFilter& filter) {
  const std::lock_guard lock(db_->mutex);
  if (const auto open = check_open(); !open) return std::unexpected(open.error());
  PruneReport report;
  std::vector<MemoryRun*> doomed;
  for (const auto& [_, run] : db_->by_number) {
    if (is_final(run->summary.status) && run->owner == 0 && run->updated < filter.finished_before &&
        (!filter.status || run->summary.status == *filter.status)) {
      doomed.push_back(run);
    }
  }
  std::set<std::string> blob_names;
  for (const auto* run : doomed) {
    ++report.runs;
    for (const auto& e : run->entries) {
      std::string text;
      MemoryBlobs blobs;
      e.entry->encode(text, blobs);
      report.bytes += text.size();
      for (const auto& [name, bytes] : blobs.found) {
        if (blob_names.insert(name).second) ++report.blobs, report.bytes += bytes.size();
      }
    }
  }
  if (filter.dry_run) return report;
  for (auto* run : doomed) {
    for (auto& [_, blob] : db_->blobs) blob.runs.erase(run->id);
    std::erase_if(db_->blobs, [&](const auto& item) { return item.second.runs.empty(); });
    const auto definition = db_->definitions.find(run->facts->definition_hash);
    if (--definition->second.second == 0) db_->definitions.erase(definition);
    db_->with_mail.erase(run);
    db_->by_number.erase(run->number);
    db_->runs.erase(RunId(run->id));
    ++db_->changes;
  }
  return report;
}

Result<StoreInfo> MemoryRunStore::info() const {
  const std::lock_guard lock(db_->mutex);
  StoreInfo info;
  info.kind = "memory";
  info.durability = "memory";
  info.runs = db_->runs.size();
  return info;
}

void MemoryRunStore::close() {
  const std::lock_guard lock(db_->mutex);
  if (closed_) return;
  closed_ = true;
  for (auto& [_, run] : db_->runs) {
    if (run->owner == owner_) set_owner(*run, 0);
  }
}

}  // namespace

std::shared_ptr<MemoryDatabase> make_memory_database() { return std::make_shared<MemoryDatabase>(); }

std::unique_ptr<RunStore> make_memory_run_store(std::shared_ptr<MemoryDatabase> database) {
  return std::make_unique<MemoryRunStore>(std::move(database));
}

}  // namespace skein::store
