#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <skein/status.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/uuid.hpp"
#include "store/session.hpp"
#include "store/spend_ledger.hpp"

namespace skein::store {

/// Takes large payloads while an entry is encoded; they become durable in the same commit.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  /// Stores `bytes` under their SHA-256 (content-addressed: the same bytes are kept once) and returns that name.
  virtual std::string put(std::string_view bytes) = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  [[nodiscard]] virtual Result<std::string> get_blob(std::string_view hash) const = 0;
};

/// Events that are committed together: all of them or none. The store encodes late and elsewhere (a writer thread), or never
/// (in memory), so an entry is immutable and safe to read from any thread.
class JournalEntry {
 public:
  virtual ~JournalEntry() = default;
  /// Appends the encoded form to `out` (text, UTF-8).
  virtual void encode(std::string& out, BlobWriter& blobs) const = 0;
};

/// One commit of a run, as read back.
struct StoredEntry {
  std::uint64_t first_seq = 0;     ///< number of its first event; a run's events count from 1
  std::uint32_t count = 0;         ///< events in it
  std::string text;                ///< as `JournalEntry::encode` wrote it
};

/// What the index says of a run: enough to list it, to find the ones that need driving, and to check a replay.
struct RunSummary {
  RunStatus status = RunStatus::pending;
  /// The next timer where that is all the run waits for: it needs no owner until then. Empty while it can go on at once or
  /// waits for something else.
  std::optional<Instant> next_due;
  std::uint32_t tasks_total = 0;
  std::uint32_t tasks_completed = 0;
  std::uint32_t tasks_failed = 0;
  std::string error;               ///< of a failed run, one line

  friend bool operator==(const RunSummary&, const RunSummary&) = default;
};

struct RunRow {
  RunId id;
  std::string workflow;
  std::string definition_hash;
  Instant created{};
  Instant updated{};
  std::uint64_t last_seq = 0;
  std::uint64_t epoch = 0;
  bool owned = false;              ///< a living process drives it
  bool queued = false;             ///< it waits for its slot: `claim_runnable` does not find it, whatever mail it has
  RunSummary summary;
  std::string origin;              ///< as `NewRun` told it
};

/// A place among the runs of a key that may go on at the same time. It is given back with the commit that ends the run; then the oldest
/// run in the queue gets it.
struct Slot {
  std::string key;
  std::uint32_t most = 1;          ///< runs of this key at once
  bool queue = true;               ///< where there is no place the run waits for one; else its creation is refused with `conflict`
};

/// Facts of a new run, part of its first append.
struct NewRun {
  std::string workflow;
  std::string definition_hash;
  std::shared_ptr<const std::string> definition;  ///< JSON text, stored once per hash
  Instant created{};
  std::optional<Slot> slot = {};   ///< the first append must then give the run up, so that whoever claims it finds it with its place
  std::string origin = {};         ///< the run that it was made from, in words: "retry of ID"; empty where there is none
};

/// Whether the owner gives the run up with this append (final, or asleep until `next_due`).
enum class Keep : std::uint8_t { owned, released };

/// The due instant of a run that only mail can move.
inline constexpr Instant never{microseconds{std::numeric_limits<std::int64_t>::max() / 2}};

/// What somebody else tells a run: cancel, an answer, a signal, the end of a child.
struct InboxMessage {
  std::int64_t id = 0;             ///< ascending; chosen by the store
  RunId run;                       ///< to whom
  std::string kind;
  std::string payload;             ///< JSON text
  Instant at{};
};

struct Append {
  RunId run;
  std::uint64_t epoch = 0;         ///< of the claim; 1 for a new run, which belongs to its creator
  std::uint64_t first_seq = 0;
  std::uint32_t count = 0;
  Instant at{};
  std::shared_ptr<const JournalEntry> entry;
  RunSummary summary;
  Keep keep = Keep::owned;
  std::vector<std::int64_t> consumed;       ///< inbox messages that these events answer; deleted in the same commit
  std::shared_ptr<const NewRun> create;     ///< only on a run's first append
  std::vector<InboxMessage> mail;           ///< to other runs, sent in the same commit; to one that has ended or is unknown: dropped
  std::vector<Exchange> exchanges;          ///< what its turns add to sessions; where one does not fit nothing is written: `conflict`
  std::vector<Append> children;             ///< first appends of other runs, in the same commit; one that exists already stays as it is
  std::uint64_t token = 0;                  ///< the caller's, handed back
};

struct Committed {
  std::uint64_t token = 0;
  Result<void> result;             ///< conflict: the run has another owner now; store_full, store_failed
};

/// Receives what became of appends. Called on a thread of the store's; several at once where they were committed together.
class CommitSink {
 public:
  virtual ~CommitSink() = default;
  virtual void on_committed(std::vector<Committed> commits) = 0;
};

enum class Appending : std::uint8_t {
  done,     ///< committed already; the sink is not called
  pending   ///< the sink will be called
};

struct Claimed {
  RunId run;
  std::uint64_t epoch = 0;
};

struct RunFilter {
  std::optional<RunStatus> status;
  std::string workflow;            ///< empty: any
  std::optional<Instant> created_after;
  std::optional<RunId> before;     ///< for paging: only runs older than this one
  std::optional<RunId> after;      ///< only runs younger than this one
  std::string origin;              ///< as `NewRun` told it; empty: any
  std::uint32_t limit = 100;
};

struct PruneFilter {
  Instant finished_before{};
  std::optional<RunStatus> status; ///< empty: every final status
  bool dry_run = false;
};

struct PruneReport {
  std::uint64_t runs = 0;
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;         ///< freed, or that would be; of payloads
};

/// An event of a stream that spans runs, such as a circuit breaker's transitions.
struct SharedEvent {
  std::int64_t id = 0;
  std::string stream;
  std::string payload;             ///< JSON text
  Instant at{};
};

struct StoreInfo {
  std::string kind;                ///< "sqlite", "memory"
  std::string path;                ///< of the database; empty in memory
  std::string durability;          ///< "full", "normal", "memory"
  std::uint64_t runs = 0;
  std::uint64_t bytes = 0;
  std::int64_t schema_version = 0;
};

/// What a claimer does not want, because it could not drive it.
struct LeftAlone {
  std::vector<std::string> definitions;  ///< hashes; all their runs
  std::vector<RunId> runs;
};

/// Journal, inbox, run index and blobs behind one interface. Every member may be called from any thread. An open store is one
/// *owner*; its ownership ends with `close` or with the process, whichever way that dies. Every implementation passes
/// store/conformance.
class RunStore : public BlobReader, public SpendLedger {
 public:
  // -- journal ---------------------------------------------------------------------------------------------------------
  /// Refused with `conflict` unless this store owns the run at `append.epoch` and `first_seq` follows the last event. Appends of one
  /// run are committed in the order they were made. After an error of one append, later ones of that run fail too until it is
  /// claimed again. `sink` outlives the store or `close`.
  [[nodiscard]] virtual Result<Appending> append(Append append, CommitSink& sink) = 0;
  /// Entries with events from `from_seq` on, in order; stops where `visit` returns false.
  [[nodiscard]] virtual Result<void> read_journal(RunId run, std::uint64_t from_seq,
                                                  const std::function<bool(StoredEntry)>& visit) const = 0;

  // -- index -----------------------------------------------------------------------------------------------------------
  [[nodiscard]] virtual Result<RunRow> find_run(RunId run) const = 0;
  /// Newest first.
  [[nodiscard]] virtual Result<std::vector<RunRow>> list_runs(const RunFilter& filter) const = 0;
  /// Ids whose text begins with `prefix` (at least 4 characters), at most `limit`; for short ids on a command line.
  [[nodiscard]] virtual Result<std::vector<RunId>> find_by_prefix(std::string_view prefix, std::size_t limit) const = 0;
  /// JSON text.
  [[nodiscard]] virtual Result<std::string> definition(std::string_view hash) const = 0;

  // -- ownership -------------------------------------------------------------------------------------------------------
  /// Takes a run that no living owner has; `conflict` names the owner's process otherwise. Final runs can be claimed too.
  [[nodiscard]] virtual Result<Claimed> claim(RunId run) = 0;
  /// Takes up to `limit` runs that are not final, have no living owner, and could go on: no `next_due`, one that is not after `now`,
  /// or mail in the inbox. Runs of dead owners come first.
  [[nodiscard]] virtual Result<std::vector<Claimed>> claim_runnable(Instant now, std::size_t limit, const LeftAlone& except = {}) = 0;
  /// Gives a run up without an event.
  [[nodiscard]] virtual Result<void> release(RunId run, std::uint64_t epoch) = 0;
  /// The earliest `next_due` of runs without a living owner.
  [[nodiscard]] virtual Result<std::optional<Instant>> earliest_due() const = 0;

  // -- inbox -----------------------------------------------------------------------------------------------------------
  /// Durable when it returns. `not_found` for an unknown run; `conflict` for a final one.
  [[nodiscard]] virtual Result<std::int64_t> post(InboxMessage message) = 0;
  [[nodiscard]] virtual Result<std::vector<InboxMessage>> inbox(RunId run) const = 0;
  /// Runs of this owner with mail.
  [[nodiscard]] virtual Result<std::vector<RunId>> runs_with_mail() const = 0;
  /// A number that changes when another process changed anything; cheap enough to be asked ten times a second.
  [[nodiscard]] virtual std::uint64_t change_counter() const = 0;

  // -- sessions: conversations that go on over runs; appended to by `Append::exchanges` ---------------------------------------------
  [[nodiscard]] virtual Result<SessionRow> find_session(std::string_view name) const = 0;
  /// The one that was spoken in last comes first.
  [[nodiscard]] virtual Result<std::vector<SessionRow>> list_sessions(const SessionFilter& filter) const = 0;
  /// The messages before a point, in order, from the one at `first` on. `not_found` where the session was deleted.
  [[nodiscard]] virtual Result<std::vector<SessionMessage>> read_session(const SessionPoint& until, std::uint64_t first = 0) const = 0;
  /// Makes a session `branch.name` with the id `branch.id` that begins with the first `turns` turns of another one. Both go on by
  /// themselves. `conflict` where there is one of that name, `invalid_argument` where there is no such turn. Durable when it returns.
  [[nodiscard]] virtual Result<SessionRow> branch_session(std::string_view name, std::uint64_t turns, const SessionPoint& branch,
                                                          Instant at) = 0;
  /// Turns that are under way in it are refused when they end.
  [[nodiscard]] virtual Result<void> delete_session(std::string_view name) = 0;

  // -- streams that span runs ------------------------------------------------------------------------------------------
  [[nodiscard]] virtual Result<std::int64_t> append_shared(std::string_view stream, std::string_view payload, Instant at) = 0;
  /// Events with an id above `after_id` of all streams that begin with `prefix`, oldest first.
  [[nodiscard]] virtual Result<std::vector<SharedEvent>> read_shared(std::string_view prefix, std::int64_t after_id) const = 0;

  // -- housekeeping ----------------------------------------------------------------------------------------------------
  [[nodiscard]] virtual Result<PruneReport> prune(const PruneFilter& filter) = 0;
  [[nodiscard]] virtual Result<StoreInfo> info() const = 0;
  /// Finishes what is pending, gives up ownership, stops threads. Idempotent; appends afterwards are refused.
  virtual void close() = 0;
};

}  // namespace skein::store
