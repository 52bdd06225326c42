#pragma once

// Private to the engine's own sources.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "workflow/driver/engine.hpp"
#include "workflow/driver/machine_call.hpp"

namespace skein::workflow {

/// An attempt's answer on its way into the fold.
struct Engine::Outcome {
  Attempt attempt;
  AgentResponse response;
  BreakerBoard::Ticket ticket;
  std::vector<Json> said = {};         ///< messages for its session
};

/// An attempt in flight outside.
struct Engine::Call {
  CallId id = 0;
  Attempt attempt;
  BreakerBoard::Ticket ticket;
};

/// One run in an engine's memory.
struct Engine::ActiveRun {
  ActiveRun(RunId run_id, DefinitionPtr definition) : id(run_id), id_text(run_id.str()), state(std::move(definition)) {}

  /// Whether this attempt was started and waits for its agent's answer, which may itself wait for people.
  [[nodiscard]] bool in_flight(const Attempt& attempt) const {
    const auto* step = state.find_step(attempt.step());
    const bool runs = step != nullptr && (step->status == TaskStatus::running || state.waits_in_calls(attempt.step()));
    return runs && step->attempt == attempt.attempt && state.tasks()[attempt.task].activation == attempt.activation;
  }

  RunId id;
  std::string id_text;
  std::uint64_t token = 0;
  std::uint64_t epoch = 1;
  std::uint64_t next_seq = 1;
  RunState state;

  /// What the run begins with in this engine: RunCreated or RunResumed. Folded once.
  std::optional<EventBody> opening;
  std::shared_ptr<const store::NewRun> create;
  Acknowledge acknowledge;

  /// The commit under way; nothing more is decided until it is answered.
  std::shared_ptr<const EventBatch> committing;
  std::uint64_t committing_seq = 0;
  std::vector<std::int64_t> committing_mail;
  std::vector<std::pair<DefinitionPtr, Event>> children;  ///< `RunCreated` of the runs that go out with the next commit
  std::vector<store::Append> births;   ///< as the store gets them, in the same order
  std::vector<store::InboxMessage> outgoing;
  std::vector<store::Exchange> exchanges;  ///< what goes into sessions with the next commit
  bool stalled = false;                ///< the store refused it; it is tried again at `due`
  bool sleeping = false;               ///< it gives the run up

  std::vector<Outcome> arrived;
  std::vector<store::InboxMessage> mail;
  std::vector<std::int64_t> read_mail;  ///< folded, to be deleted with the next commit
  std::vector<Attempt> to_repeat;      ///< in flight when an earlier owner died
  std::map<Step, Call> calls;
  std::map<Step, std::shared_ptr<MachineWork>> work;  ///< attempts that machines work on
  AgentPool::PerRun agents;
  std::optional<Instant> due;          ///< its place in the engine's `due_`
};

}  // namespace skein::workflow
