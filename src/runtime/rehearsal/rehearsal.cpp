#include "runtime/rehearsal/rehearsal.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/random.hpp"
#include "base/text.hpp"
#include "runtime/rehearsal/differences.hpp"
#include "runtime/rehearsal/faked_calls.hpp"
#include "runtime/rehearsal/family.hpp"
#include "runtime/rehearsal/stand_ins.hpp"
#include "store/memory/memory_run_store.hpp"
#include "workflow/driver/engine.hpp"

namespace skein::runtime {
namespace {

using config::Word;
using workflow::TaskIndex;

/// Turns of the loop below, each of which makes the run go on; only a run that never ends needs more.
constexpr int most_turns = 1'000'000;
constexpr std::uint64_t seed = 1;

/// What the case says stands in the environment; secrets need not be told.
class TestOutside final : public workflow::OutsideValues {
 public:
  TestOutside(const config::TestCase& test, std::string& problem) : test_(test), problem_(problem) {}
  [[nodiscard]] Result<std::string> env(std::string_view name) const override {
    if (const auto it = test_.env.find(name); it != test_.env.end()) return it->second;
    problem_ = fmt::format("the environment variable {} is needed; add it to the case: env: {{{}: …}}", name, name);
    return fail(ErrorCode::not_found, problem_);
  }
  [[nodiscard]] Result<std::string> secret(std::string_view name) const override { return fmt::format("<secret {}>", name); }

 private:
  const config::TestCase& test_;
  std::string& problem_;
};

class Rehearsal final : private store::CommitSink, private workflow::EngineListener {
 public:
  Rehearsal(const workflow::DefinitionPtr& definition, const config::TestCase& test)
      : real_(definition),
        definition_(with_stand_ins(*definition, test)),
        test_(test),
        clock_(test.now),
        calls_(*definition, test, family_, clock_),
        outside_(test, problem_),
        breakers_(*store_, [](const auto&, const auto&) {}) {
    add_stand_ins(kinds_, calls_);
    engine_ = std::make_unique<workflow::Engine>(workflow::EngineServices{.store = *store_,
                                                                          .sink = *this,
                                                                          .clock = clock_,
                                                                          .random = random_,
                                                                          .calls = calls_,
                                                                          .breakers = breakers_,
                                                                          .listener = *this,
                                                                          .outside = outside_,
                                                                          .secrets = secrets_,
                                                                          .kinds = kinds_,
                                                                          .agent_services = {}},
                                                 workflow::EngineOptions{});
  }

  CaseResult play() {
    id_ = Uuid::make(clock_.now(), random_);
    family_.add({.id = id_, .path = {}, .definition = definition_, .inputs = test_.inputs});
    engine_->create(id_, definition_, test_.inputs, [this](const Result<RunId>& begun) {
      if (!begun) problem_ = begun.error().message;
    });
    for (int turn = 0; turn < most_turns && !ended_ && problem_.empty() && calls_.problem().empty(); ++turn) {
      if (!go_on()) break;
    }
    if (problem_.empty()) problem_ = calls_.problem();
    for (const auto& run : family_.members()) {
      if (const auto* state = engine_->find(run.id)) reports_[run.path] = report_of(run.id, *state);
    }
    if (problem_.empty() && !ended_ && test_.status != RunStatus::waiting) problem_ = why_stuck();
    CaseResult out;
    out.problem = std::move(problem_);
    out.report = reports_[{}];
    out.took = clock_.now() - test_.now;
    for (const auto& [task, parameters] : calls_.parameters()) played_[task].parameters = parameters;
    for (const auto& [task, played] : played_) out.attempts += played.attempts;
    if (out.problem.empty()) out.differences = differences(*real_, test_, reports_, played_);
    return out;
  }

 private:
  void on_committed(std::vector<store::Committed> commits) override { engine_->on_committed(std::move(commits)); }
  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t) override {
    const auto& member = *family_.find(run);
    for (const auto& event : events) {
      const auto* started = std::get_if<workflow::AttemptStarted>(&event.body);
      if (started != nullptr) ++played_[Family::path_of(member, started->attempt.task)].attempts;
    }
    if (!is_final(state.status())) return;
    ended_ = ended_ || run == id_;
    reports_[member.path] = report_of(run, state);
  }
  void on_lost(RunId, const Error& why) override { problem_ = why.message; }
  void on_asleep(RunId) override {}
  void on_child(RunId child, workflow::DefinitionPtr definition, workflow::Event created) override {
    const auto& birth = std::get<workflow::RunCreated>(created.body);
    family_.add({.id = child, .path = path_of_child(child, *birth.parent), .definition = definition, .inputs = birth.inputs});
    if (definition->concurrency) {
      queued_.push_back(child);
    } else {
      newborn_.push_back({.id = child, .definition = std::move(definition), .created = std::move(created)});
    }
  }
  void on_mail(RunId to) override { mail_.push_back(to); }
  void on_next_due(std::optional<Instant> due) override { due_ = due; }

  /// The task that began a run, which its parent waits for by now.
  config::TaskPath path_of_child(RunId child, RunId parent) const {
    const auto& member = *family_.find(parent);
    const auto* state = engine_->find(parent);
    for (TaskIndex i = 0; i < member.definition->tasks.size(); ++i) {
      const auto awaited = state->awaited_children(i);
      if (std::ranges::find(awaited, child) != awaited.end()) return Family::path_of(member, i);
    }
    return member.path;
  }

  /// What runs of one family have for each other; false where nothing has come up.
  bool meet() {
    if (!newborn_.empty()) {
      auto next = std::move(newborn_.front());
      newborn_.pop_front();
      engine_->begin_child(next.id, std::move(next.definition), next.created);
      return true;
    }
    if (!mail_.empty()) {
      const auto to = mail_.front();
      mail_.pop_front();
      engine_->check_mail(to);
      return true;
    }
    for (auto it = queued_.begin(); it != queued_.end(); ++it) {
      const auto row = store_->find_run(*it);
      if (!row || row->queued) continue;
      const auto id = *it;
      queued_.erase(it);
      return take_over(id);
    }
    return false;
  }

  /// A run whose turn has come.
  bool take_over(RunId id) {
    auto claimed = store_->claim(id);
    const auto adopted = claimed ? engine_->adopt(std::move(*claimed), family_.find(id)->definition) : std::unexpected(claimed.error());
    if (!adopted) problem_ = adopted.error().message;
    return adopted.has_value();
  }

  /// Does the next thing that can be done; false where there is none.
  bool go_on() {
    if (meet()) return true;
    if (!problem_.empty() || engine_->find(id_) == nullptr) return false;
    for (const auto& run : family_.members()) {
      const auto* state = engine_->find(run.id);
      if (state != nullptr && speak(run, *state)) return true;
      if (!problem_.empty()) return false;
    }
    auto next = calls_.next_due();
    if (due_ && (!next || *due_ < *next)) next = due_;
    if (!next) return false;
    if (*next > clock_.now()) clock_.advance(*next - clock_.now());
    if (auto answer = calls_.take_due()) {
      engine_->on_answer(answer->call, std::move(answer->response));
    } else {
      engine_->tick();
    }
    return true;
  }

  /// Somebody outside says what the run waits for, where the case has it.
  bool speak(const Family::Member& run, const workflow::RunState& state) {
    for (TaskIndex i = 0; i < run.definition->tasks.size(); ++i) {
      const auto& task = state.tasks()[i];
      if (state.question(i) != nullptr && answer_approval(run, i, task.activation)) return true;
      for (const auto& asked : state.asking(i)) {
        if (answer_question(run, state, asked.step, task.activation)) return true;
      }
      if (test_.signals.size() == sent_.size()) continue;
      if (signal(run, state.awaited_signal({.task = i}))) return true;
      const auto* items = state.fan_out(i);
      for (std::uint32_t item = 0; items != nullptr && item < items->next; ++item) {
        if (signal(run, state.awaited_signal({.task = i, .item = item}))) return true;
      }
    }
    return false;
  }

  /// The next word of the case on a task; null where it has none.
  const config::FakedWord* word_on(const Family::Member& run, TaskIndex task, bool approval) {
    const auto path = Family::path_of(run, task);
    const auto fakes = test_.tasks.find(path);
    if (fakes == test_.tasks.end()) return nullptr;
    std::vector<const config::FakedWord*> fitting;
    for (const auto& word : fakes->second.words) {
      const bool fits = word.word == Word::silence ? approval == run.definition->tasks[task].approval.has_value()
                                                   : approval == (word.word != Word::answer);
      if (fits) fitting.push_back(&word);
    }
    if (fitting.empty()) return nullptr;
    return fitting[std::min(said_[{path, approval}]++, fitting.size() - 1)];
  }

  bool answer_approval(const Family::Member& run, TaskIndex index, std::uint32_t activation) {
    if (!heard_.insert({run.id, index, activation, workflow::no_item, 0}).second) return false;
    const auto& task = run.definition->tasks[index];
    const auto* word = word_on(run, index, true);
    if (word == nullptr && test_.status != RunStatus::waiting) {
      const auto name = name_of(run, index);
      problem_ = fmt::format("task '{}' asks a person before it begins; add to 'tasks': {}: {{approve: true}}, or reject, or unanswered",
                             name, name);
    }
    if (word == nullptr || word->word == Word::silence) return false;
    auto by = word->by;
    if (by.empty()) by = task.approval->approvers.empty() ? "somebody" : task.approval->approvers.front();
    JsonObject payload{{"task", task.name}, {"by", by}, {"comment", word->comment}};
    if (!word->set.empty()) payload["set"] = word->set;
    return tell(run, word->word == Word::approve ? "approve" : "reject", payload);
  }

  bool answer_question(const Family::Member& run, const workflow::RunState& state, workflow::Step step, std::uint32_t activation) {
    if (!heard_.insert({run.id, step.task, activation, step.item, state.find_step(step)->attempt}).second) return false;
    const auto name = name_of(run, step.task);
    const auto* word = word_on(run, step.task, false);
    if (word == nullptr && test_.status != RunStatus::waiting) {
      problem_ = fmt::format("task '{}' asks a person; add to 'tasks': {}: {{answer: …}}, or unanswered", name, name);
    }
    if (word == nullptr || word->word == Word::silence) return false;
    const auto question = state.asked(step);
    const auto& asked = question->get_object();
    if (const auto wrong = config::violations("the answer", asked.at("answer"), word->answer); !wrong.empty()) {
      problem_ = fmt::format("the answer to task '{}' would be refused: {}", name, wrong.front());
      return false;
    }
    auto by = word->by;
    if (const auto* to = asked.if_contains("to"); to != nullptr && !to->get_array().empty()) {
      if (by.empty()) by = std::string(to->get_array().front().get_string());
      if (std::ranges::find(to->get_array(), Json(by)) == to->get_array().end()) {
        problem_ = fmt::format("the answer to task '{}' would be refused: '{}' is not asked", name, by);
        return false;
      }
    }
    JsonObject payload{{"task", run.definition->tasks[step.task].name},
                       {"value", word->answer},
                       {"by", by.empty() ? "somebody" : by},
                       {"comment", word->comment}};
    if (step.item != workflow::no_item) payload["item"] = step.item;
    return tell(run, "answer", payload);
  }

  /// Sends a signal that is awaited, once.
  bool signal(const Family::Member& run, std::string_view name) {
    const auto payload = test_.signals.find(name);
    if (payload == test_.signals.end() || !sent_.insert(payload->first).second) return false;
    return tell(run, "signal", {{"name", name}, {"payload", payload->second}});
  }

  bool tell(const Family::Member& run, std::string kind, const JsonObject& payload) {
    const auto posted = store_->post({.id = 0, .run = run.id, .kind = std::move(kind), .payload = to_json(payload), .at = clock_.now()});
    if (!posted) problem_ = posted.error().message;
    mail_.push_back(run.id);
    return posted.has_value();
  }

  std::string name_of(const Family::Member& run, TaskIndex task) const { return Family::name_of(*real_, Family::path_of(run, task)); }

  std::string why_stuck() const {
    std::string out;
    for (const auto& run : family_.members()) {
      if (const auto* state = engine_->find(run.id)) add_what_it_awaits(run, report_of(run.id, *state), out);
    }
    if (out.empty()) return "the run does not come to an end";
    return out + ". If that is what you expect, write: expect: {status: waiting}";
  }

  void add_what_it_awaits(const Family::Member& run, const RunReport& report, std::string& out) const {
    for (const auto& task : report.tasks) {
      if (!task.awaits || !task.awaits->children.empty()) continue;
      const auto shown = name_of(run, *run.definition->find_task(task.name));
      if (!out.empty()) out += "; ";
      if (!task.awaits->signal.empty()) {
        const auto& name = task.awaits->signal;
        out += sent_.contains(name)
                   ? fmt::format("task '{}' waits for the signal '{}' once more; a case sends each signal once", shown, name)
                   : fmt::format("task '{}' waits for the signal '{}'; add to the case: signals: {{{}: …}}", shown, name, name);
      } else {
        out += fmt::format("task '{}' waits for a person who never answers and has no timeout", shown);
      }
    }
  }

  struct Newborn {
    RunId id;
    workflow::DefinitionPtr definition;
    workflow::Event created;
  };

  workflow::DefinitionPtr real_, definition_;  ///< as it is, and with stand-ins
  const config::TestCase& test_;
  std::string problem_;
  ManualClock clock_;
  SeededRandom random_{seed};
  std::unique_ptr<store::RunStore> store_ = store::make_memory_run_store();
  Family family_;
  FakedCalls calls_;
  TestOutside outside_;
  SecretValues secrets_;
  agent::AgentKinds kinds_;
  workflow::BreakerBoard breakers_;
  RunId id_;
  bool ended_ = false;
  std::optional<Instant> due_;
  Reports reports_;
  std::deque<Newborn> newborn_;
  std::deque<RunId> mail_;                                                            ///< runs that got some
  std::vector<RunId> queued_;                                                         ///< runs that wait for their turn
  PlayedTasks played_;
  std::map<std::pair<config::TaskPath, bool>, std::size_t> said_;                     ///< words of each task
  /// Questions that had their chance: run, task, activation, item, attempt.
  std::set<std::tuple<RunId, TaskIndex, std::uint32_t, std::uint32_t, std::uint32_t>> heard_;
  std::set<std::string, std::less<>> sent_;                                           ///< signals
  std::unique_ptr<workflow::Engine> engine_;
};

}  // namespace

CaseResult rehearse(const workflow::DefinitionPtr& definition, const config::TestCase& test) { return Rehearsal(definition, test).play(); }

}  // namespace skein::runtime
