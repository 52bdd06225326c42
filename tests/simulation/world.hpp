#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "store/memory/memory_run_store.hpp"
#include "support/engine_harness.hpp"

namespace skein::simulation {

/// Several owners over one store, everything else random and everything repeatable: calls that are answered, failed or forgotten, people,
/// signals, time that passes and jumps, clocks that are set forth and back, owners that die, commits that are refused or said to be, a full
/// disk. `step` does one thing and checks what must always hold; a broken promise
/// is thrown as text.
class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();

  void step();
  /// Answers everything that is asked until every run has ended.
  void drain();
  /// What was committed.
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct Owner;
  struct Run {
    workflow::DefinitionPtr definition;
    bool ended = false;
  };

  [[nodiscard]] std::unique_ptr<Owner> new_owner();
  void deliver();
  Owner& any_owner();
  RunId any_run();
  void begin_run();
  void know(const workflow::DefinitionPtr& definition);
  void know_run(RunId id, std::string_view definition_hash);
  void see_written(const store::Append& append);
  void answer_something();
  void answer(Owner& owner, workflow::CallId call, AgentResponse response);
  AgentResponse random_response();
  AgentResponse random_call_answer(const std::string& key);
  void tell(RunId run, std::string kind, JsonObject payload);
  void pass(microseconds time);
  void jump(microseconds by);
  void trouble();
  void repair();
  void crash(std::size_t owner);
  void adopt_all(Owner& owner);
  void undo(RunId run);
  void travel_from(RunId run);
  [[nodiscard]] workflow::RunState folded(RunId run, std::uint64_t& count);
  void hear(const workflow::SignalReceived& signal, std::vector<std::int64_t>& numbers) const;
  void check(RunId id);
  void check_calls();
  bool help(RunId id);
  [[nodiscard]] std::string open_runs();

  SeededRandom random_;
  std::shared_ptr<store::MemoryDatabase> database_ = store::make_memory_database();
  std::vector<std::unique_ptr<Owner>> owners_;
  std::map<std::string, workflow::DefinitionPtr, std::less<>> definitions_;  ///< by hash
  std::map<RunId, Run> runs_;
  std::vector<RunId> order_;
  std::map<RunId, std::vector<std::int64_t>> signals_;  ///< numbers of those that the store took, by run
  std::int64_t last_signal_ = 0;
  std::set<RunId> cancelled_;  ///< that somebody asked to be
  std::vector<RunId> mail_;  ///< runs whose mail nobody has looked at
  std::set<std::string> tools_;  ///< idempotency keys of calls of tools
  std::set<std::string> done_;  ///< idempotency keys of calls whose good answers are in the journal
  microseconds elapsed_{};
  microseconds shift_{};  ///< by which the wall clock was set forth, all in all
  microseconds farthest_{};
  bool full_ = false;  ///< the disk, for all owners
  std::uint64_t events_ = 0;
  std::uint64_t crashes_ = 0;
};

}  // namespace skein::simulation
