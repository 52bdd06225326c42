#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <skein/json.hpp>

#include "agent/agent.hpp"
#include "model/language_model.hpp"
#include "model/models.hpp"
#include "model/prices.hpp"
#include "runtime/runtime.hpp"
#include "tool/registry.hpp"
#include "workflow/definition.hpp"

// What the benchmarks of agents share.
namespace skein::bench {

/// A model in the process itself, which answers at once: as many calls of `step` as it was made for, one after another, then a text.
class Stepper final : public model::LanguageModel {
 public:
  explicit Stepper(std::size_t turns) : turns_(turns) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] model::asio::awaitable<Result<model::Response>> complete(model::Request request, model::CallOptions options) override;

 private:
  std::string name_ = "scripted/bench";  // as agents name it
  std::size_t turns_;
};

/// A tool that gives back its argument.
[[nodiscard]] tool::ToolPtr step_tool();

/// Agents of this runtime ask `model`, whatever they name, and may call `step`.
void think_with(runtime::Runtime& runtime, std::shared_ptr<model::LanguageModel> model);

[[nodiscard]] workflow::DefinitionPtr workflow_of(JsonObject document);
/// A workflow of one task of one agent that thinks. `agent`: further members of it.
[[nodiscard]] workflow::DefinitionPtr one_agent(JsonObject agent, const std::string& prompt = "go");

[[nodiscard]] std::unique_ptr<runtime::Runtime> open_runtime(const std::string& path, runtime::Durability durability);

/// Bytes of the heap that are in use.
[[nodiscard]] double heap_bytes();

/// Counts runs that have ended.
class Ends final : public runtime::Listener {
 public:
  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  /// Until so many have ended since `forget`.
  void wait_for(int count);
  void forget();
  int completed = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_ = 0;
};
[[nodiscard]] std::shared_ptr<Ends> listen(runtime::Runtime& runtime);

/// Runs `definition` `count` times with at most `at_once` open; how many completed.
int run_many(runtime::Runtime& runtime, Ends& ends, const workflow::DefinitionPtr& definition, int count, int at_once);

}  // namespace skein::bench
