#include "store/sqlite/rows.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "store/errors.hpp"

namespace skein::store::sqlite {
namespace {

constexpr std::string_view select_run =
    "SELECT r.key, r.id, r.workflow, d.hash, r.created, r.updated, r.status, r.next_due, r.owner, r.epoch, r.last_seq, r.last_entry, r.tasks_total, "
    "r.tasks_completed, r.tasks_failed, r.error FROM runs r JOIN definitions d ON d.key = r.definition ";

std::string_view id_bytes(const RunId& run) { return {reinterpret_cast<const char*>(run.bytes().data()), run.bytes().size()}; }

RunId id_of(std::string_view bytes) {
  std::array<std::uint8_t, 16> id{};
  if (bytes.size() == id.size()) std::memcpy(id.data(), bytes.data(), id.size());
  return RunId::from_bytes(id);
}

FoundRun found_run(const Statement& s) {
  FoundRun found;
  found.key = s.integer(0);
  auto& row = found.row;
  row.id = id_of(s.text(1));
  row.workflow = s.text(2);
  row.definition_hash = s.text(3);
  row.created = from_micros(s.integer(4));
  row.updated = from_micros(s.integer(5));
  row.summary.status = static_cast<RunStatus>(std::clamp<std::int64_t>(s.integer(6), 0, static_cast<std::int64_t>(RunStatus::cancelled)));
  if (const auto due = s.maybe_integer(7)) row.summary.next_due = from_micros(*due);
  found.owner = s.maybe_integer(8);
  row.epoch = static_cast<std::uint64_t>(s.integer(9));
  row.last_seq = static_cast<std::uint64_t>(s.integer(10));
  found.last_entry = s.integer(11);
  row.summary.tasks_total = static_cast<std::uint32_t>(s.integer(12));
  row.summary.tasks_completed = static_cast<std::uint32_t>(s.integer(13));
  row.summary.tasks_failed = static_cast<std::uint32_t>(s.integer(14));
  row.summary.error = s.text(15);
  return found;
}

Result<void> each_row(Statement& statement, const std::function<bool(const Statement&)>& visit) {
  while (true) {
    const auto row = statement.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (!visit(statement)) {
      statement.reset();
      return {};
    }
  }
}

}  // namespace

Result<FoundRun> read_run(Connection& c, RunId run) {
  auto select = c.prepare(std::string(select_run) + "WHERE r.id=?");
  if (!select) return std::unexpected(select.error());
  const auto row = select->bind_blob(1, id_bytes(run)).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::unexpected(no_such_run(run));
  return found_run(*select);
}

Result<std::vector<FoundRun>> read_runs(Connection& c, const RunFilter& filter) {
  auto select = c.prepare(std::string(select_run) +
                          "WHERE (?1 IS NULL OR r.status=?1) AND (?2='' OR r.workflow=?2) AND (?3 IS NULL OR r.created>?3) AND (?4 IS NULL OR r.id<?4) "
                          "ORDER BY r.id DESC LIMIT ?5");
  if (!select) return std::unexpected(select.error());
  filter.status ? select->bind(1, static_cast<std::int64_t>(*filter.status)) : select->bind_null(1);
  select->bind(2, filter.workflow);
  filter.created_after ? select->bind(3, to_micros(*filter.created_after)) : select->bind_null(3);
  filter.before ? select->bind_blob(4, id_bytes(*filter.before)) : select->bind_null(4);
  select->bind(5, filter.limit);
  std::vector<FoundRun> out;
  const auto done = each_row(*select, [&](const Statement& s) {
    out.push_back(found_run(s));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::vector<RunId>> read_ids_by_prefix(Connection& c, std::string_view prefix, std::size_t limit) {
  // The range of 16-byte ids that begin with the given digits.
  std::string digits;
  for (const char ch : prefix) {
    if (ch != '-') digits += ch;
  }
  const auto bound = [&](char fill) {
    auto text = digits.substr(0, 32);
    text.resize(32, fill);
    for (const auto at : {8, 13, 18, 23}) text.insert(static_cast<std::size_t>(at), 1, '-');
    return Uuid::parse(text);
  };
  const auto low = bound('0');
  const auto high = bound('f');
  if (!low || !high) return std::vector<RunId>{};
  auto select = c.prepare("SELECT id FROM runs WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?");
  if (!select) return std::unexpected(select.error());
  select->bind_blob(1, id_bytes(*low)).bind_blob(2, id_bytes(*high)).bind(3, static_cast<std::int64_t>(limit));
  std::vector<RunId> out;
  const auto done = each_row(*select, [&](const Statement& s) {
    const auto id = id_of(s.text(0));
    if (id.str().starts_with(prefix)) out.push_back(id);
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

/// The chain leads backwards: ids first (small), then the entries in order.
Result<void> read_entries(Connection& c, RunId run, std::uint64_t from_seq, const std::function<bool(StoredEntry)>& visit) {
  const auto begun = c.execute("BEGIN");  // one snapshot, whatever is written meanwhile
  if (!begun) return begun;
  const auto read = [&]() -> Result<void> {
    const auto found = read_run(c, run);
    if (!found) return std::unexpected(found.error());
    auto link = c.prepare("SELECT prev, seq, count FROM journal WHERE id=?");
    if (!link) return std::unexpected(link.error());
    std::vector<std::int64_t> ids;
    for (auto id = found->last_entry; id != 0;) {
      const auto row = link->bind(1, id).step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return fail(ErrorCode::store_failed, "the journal of run " + run.str() + " is damaged: an entry is missing");
      const auto prev = link->integer(0);
      const auto end = static_cast<std::uint64_t>(link->integer(1) + link->integer(2));
      link->reset();
      if (end <= from_seq) break;
      ids.push_back(id);
      if (prev >= id) return fail(ErrorCode::store_failed, "the journal of run " + run.str() + " is damaged: its entries form a loop");
      id = prev;
    }
    auto select = c.prepare("SELECT seq, count, events FROM journal WHERE id=?");
    if (!select) return std::unexpected(select.error());
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
      const auto row = select->bind(1, *id).step();
      if (!row) return std::unexpected(row.error());
      StoredEntry entry{.first_seq = static_cast<std::uint64_t>(select->integer(0)), .count = static_cast<std::uint32_t>(select->integer(1)), .text = std::string(select->text(2))};
      select->reset();
      if (!visit(std::move(entry))) break;
    }
    return {};
  };
  auto result = read();
  (void)c.execute("COMMIT");
  return result;
}

Result<std::optional<std::string>> read_text(Connection& c, std::string_view sql, std::string_view key) {
  auto select = c.prepare(sql);
  if (!select) return std::unexpected(select.error());
  const auto row = select->bind(1, key).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::optional<std::string>{};
  return std::optional(std::string(select->text(0)));
}

Result<std::vector<InboxMessage>> read_inbox(Connection& c, RunId run) {
  auto select = c.prepare("SELECT i.id, i.kind, i.payload, i.at FROM inbox i JOIN runs r ON r.key=i.run WHERE r.id=? ORDER BY i.id");
  if (!select) return std::unexpected(select.error());
  select->bind_blob(1, id_bytes(run));
  std::vector<InboxMessage> out;
  const auto done = each_row(*select, [&](const Statement& s) {
    out.push_back({.id = s.integer(0), .run = run, .kind = std::string(s.text(1)), .payload = std::string(s.text(2)), .at = from_micros(s.integer(3))});
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::vector<RunId>> read_runs_with_mail(Connection& c, std::int64_t owner) {
  auto select = c.prepare("SELECT DISTINCT r.id FROM inbox i JOIN runs r ON r.key=i.run WHERE r.owner=?");
  if (!select) return std::unexpected(select.error());
  select->bind(1, owner);
  std::vector<RunId> out;
  const auto done = each_row(*select, [&](const Statement& s) {
    out.push_back(id_of(s.text(0)));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::vector<SharedEvent>> read_shared_events(Connection& c, std::string_view prefix, std::int64_t after_id) {
  auto select = c.prepare("SELECT id, stream, payload, at FROM shared WHERE id>? ORDER BY id");
  if (!select) return std::unexpected(select.error());
  select->bind(1, after_id);
  std::vector<SharedEvent> out;
  const auto done = each_row(*select, [&](const Statement& s) {
    if (s.text(1).starts_with(prefix)) {
      out.push_back({.id = s.integer(0), .stream = std::string(s.text(1)), .payload = std::string(s.text(2)), .at = from_micros(s.integer(3))});
    }
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

std::vector<std::int64_t> read_owners(Connection& c) {
  std::vector<std::int64_t> out;
  auto select = c.prepare("SELECT id FROM owners");
  if (!select) return out;
  (void)each_row(*select, [&](const Statement& s) {
    out.push_back(s.integer(0));
    return true;
  });
  return out;
}

std::int64_t pid_of(Connection& c, std::int64_t owner) {
  auto select = c.prepare("SELECT pid FROM owners WHERE id=?");
  if (!select) return 0;
  const auto row = select->bind(1, owner).step();
  return row && *row ? select->integer(0) : 0;
}

/// An owner is forgotten once none of its open runs is left.
Result<void> forget_owners(Connection& c, const std::vector<std::int64_t>& owners) {
  if (owners.empty()) return {};
  auto remove = c.prepare("DELETE FROM owners WHERE id=?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE owner=?1 AND status<3)");
  if (!remove) return std::unexpected(remove.error());
  for (const auto owner : owners) {
    const auto removed = remove->bind(1, owner).run();
    if (!removed) return removed;
  }
  return {};
}

Result<std::vector<FoundRun>> find_runnable(Connection& c, const std::vector<std::int64_t>& dead, Instant now, std::size_t limit) {
  std::vector<FoundRun> out;
  const auto collect = [&](Statement& select) {
    return each_row(select, [&](const Statement& s) {
      auto found = found_run(s);
      const auto known = std::ranges::any_of(out, [&](const auto& other) { return other.key == found.key; });
      if (!known) out.push_back(std::move(found));
      return out.size() < limit;
    });
  };
  // `runs_open` serves each of these: the null owner and every dead one, without a due instant or due.
  auto orphaned = c.prepare(std::string(select_run) + "WHERE r.owner=? AND r.status<3 AND (r.next_due IS NULL OR r.next_due<=?) LIMIT ?");
  if (!orphaned) return std::unexpected(orphaned.error());
  for (const auto owner : dead) {
    if (out.size() >= limit) return out;
    orphaned->bind(1, owner).bind(2, to_micros(now)).bind(3, static_cast<std::int64_t>(limit));
    const auto done = collect(*orphaned);
    if (!done) return std::unexpected(done.error());
  }
  for (const auto* which : {"r.next_due IS NULL", "r.next_due<=?1"}) {
    if (out.size() >= limit) return out;
    auto unowned = c.prepare(std::string(select_run) + "WHERE r.owner IS NULL AND r.status<3 AND " + which + " LIMIT ?2");
    if (!unowned) return std::unexpected(unowned.error());
    unowned->bind(1, to_micros(now)).bind(2, static_cast<std::int64_t>(limit));
    const auto done = collect(*unowned);
    if (!done) return std::unexpected(done.error());
  }
  if (out.size() >= limit) return out;
  auto mailed = c.prepare(std::string(select_run) + "WHERE r.key IN (SELECT run FROM inbox) AND r.status<3");
  if (!mailed) return std::unexpected(mailed.error());
  const auto done = each_row(*mailed, [&](const Statement& s) {
    auto found = found_run(s);
    const bool free = !found.owner || std::ranges::find(dead, *found.owner) != dead.end();
    const auto known = std::ranges::any_of(out, [&](const auto& other) { return other.key == found.key; });
    if (free && !known) out.push_back(std::move(found));
    return out.size() < limit;
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::optional<Instant>> read_earliest_due(Connection& c, const std::vector<std::int64_t>& dead) {
  auto unowned = c.prepare("SELECT min(next_due) FROM runs WHERE owner IS NULL AND status<3 AND next_due IS NOT NULL");
  if (!unowned) return std::unexpected(unowned.error());
  auto orphaned = c.prepare("SELECT min(next_due) FROM runs WHERE owner=? AND status<3 AND next_due IS NOT NULL");
  if (!orphaned) return std::unexpected(orphaned.error());
  std::optional<std::int64_t> earliest;
  const auto consider = [&](Statement& select) -> Result<void> {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (const auto due = *row ? select.maybe_integer(0) : std::nullopt; due && (!earliest || *due < *earliest)) earliest = due;
    select.reset();
    return {};
  };
  auto done = consider(*unowned);
  for (const auto owner : dead) {
    orphaned->bind(1, owner);
    if (done) done = consider(*orphaned);
  }
  if (!done) return std::unexpected(done.error());
  return earliest ? std::optional(from_micros(*earliest)) : std::nullopt;
}

Result<void> take_run(Connection& c, std::int64_t key, std::int64_t owner, std::uint64_t epoch) {
  auto take = c.prepare("UPDATE runs SET owner=?, epoch=? WHERE key=?");
  if (!take) return std::unexpected(take.error());
  return take->bind(1, owner).bind(2, static_cast<std::int64_t>(epoch)).bind(3, key).run();
}

Result<void> release_run(Connection& c, RunId run, std::int64_t owner, std::uint64_t epoch) {
  auto release = c.prepare("UPDATE runs SET owner=NULL WHERE id=? AND owner=? AND epoch=?");
  if (!release) return std::unexpected(release.error());
  return release->bind_blob(1, id_bytes(run)).bind(2, owner).bind(3, static_cast<std::int64_t>(epoch)).run();
}

}  // namespace skein::store::sqlite
