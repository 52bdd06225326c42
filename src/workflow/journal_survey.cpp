#include "workflow/journal_survey.hpp"

#include <algorithm>
#include <deque>
#include <string>

#include "workflow/run_state.hpp"

namespace skein::workflow {
namespace {

using Outcome = SurveyedActivation::Outcome;

class Surveyor {
 public:
  Surveyor(const DefinitionPtr& definition, const std::vector<Event>& journal)
      : definition_(*definition), journal_(journal), state_(definition) {
    out_.activations.resize(definition_.own_tasks);
    out_.activation_of.resize(journal.size());
    out_.taken_by.resize(journal.size(), nowhere);
  }

  Result<JournalSurvey> survey() {
    for (at_ = 0; at_ < journal_.size(); ++at_) {
      const auto& event = journal_[at_];
      const auto task = task_of(event);
      // What the body says of is looked up in the state before it; whether it may say so is seen when it is folded.
      const bool own = task && *task < definition_.own_tasks;
      if (own) out_.activation_of[at_] = state_.tasks()[*task].activation;
      const auto* taken = std::get_if<SignalTaken>(&event.body);
      const std::string awaited(taken != nullptr ? state_.awaited_signal(taken->attempt.step()) : std::string_view{});
      const bool unneeded = own && std::holds_alternative<TaskSkipped>(event.body) && is_unneeded(*task);
      if (auto folded = state_.apply(event); !folded) return std::unexpected(folded.error());
      if (const auto* received = std::get_if<SignalReceived>(&event.body)) signals_[received->name].push_back(at_);
      if (taken != nullptr) take(awaited);
      if (!own) continue;
      auto& activation = activation_of(*task, out_.activation_of[at_]);
      if (activation.first == nowhere) activation.first = at_;
      if (unneeded) end(activation, Outcome::good);
      std::visit([&](const auto& body) { see(activation, body); }, event.body);
    }
    for (const auto& done : state_.undoable()) {
      if (done.status == Undoable::Status::undone) activation_of(done.task, done.activation).outcome = Outcome::undone;
    }
    return std::move(out_);
  }

 private:
  SurveyedActivation& activation_of(TaskIndex task, std::uint32_t number) {
    auto& all = out_.activations[task];
    if (all.size() <= number) all.resize(number + 1);
    return all[number];
  }
  /// It is skipped for a reason of its own, not because of what became of others.
  bool is_unneeded(TaskIndex task) const {
    return !state_.stopping() && (state_.tasks()[task].activation == 0 || state_.skip_reason(task).empty());
  }
  void end(SurveyedActivation& activation, Outcome outcome) const {
    activation.end = at_;
    activation.outcome = outcome;
  }
  [[nodiscard]] Outcome failure_of(TaskIndex task) const {
    return definition_.tasks[task].continue_on_failure ? Outcome::tolerated : Outcome::failed;
  }
  /// The oldest signal of the name is gone.
  void take(const std::string& name) {
    auto& waiting = signals_[name];
    out_.taken_by[waiting.front()] = at_;
    waiting.pop_front();
  }
  SurveyedItem& item_of(const Attempt& attempt) { return items_.at(attempt.task)[attempt.item]; }

  void see(SurveyedActivation& activation, const TaskCompleted& body) {
    if (body.attempt.item == no_item) return end(activation, Outcome::good);
    if (items_.contains(body.attempt.task)) item_of(body.attempt).done = true;
  }
  SurveyedCalls* calls_of(SurveyedActivation& activation, const Attempt& attempt) {
    if (attempt.item == no_item) return &activation.calls;
    return items_.contains(attempt.task) ? &item_of(attempt).calls : nullptr;
  }
  void see(SurveyedActivation& activation, const CallStarted& body) {
    auto* calls = calls_of(activation, body.attempt);
    if (calls != nullptr && body.kind == agent::CallKind::model) calls->open_model_call = std::min(calls->open_model_call, at_);
  }
  void see(SurveyedActivation& activation, const CallEnded& body) {
    auto* calls = calls_of(activation, body.attempt);
    if (calls == nullptr) return;
    ++calls->answered;
    if (body.kind != agent::CallKind::model) return;
    calls->open_model_call = nowhere;
    calls->model_failed = at_pointer(*body.answer, "/error") != nullptr;
  }
  /// What the agent itself found to be the end of its way it would find again.
  static bool leads_on(const SurveyedCalls& calls, ErrorCode code) {
    return calls.model_failed || (code != ErrorCode::agent_failed && code != ErrorCode::too_large && code != ErrorCode::rejected);
  }
  void see(SurveyedActivation& activation, const TaskFailed& body) {
    if (auto* calls = calls_of(activation, body.attempt)) calls->lead_on = leads_on(*calls, body.error.code);
    if (body.attempt.item == no_item) return end(activation, failure_of(body.attempt.task));
    if (!items_.contains(body.attempt.task)) return;
    auto& item = item_of(body.attempt);
    item.done = definition_.tasks[body.attempt.task].continue_on_failure;
    item.error = std::make_shared<const Error>(body.error);
  }
  void see(SurveyedActivation&, const ItemsListed& body) {
    if (!definition_.tasks[body.task].graph) items_[body.task].resize(body.items->get_array().size());
  }
  void see(SurveyedActivation& activation, const ItemsEnded& body) { end(activation, body.error ? failure_of(body.task) : Outcome::good); }
  void see(SurveyedActivation& activation, const ApprovalRejected& body) { end(activation, failure_of(body.task)); }
  void see(SurveyedActivation&, const auto&) {}

  const Definition& definition_;
  const std::vector<Event>& journal_;
  RunState state_;
  JournalSurvey out_;
  std::map<TaskIndex, std::vector<SurveyedItem>>& items_ = out_.items;
  std::map<std::string, std::deque<std::size_t>> signals_;
  std::size_t at_ = 0;
};

}  // namespace

SurveyedActivation JournalSurvey::activation(TaskIndex task, std::uint32_t number) const {
  const auto& all = activations[task];
  return number < all.size() ? all[number] : SurveyedActivation{};
}

Result<JournalSurvey> survey(const DefinitionPtr& definition, const std::vector<Event>& journal) {
  return Surveyor(definition, journal).survey();
}

}  // namespace skein::workflow
