#include "workflow/driver/engine.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "workflow/driver/active_run.hpp"

namespace skein::workflow {
namespace {

/// What is due so soon is waited for, where nothing else is said.
constexpr microseconds near = seconds{2};

/// Between tries of a commit that the store refused for lack of room or by an error.
constexpr microseconds recommit_after = seconds{1};

}  // namespace

Engine::Engine(EngineServices services, EngineOptions options)
    : services_(std::move(services)), options_(options), agents_(services_.kinds, services_.agent_services) {}

Engine::~Engine() = default;

const RunState* Engine::find(RunId run) const {
  const auto it = by_id_.find(run);
  return it == by_id_.end() ? nullptr : &runs_.at(it->second)->state;
}

/// A run that is claimed while its commit was refused, or so it was said, goes on from its journal.
Engine::ActiveRun& Engine::add(std::unique_ptr<ActiveRun> run) {
  if (const auto stale = by_id_.find(run->id); stale != by_id_.end()) {
    auto& old = *runs_.at(stale->second);
    release_births(old);
    remove(old);
  }
  auto& added = *run;
  added.token = next_token_++;
  by_id_.emplace(added.id, added.token);
  runs_.emplace(added.token, std::move(run));
  return added;
}

void Engine::create(RunId id, DefinitionPtr definition, JsonPtr inputs, Acknowledge acknowledge) {
  const auto now = services_.clock.now();
  auto& run = add(std::make_unique<ActiveRun>(id, definition));
  run.acknowledge = std::move(acknowledge);
  run.create = std::make_shared<const store::NewRun>(store::NewRun{
      .workflow = definition->name, .definition_hash = definition->hash, .definition = stored_text(definition), .created = now});
  run.opening = created_now(*definition, std::move(inputs), now);
  advance(run);
}

/// The run as its journal tells it; an error leaves it unclaimed.
Result<std::unique_ptr<Engine::ActiveRun>> Engine::read_back(store::Claimed claimed, const DefinitionPtr& definition) {
  auto run = std::make_unique<ActiveRun>(claimed.run, definition);
  run->epoch = claimed.epoch;
  Result<void> folded;
  const auto read = services_.store.read_journal(claimed.run, 1, [&](const store::StoredEntry& entry) {
    auto events = decode_events(entry.text, *definition, services_.store);
    if (!events) {
      folded = std::unexpected(events.error());
      return false;
    }
    for (const auto& event : *events) {
      if (folded) folded = run->state.apply(event);
    }
    run->next_seq = entry.first_seq + entry.count;
    return folded.has_value();
  });
  if (!read) folded = read;
  if (folded) return run;
  (void)services_.store.release(claimed.run, claimed.epoch);
  return std::unexpected(folded.error());
}

Result<Engine::Adopted> Engine::adopt(store::Claimed claimed, const DefinitionPtr& definition) {
  auto run = read_back(claimed, definition);
  if (!run) return std::unexpected(run.error());
  if (is_final((*run)->state.status())) {
    (void)services_.store.release(claimed.run, claimed.epoch);
    return Adopted::already_final;
  }
  (*run)->to_repeat = (*run)->state.in_flight();
  (*run)->opening = RunResumed{.epoch = claimed.epoch};
  add(std::move(*run));
  check_mail(claimed.run);
  return Adopted::driven;
}

Result<void> Engine::compensate(store::Claimed claimed, const DefinitionPtr& definition, std::string reason, std::vector<LeftUndo> left) {
  auto run = read_back(claimed, definition);
  if (!run) return std::unexpected(run.error());
  const auto& state = (*run)->state;
  const auto elsewhere = left.empty() ? std::string() : left.back().run;
  // What is left now was not left before, and could be done here.
  const auto remaining = std::ranges::count_if(state.undoable(), &Undoable::remains);
  std::erase_if(left, [&](const LeftUndo& one) {
    return std::ranges::none_of(state.undoable(), [&](const Undoable& done) {
      return done.task == one.task && done.activation == one.activation && done.remains();
    });
  });
  if (!is_final(state.status()) || std::cmp_less_equal(remaining, left.size())) {
    (void)services_.store.release(claimed.run, claimed.epoch);
    if (!is_final(state.status())) return fail(ErrorCode::conflict, "the run has not ended; cancel it first");
    if (elsewhere.empty()) return fail(ErrorCode::conflict, "nothing that the run completed can be undone any more");
    return fail(ErrorCode::conflict, fmt::format("what is not undone of the run belongs to run {0}, which was made from it; undo that one: "
                                                 "skein compensate {0}",
                                                 elsewhere));
  }
  (*run)->opening = CompensationStarted{.reason = services_.secrets.redact(reason), .left = std::move(left)};
  advance(add(std::move(*run)));
  return {};
}

void Engine::check_mail(RunId id) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return;
  auto& run = *runs_.at(it->second);
  auto mail = services_.store.inbox(id);
  if (!mail) {
    log::warning("a run's inbox could not be read", {{"run", Json(run.id_text)}, {"error", Json(mail.error().message)}});
  } else {
    for (auto& message : *mail) {
      const auto waits = std::ranges::find(run.mail, message.id, &store::InboxMessage::id) != run.mail.end();
      const auto folded = std::ranges::find(run.read_mail, message.id) != run.read_mail.end();
      const auto leaving = std::ranges::find(run.committing_mail, message.id) != run.committing_mail.end();
      if (!waits && !folded && !leaving) run.mail.push_back(std::move(message));
    }
  }
  advance(run);
}

/// Folds, decides and commits until there is nothing to do now. A loop: immediate answers lead to the next commit at once, and a long
/// chain must not grow the stack.
void Engine::advance(ActiveRun& run) {
  while (!run.committing) {
    auto events = collect(run);
    if (events.empty()) {
      schedule(run);
      return;
    }
    run.committing_seq = run.next_seq;
    run.next_seq += events.size();
    run.committing_mail = std::exchange(run.read_mail, {});
    run.committing = std::make_shared<const EventBatch>(run.state.definition_ptr(), std::move(events));
    const auto appending = append(run);
    if (!appending) {
      refused(run, appending.error());
      return;
    }
    if (*appending == store::Appending::pending) return;
    if (!after_commit(run)) return;
  }
}

Result<store::Appending> Engine::append(ActiveRun& run) {
  const auto& events = run.committing->events();
  run.sleeping = may_sleep(run);
  return services_.store.append(store::Append{.run = run.id,
                                              .epoch = run.epoch,
                                              .first_seq = run.committing_seq,
                                              .count = static_cast<std::uint32_t>(events.size()),
                                              .at = events.back().at,
                                              .entry = run.committing,
                                              .summary = summary_of(run),
                                              .keep = gives_up(run) ? store::Keep::released : store::Keep::owned,
                                              .consumed = run.committing_mail,
                                              .create = run.create,
                                              .mail = run.outgoing,
                                              .exchanges = run.exchanges,
                                              .children = run.births,
                                              .token = run.token},
                                services_.sink);
}

/// Informs readers and begins what the committed events started. False where the run has left the engine.
bool Engine::after_commit(ActiveRun& run) {
  const auto batch = std::exchange(run.committing, nullptr);
  run.committing_mail.clear();
  run.create.reset();
  run.exchanges.clear();
  run.stalled = false;
  if (const auto acknowledge = std::exchange(run.acknowledge, nullptr)) acknowledge(run.id);
  introduce_children(run);  // before listeners hear that this run has ended
  services_.listener.on_events(run.id, run.state, batch->events(), run.committing_seq);
  if (gives_up(run)) {
    const auto id = run.id;
    const bool asleep = run.sleeping;
    remove(run);
    if (asleep) services_.listener.on_asleep(id);
    return false;
  }
  for (const auto& event : batch->events()) {
    if (const auto* started = std::get_if<AttemptStarted>(&event.body)) {
      if (run.in_flight(started->attempt)) begin(run, started->attempt);
    } else if (const auto* called = std::get_if<CallStarted>(&event.body)) {
      const bool wanted = called->kind != agent::CallKind::person && run.in_flight(called->attempt);  // a deadline may have ended it since
      if (wanted) perform(run, called->attempt.step(), called->number);
    } else if (const auto* cancelled = std::get_if<TaskCancelled>(&event.body)) {
      cancel_calls(run, cancelled->task);
    } else if (const auto* ended = std::get_if<ItemsEnded>(&event.body)) {
      cancel_calls(run, ended->task);
    } else if (const auto* failed = std::get_if<TaskFailed>(&event.body); failed != nullptr && failed->attempt.item == no_item) {
      cancel_calls(run, failed->attempt.task);  // it has one only where the deadline ended it
    }
  }
  for (const auto& attempt : std::exchange(run.to_repeat, {})) repeat(run, attempt);
  return true;
}

void Engine::on_committed(std::vector<store::Committed> commits) {
  for (auto& commit : commits) {
    const auto it = runs_.find(commit.token);
    if (it == runs_.end()) continue;
    auto& run = *it->second;
    if (!commit.result) {
      refused(run, commit.result.error());
    } else if (run.committing && after_commit(run)) {
      advance(run);
    }
  }
}

/// The store did not take a commit. A run that nobody was promised is given back to its creator; one that was accepted keeps what its calls
/// brought and tries again, unless it belongs to somebody else now.
void Engine::refused(ActiveRun& run, const Error& why) {
  if (why.code == ErrorCode::conflict && !run.exchanges.empty() && end_turns_again(run)) return;
  const bool passing = why.code == ErrorCode::store_full || why.code == ErrorCode::store_failed;
  if (run.create || !passing) {
    lose(run, why);
    return;
  }
  if (!run.stalled) {
    log::error("a commit was refused; it is tried again every second", {{"run", Json(run.id_text)}, {"error", Json(why.message)}});
  }
  run.stalled = true;
  schedule(run);
}

/// Whether a refused commit was written all the same decides whether it is written again. If it was, and gave the run up, then others may
/// have had the run meanwhile; and claiming it just now took it back.
void Engine::recommit(ActiveRun& run) {
  const auto claimed = services_.store.claim(run.id);
  if (!claimed) {
    refused(run, claimed.error());
    return;
  }
  run.epoch = claimed->epoch;
  const auto row = services_.store.find_run(run.id);
  if (!row) {
    refused(run, row.error());
    return;
  }
  const auto last = run.committing_seq + run.committing->events().size() - 1;
  if (row->last_seq > last) {
    lose(run, {.code = ErrorCode::conflict,
               .message = "another process went on with the run",
               .context = {},
               .retryable = true,
               .retry_after = {}});
    return;
  }
  if (row->last_seq == last) {
    if (gives_up(run)) (void)services_.store.release(run.id, run.epoch);
    if (after_commit(run)) advance(run);
    return;
  }
  const auto appending = append(run);
  if (!appending) {
    refused(run, appending.error());
  } else if (*appending == store::Appending::done && after_commit(run)) {
    advance(run);
  }
}

void Engine::schedule(ActiveRun& run) {
  const auto now = services_.clock.now();
  const auto due = run.stalled ? now + recommit_after : run.state.next_due(now);
  if (due != run.due) {
    if (run.due) due_.erase({*run.due, run.token});
    if (due) due_.emplace(*due, run.token);
    run.due = due;
  }
  announce();
}

void Engine::announce() {
  const auto earliest = due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
  if (earliest == announced_due_) return;
  announced_due_ = earliest;
  services_.listener.on_next_due(earliest);
}

void Engine::tick() {
  const auto now = services_.clock.now();
  std::vector<std::uint64_t> woken;
  for (const auto& [due, token] : due_) {
    if (due > now) break;
    woken.push_back(token);
  }
  for (const auto token : woken) {
    const auto it = runs_.find(token);
    if (it == runs_.end()) continue;
    auto& run = *it->second;
    due_.erase({*run.due, token});
    run.due.reset();
    if (run.stalled) {
      recommit(run);
    } else {
      advance(run);
    }
  }
  announce();
}

void Engine::remove(ActiveRun& run) {
  drop_calls(run);
  if (run.due) due_.erase({*run.due, run.token});
  by_id_.erase(run.id);
  runs_.erase(run.token);
  announce();
}

void Engine::lose(ActiveRun& run, const Error& why) {
  const auto id = run.id;
  const auto epoch = run.epoch;
  const auto acknowledge = std::exchange(run.acknowledge, nullptr);
  release_births(run);
  remove(run);
  (void)services_.store.release(id, epoch);
  if (acknowledge) {
    acknowledge(std::unexpected(why));
    return;
  }
  services_.listener.on_lost(id, why);
}

/// Nothing that was written although the store said otherwise may stay with a process that does not drive it.
void Engine::release_births(ActiveRun& run) {
  for (const auto& birth : std::exchange(run.births, {})) (void)services_.store.release(birth.run, birth.epoch);
}

void Engine::abandon_all() {
  while (!runs_.empty()) {
    auto& run = *runs_.begin()->second;
    const auto id = run.id;
    const auto epoch = run.epoch;
    release_births(run);
    remove(run);
    (void)services_.store.release(id, epoch);
  }
}

store::RunSummary Engine::summary_of(const ActiveRun& run) const {
  store::RunSummary summary;
  summary.status = run.state.status();
  summary.tasks_total = static_cast<std::uint32_t>(run.state.definition().own_tasks);
  summary.tasks_completed = run.state.completed_tasks();
  summary.tasks_failed = run.state.failed_tasks();
  summary.error = run.state.error();
  if (summary.status == RunStatus::waiting) summary.next_due = run.state.next_due(Instant{});
  if (run.sleeping && !summary.next_due) summary.next_due = store::never;
  return summary;
}

/// Whether the commit that was made last leaves the run without an owner.
bool Engine::gives_up(const ActiveRun& run) { return is_final(run.state.status()) || run.sleeping; }

/// Only timers keep the run, and none of them is near.
bool Engine::may_sleep(const ActiveRun& run) const {
  if (run.state.status() != RunStatus::waiting || !run.calls.empty() || !run.arrived.empty() || !run.mail.empty()) return false;
  const auto busy = [](const auto& entry) { return entry.second->moved || !entry.second->open.empty(); };
  if (std::ranges::any_of(run.work, busy)) return false;
  const auto due = run.state.next_due(Instant{});
  if (due && *due - services_.clock.now() <= options_.sleep_after.value_or(near)) return false;
  if (run.state.waits_for_others()) return options_.sleep_after || options_.sleep_for_others;
  return options_.sleep_after && due;
}

}  // namespace skein::workflow
