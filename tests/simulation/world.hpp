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
/// signals, time that passes and jumps, owners that die. `step` does one thing and checks what must always hold; a broken promise
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
  void answer_something();
  void answer(Owner& owner, workflow::CallId call, AgentResponse response);
  AgentResponse random_response();
  void tell(RunId run, std::string kind, const JsonObject& payload);
  void pass(microseconds time);
  void crash(std::size_t owner);
  void adopt_all(Owner& owner);
  void undo(RunId run);
  void travel_from(RunId run);
  [[nodiscard]] workflow::RunState folded(RunId run, std::uint64_t& count) const;
  void check(RunId id);
  void check_calls();
  bool help(RunId id);
  [[nodiscard]] std::string open_runs() const;

  SeededRandom random_;
  std::shared_ptr<store::MemoryDatabase> database_ = store::make_memory_database();
  std::vector<std::unique_ptr<Owner>> owners_;
  std::map<RunId, Run> runs_;
  std::vector<RunId> order_;
  std::vector<RunId> mail_;     ///< runs whose mail nobody has looked at
  std::set<std::string> done_;  ///< idempotency keys of calls that were answered well
  microseconds elapsed_{};
  std::uint64_t events_ = 0;
  std::uint64_t crashes_ = 0;
};

}  // namespace skein::simulation
