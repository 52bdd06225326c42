#include "workflow/time_travel.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/impossible.hpp"
#include "workflow/journal_survey.hpp"

namespace skein::workflow {
namespace {

using Outcome = SurveyedActivation::Outcome;

/// Which tasks are done again, and from where on graphs are.
class Plan {
 public:
  Plan(const Definition& definition, const JournalSurvey& survey, std::size_t events, const Travel& how)
      : definition_(definition),
        survey_(survey),
        events_(events),
        again_(definition.own_tasks),
        whole_(definition.own_tasks),
        graphs_(definition.graphs.size()) {
    for (TaskIndex task = 0; task < definition.own_tasks; ++task) look_at(task, how.kind);
    if (how.from) redo(*how.from);
    for (; !follow_.empty(); follow_.pop_front()) {
      for (const auto dependent : definition.tasks[follow_.front()].dependents) redo(dependent);
    }
  }

  [[nodiscard]] bool again(TaskIndex task) const { return again_[task]; }
  /// Neither named nor after something that is done again: what it got done counts.
  [[nodiscard]] bool goes_on(TaskIndex task) const { return again_[task] && !whole_[task]; }
  /// In a graph: whether this event, which belongs to the activation, comes before what is done again.
  [[nodiscard]] bool before_cut(TaskIndex task, const SurveyedActivation& activation, std::size_t event) const {
    const auto cut = graphs_[*definition_.tasks[task].graph].cut;
    return activation.end != nowhere && activation.end < cut && event < cut;
  }
  /// In a graph: whether the way that led to this activation, which did not get done, is kept.
  [[nodiscard]] bool is_entered(TaskIndex task, const SurveyedActivation& activation) const {
    const bool done = activation.outcome == Outcome::good || activation.outcome == Outcome::undone;
    return !done && !whole_[task] && activation.first <= graphs_[*definition_.tasks[task].graph].cut;
  }

 private:
  struct Graph {
    std::size_t cut = nowhere;
    bool again = false;
  };

  void look_at(TaskIndex task, Origin::Kind kind) {
    const auto has_to = [&](Outcome outcome) {
      return outcome == Outcome::failed || outcome == Outcome::undone || (outcome == Outcome::tolerated && kind == Origin::Kind::retry);
    };
    if (definition_.tasks[task].graph) {
      // What had not ended is the latest of its task: nothing follows from it, and the rest of the graph stays.
      for (const auto& activation : survey_.activations[task]) {
        if (has_to(activation.outcome)) cut(*definition_.tasks[task].graph, activation.first);
      }
      return;
    }
    const auto outcome = survey_.activation(task, 1).outcome;
    if (outcome == Outcome::undone) {
      redo(task);
    } else if (outcome == Outcome::open || has_to(outcome)) {
      mark(task);
    }
  }
  void redo(TaskIndex task) {
    const auto& graph = definition_.tasks[task].graph;
    whole_[task] = true;
    if (graph) return cut(*graph, std::min(survey_.activation(task, 1).first, events_));
    mark(task);
  }
  void mark(TaskIndex task) {
    if (again_[task]) return;
    again_[task] = true;
    follow_.push_back(task);
  }
  void cut(GraphIndex index, std::size_t at) {
    auto& graph = graphs_[index];
    graph.cut = std::min(graph.cut, at);
    if (graph.again) return;
    graph.again = true;
    const auto& tasks = definition_.graphs[index].tasks;
    follow_.insert(follow_.end(), tasks.begin(), tasks.end());
  }

  const Definition& definition_;
  const JournalSurvey& survey_;
  std::size_t events_;
  std::vector<bool> again_;            ///< tasks outside graphs
  std::vector<bool> whole_;            ///< named, or after something that is done again
  std::vector<Graph> graphs_;
  std::deque<TaskIndex> follow_;       ///< what depends on these is done again
};

/// Picks the kept events. They come in groups: what is kept whole, each `for_each` that goes on, the signals that nobody took.
class Picker {
 public:
  Picker(const Definition& definition, const JournalSurvey& survey, const Plan& plan, const std::vector<Event>& journal, const Travel& how)
      : definition_(definition),
        survey_(survey),
        plan_(plan),
        journal_(journal),
        now_(how.now),
        keeps_calls_(how.kind == Origin::Kind::retry),
        groups_(1),
        kept_tasks_(definition.own_tasks) {
    for (const auto& [task, items] : survey.items) {
      if (plan.goes_on(task)) last_kept_[task] = last_kept(items);
    }
  }

  void pick() {
    std::vector<std::optional<std::size_t>> group_of(journal_.size());
    for (std::size_t i = 0; i < journal_.size(); ++i) {
      const auto task = task_of(journal_[i]);
      if (task && *task < definition_.own_tasks) group_of[i] = group(*task, i);
    }
    const auto signals = groups_.size();
    groups_.resize(signals + 1);
    for (std::size_t i = 0; i < journal_.size(); ++i) {
      if (std::holds_alternative<SignalReceived>(journal_[i].body)) {
        const auto taker = survey_.taken_by[i];
        const bool kept = taker != nowhere && group_of[taker].has_value();
        if (!kept && is_of_the_old_run(i)) continue;
        group_of[i] = kept ? *group_of[taker] : signals;
      }
      if (group_of[i]) put(*group_of[i], i);
    }
    for (const auto& [step, attempt] : begun_) {
      groups_[group_of_task_.at(step.task)].push_back(
          {.at = now_, .body = AttemptFailed{.attempt = attempt, .error = interrupted(), .duration = {}, .retry_at = now_}});
    }
  }

  [[nodiscard]] std::vector<std::vector<Event>>& groups() { return groups_; }
  /// How many events of the first group come from before this one.
  [[nodiscard]] std::size_t whole_before(std::size_t event) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(whole_, event) - whole_.begin());
  }
  /// Whether expressions of the task were used for something that is kept.
  [[nodiscard]] bool keeps(TaskIndex task) const { return kept_tasks_[task]; }

 private:
  /// The items up to the last that is done, or goes on from what it called; 0: none is.
  std::size_t last_kept(const std::vector<SurveyedItem>& items) const {
    const auto last =
        std::find_if(items.rbegin(), items.rend(), [&](const SurveyedItem& item) { return item.done || goes_on_from(item.calls); });
    return static_cast<std::size_t>(items.rend() - last);
  }
  [[nodiscard]] bool goes_on_from(const SurveyedCalls& calls) const { return keeps_calls_ && calls.answered > 0 && calls.lead_on; }
  /// What a task without items called in an activation that goes on from that; null where this event's activation does not.
  [[nodiscard]] const SurveyedCalls* goes_on_from_calls(TaskIndex task, std::size_t event) const {
    if (definition_.tasks[task].for_each) return nullptr;
    const auto& activation = survey_.activations[task][survey_.activation_of[event]];
    const bool entered = definition_.tasks[task].graph ? plan_.is_entered(task, activation) : plan_.goes_on(task);
    return entered && goes_on_from(activation.calls) ? &activation.calls : nullptr;
  }

  /// A signal that nothing in the new run waits for: the end of a run that the old one began, a person's answer to a question that will be
  /// asked again, or one that an undo step took.
  [[nodiscard]] bool is_of_the_old_run(std::size_t signal) const {
    const auto taker = survey_.taken_by[signal];
    const auto& name = std::get<SignalReceived>(journal_[signal].body).name;
    return is_signal_of_end(name) || is_signal_of_answer(name) || (taker != nowhere && *task_of(journal_[taker]) >= definition_.own_tasks);
  }
  std::optional<std::size_t> group(TaskIndex task, std::size_t event) {
    const bool calls = goes_on_from_calls(task, event) != nullptr;
    if (definition_.tasks[task].graph) {
      const auto activation = survey_.activation(task, survey_.activation_of[event]);
      if (plan_.before_cut(task, activation, event)) return 0;
      return calls ? group_of(task) : std::nullopt;
    }
    if (!plan_.again(task)) return 0;
    const auto done = last_kept_.find(task);
    if (!calls && (done == last_kept_.end() || done->second == 0)) return std::nullopt;
    // What an item took that is done again can be taken once more.
    const auto* taken = std::get_if<SignalTaken>(&journal_[event].body);
    if (!calls && taken != nullptr && !survey_.items.at(task)[taken->attempt.item].done) return std::nullopt;
    return group_of(task);
  }
  /// The group of a task that goes on.
  std::optional<std::size_t> group_of(TaskIndex task) {
    if (const auto known = group_of_task_.find(task); known != group_of_task_.end()) return known->second;
    // In a sequential workflow only one task is under way.
    if (!definition_.parallel_execution && !group_of_task_.empty()) return std::nullopt;
    groups_.emplace_back();
    return group_of_task_.emplace(task, groups_.size() - 1).first->second;
  }

  void put(std::size_t group, std::size_t index) {
    const auto& event = journal_[index];
    auto& out = groups_[group];
    const auto task = task_of(event);
    if (group == 0) whole_.push_back(index);
    if (task && survey_.activation_of[index] > 0) kept_tasks_[*task] = true;
    if (group == 0 || !task) {
      out.push_back(event);
      return;
    }
    if (const auto* calls = goes_on_from_calls(*task, index)) {
      // Its time limit begins anew.
      const auto now = Event{.at = now_, .body = event.body};
      const bool asks_first = std::holds_alternative<ApprovalRequested>(event.body) || std::holds_alternative<ApprovalGiven>(event.body);
      if (asks_first) out.push_back(now);
      put_calls(out, now, index, *calls);
      return;
    }
    std::visit([&](const auto& body) { put_going_on(out, event, index, body); }, event.body);
  }
  /// What an unfinished step called, in the attempts in which it did; the last of them counts as failed, so that another follows.
  void put_calls(std::vector<Event>& out, const Event& event, std::size_t index, const SurveyedCalls& calls) {
    if (const auto* started = std::get_if<AttemptStarted>(&event.body)) {
      begun_.insert_or_assign(started->attempt.step(), started->attempt);
      out.push_back(event);
    } else if (const auto* failed = std::get_if<AttemptFailed>(&event.body)) {
      begun_.erase(failed->attempt.step());
      out.push_back(event);
    } else if (const auto* over = std::get_if<TaskFailed>(&event.body)) {
      // A deadline may have ended it between two attempts.
      if (begun_.erase(over->attempt.step()) == 0) return;
      out.push_back(
          {.at = event.at,
           .body = AttemptFailed{.attempt = over->attempt, .error = over->error, .duration = over->duration, .retry_at = event.at}});
    } else if (const auto* called = std::get_if<CallStarted>(&event.body)) {
      if (called->kind != agent::CallKind::model || index < calls.open_model_call) out.push_back(event);
    } else if (std::holds_alternative<CallEnded>(event.body)) {
      out.push_back(event);
    }
  }
  void put_going_on(std::vector<Event>& out, const Event&, std::size_t, const ItemsListed& body) {
    out.push_back({.at = now_, .body = body});
  }
  void put_going_on(std::vector<Event>&, const Event&, std::size_t, const ItemsEnded&) {}
  void put_going_on(std::vector<Event>&, const Event&, std::size_t, const TaskCancelled&) {}
  void put_going_on(std::vector<Event>& out, const Event& event, std::size_t index, const auto& body) {
    if constexpr (requires { body.attempt; }) {
      const auto& attempt = body.attempt;
      const auto& item = survey_.items.at(attempt.task)[attempt.item];
      if (!item.done && goes_on_from(item.calls)) return put_calls(out, event, index, item.calls);
      if (!item.done) {
        if constexpr (std::is_same_v<std::decay_t<decltype(body)>, AttemptStarted>) {
          if (attempt.attempt == 1 && attempt.item < last_kept_.at(attempt.task)) put_first_attempt(out, event, attempt, item);
        }
        return;
      }
    }
    out.push_back(event);
  }
  /// Items begin in order, so one that others came after has begun too; its next attempt is due.
  static void put_first_attempt(std::vector<Event>& out, const Event& event, const Attempt& attempt, const SurveyedItem& item) {
    out.push_back({.at = event.at, .body = AttemptStarted{.attempt = attempt, .wake_at = {}, .signal = {}}});
    out.push_back({.at = event.at,
                   .body = AttemptFailed{
                       .attempt = attempt, .error = item.error ? *item.error : interrupted(), .duration = {}, .retry_at = event.at}});
  }

  static Error interrupted() {
    return {.code = ErrorCode::cancelled,
            .message = "the run that this one was made from ended before this did",
            .context = {},
            .retryable = true,
            .retry_after = {}};
  }

  const Definition& definition_;
  const JournalSurvey& survey_;
  const Plan& plan_;
  const std::vector<Event>& journal_;
  Instant now_;
  bool keeps_calls_;  ///< of what is not finished
  std::vector<std::vector<Event>> groups_;
  std::vector<std::size_t> whole_;  ///< the events of the first group, by their place in the journal
  std::vector<bool> kept_tasks_;
  std::map<TaskIndex, std::size_t> last_kept_;
  std::map<Step, Attempt> begun_;  ///< kept attempts that have no end yet
  std::map<TaskIndex, std::size_t> group_of_task_;
};

/// The inputs whose values differ.
std::set<std::string, std::less<>> changed_inputs(const JsonObject& before, const JsonObject& after) {
  std::set<std::string, std::less<>> names;
  const auto compare = [&](const JsonObject& some, const JsonObject& others) {
    for (const auto& [name, value] : some) {
      const auto* other = others.if_contains(name);
      if (other == nullptr || *other != value) names.emplace(name);
    }
  };
  compare(before, after);
  compare(after, before);
  return names;
}

/// The first of the inputs that a template refers to.
std::optional<std::string> input_in(const Template& text, const std::set<std::string, std::less<>>& inputs) {
  for (const auto& [reference, pointer] : text.references()) {
    if (inputs.contains(reference.head)) return reference.head;
    if (reference.head != "inputs") continue;
    if (reference.field.empty()) return *inputs.begin();
    if (inputs.contains(reference.field)) return reference.field;
  }
  return std::nullopt;
}

std::vector<const Template*> templates_of(const Definition& definition, const TaskDefinition& task) {
  const auto& agent = definition.agents[task.agent];
  std::vector<const Template*> out{&task.parameters, &agent.endpoint, &agent.custom_params, &agent.command,
                                   &agent.args,      &agent.env,      &agent.thinking};
  if (task.when) out.push_back(&*task.when);
  if (task.for_each) out.push_back(&*task.for_each);
  if (task.approval) out.push_back(&task.approval->message);
  if (agent.authentication) {
    const auto& secret = *agent.authentication;
    out.insert(out.end(), {&secret.token, &secret.key, &secret.username, &secret.password});
  }
  for (const auto edge : task.edges) {
    if (const auto& when = definition.edges[edge].when) out.push_back(&*when);
  }
  return out;
}

/// Kept work stays true: no input may change that it was made with.
Result<void> check_inputs(const Definition& definition, const Picker& picker, const Json& before, const Json& after) {
  const auto changed = changed_inputs(before.get_object(), after.get_object());
  for (TaskIndex index = 0; !changed.empty() && index < definition.own_tasks; ++index) {
    if (!picker.keeps(index)) continue;
    const auto& task = definition.tasks[index];
    for (const auto* text : templates_of(definition, task)) {
      const auto name = input_in(*text, changed);
      if (!name) continue;
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the input '{0}' cannot change: task '{1}' is kept and refers to it; fork from '{1}' or an earlier task, or "
                              "leave the input as it is",
                              *name, task.name));
    }
  }
  return {};
}

Result<void> check_names(const TaskDefinition& task, const JsonObject& set) {
  const auto* known = task.parameters.source().if_object();
  if (known == nullptr) return {};
  std::vector<std::string> names;
  for (const auto& member : *known) names.emplace_back(member.key());
  for (const auto& member : set) {
    const std::string name(member.key());
    if (known->contains(name)) continue;
    return fail(ErrorCode::invalid_argument, fmt::format("task '{}' has no parameter '{}'{} (it has {})", task.name, name,
                                                         did_you_mean(name, names), names.empty() ? "none" : list_of(names)));
  }
  return {};
}

/// The parameters that differ from the definition's in the new run.
JsonPtr changes_of(const Definition& definition, const RunCreated& before, const Travel& how) {
  if (!how.set) return before.changes;
  JsonObject changes = before.changes ? before.changes->get_object() : JsonObject{};
  auto& changed = changes[definition.tasks[*how.from].name];
  if (!changed.is_object()) changed = JsonObject{};
  for (const auto& [name, value] : how.set->get_object()) changed.get_object()[name] = value;
  return std::make_shared<const Json>(std::move(changes));
}

Result<void> check_agents(const Definition& definition, const BudgetChanges& budget) {
  std::vector<std::string> names;
  for (const auto& agent : definition.agents) names.push_back(agent.name);
  for (const auto& [name, _] : budget.agents) {
    if (std::ranges::find(names, name) == names.end())
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the run has no agent '{}'{} (it has {})", name, did_you_mean(name, names), list_of(names)));
  }
  return {};
}

/// `limits` with those that `changes` names.
agent::SpendLimits changed(agent::SpendLimits limits, const agent::SpendLimits& changes) {
  if (changes.tokens) limits.tokens = changes.tokens;
  if (changes.nano_dollars) limits.nano_dollars = changes.nano_dollars;
  if (changes.tool_calls) limits.tool_calls = changes.tool_calls;
  return limits;
}

void set_budgets(RunCreated& created, const Definition& definition, const Travel& how) {
  const auto& budget = how.budget;
  if (budget.wall_time) created.until = how.now + *budget.wall_time;
  if (budget.attempts) created.attempts = budget.attempts;
  created.limits = changed(created.limits, budget.spend);
  AgentLimits all;
  for (const auto& agent : definition.agents) {
    const auto change = budget.agents.find(agent.name);
    const auto limits = change == budget.agents.end() ? agent.budget : changed(agent.budget, change->second);
    if (!limits.none()) all.emplace(agent.name, limits);
  }
  if (!all.empty()) created.agent_limits = std::move(all);
}

/// Budgets begin anew: what is kept uses up nothing of them.
void allow_for_kept(RunCreated& created, const RunState& state) {
  const auto allow = [](agent::SpendLimits& limits, const agent::Spend& kept) {
    if (limits.tokens) *limits.tokens += kept.tokens;
    if (limits.nano_dollars) *limits.nano_dollars += kept.nano_dollars;
    if (limits.tool_calls) *limits.tool_calls += kept.tool_calls;
  };
  if (created.attempts) *created.attempts += state.attempts_used();
  allow(created.limits, state.spent());
  const auto& agents = state.definition().agents;
  for (AgentIndex i = 0; created.agent_limits && i < agents.size(); ++i) {
    const auto limits = created.agent_limits->find(agents[i].name);
    if (limits == created.agent_limits->end()) continue;
    allow(limits->second, state.spent_by(i));
    if (limits->second == agents[i].budget) created.agent_limits->erase(limits);
  }
}

/// What is kept of a journal that folds folds too.
RunState fold(const DefinitionPtr& definition, const std::vector<Event>& events) {
  RunState state(definition);
  for (const auto& event : events) must_follow(state.apply(event));
  return state;
}

/// Whether the run would only come to its end, which is offered where nothing else is.
bool is_over(const RunState& state, Instant now) {
  std::vector<Action> offered;
  state.next_actions(now, offered);
  return std::ranges::any_of(offered, [](const Action& action) { return std::holds_alternative<FinishRun>(action); });
}

}  // namespace

Result<Departure> travel(const DefinitionPtr& definition, const std::vector<Event>& journal, const Travel& how) {
  const auto surveyed = survey(definition, journal);
  if (!surveyed) return std::unexpected(surveyed.error());
  const auto& before = std::get<RunCreated>(journal.front().body);
  if (how.set) {
    if (auto known = check_names(definition->tasks[*how.from], how.set->get_object()); !known) return std::unexpected(known.error());
  }
  if (auto known = check_agents(*definition, how.budget); !known) return std::unexpected(known.error());
  const Plan plan(*definition, *surveyed, journal.size(), how);
  Picker picker(*definition, *surveyed, plan, journal, how);
  picker.pick();
  if (how.inputs) {
    if (auto same = check_inputs(*definition, picker, *before.inputs, *how.inputs); !same) return std::unexpected(same.error());
  }

  std::vector<Event> events(1);
  for (auto& group : picker.groups()) std::ranges::move(group, std::back_inserter(events));
  auto created = created_now(*definition, how.inputs ? how.inputs : before.inputs, how.now);
  created.origin = Origin{.kind = how.kind, .run = how.run, .from = how.from, .kept = events.size() - 1};
  created.changes = changes_of(*definition, before, how);
  set_budgets(created, *definition, how);
  const auto foreign = before.origin ? picker.whole_before(before.origin->foreign + 1) : 0;
  created.origin->foreign = how.kind == Origin::Kind::fork ? created.origin->kept : foreign;
  events.front() = Event{.at = how.now, .body = created};
  auto state = fold(definition, events);
  const bool limited = created.attempts || !created.limits.none() || created.agent_limits;
  if (limited) {
    allow_for_kept(created, state);
    events.front().body = std::move(created);
    state = fold(definition, events);
  }
  if (is_over(state, how.now)) {
    return fail(ErrorCode::conflict,
                how.from ? fmt::format("task '{}' was never begun and everything else is done; there is nothing to do again",
                                       definition->tasks[*how.from].name)
                         : std::string("every task is done; name the one to begin from with --from"));
  }
  return Departure{.events = std::move(events), .state = std::move(state)};
}

}  // namespace skein::workflow
