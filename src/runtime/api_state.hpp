#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <skein/runtime.hpp>
#include <skein/tool_value.hpp>

#include "runtime/api_hearing.hpp"
#include "runtime/runtime.hpp"

namespace skein {

/// Calls back those who wait for a run without a thread of their own.
class Waiting final : public runtime::Listener {
 public:
  /// On a shard's thread. An error: this process no longer drives the run, or it could not begin.
  using Done = std::function<void(Result<const workflow::RunState*>)>;
  void expect(RunId run, Done done);
  [[nodiscard]] Done take(RunId run);
  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  void on_lost(RunId run, const Error& why) override;

 private:
  std::mutex mutex_;
  std::unordered_map<RunId, Done> waiting_;
};

/// Whose tool a name is.
enum class SameName : std::uint8_t {
  replaces,  ///< the newest is the runtime's
  conflicts  ///< another tool that a program gave is kept, and the newer one refused
};

struct Runtime::State {
  /// Errors: invalid_argument for a bad name, already_exists for another tool of that name.
  [[nodiscard]] Result<void> add_tool(const Tool& tool, SameName same_name);
  /// Starts the run of a workflow under a new id; `done` as of `Waiting`.
  void run_async(const Workflow& workflow, JsonPtr inputs, std::shared_ptr<const AgentOptions> who,
                 std::function<void(RunId, Result<const workflow::RunState*>)> done);

  std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
  std::shared_ptr<Hearing> hearing = std::make_shared<Hearing>();
  std::mutex tools_mutex;
  std::map<std::string, Tool, std::less<>> tools;  ///< that the program gave; under its mutex
  std::unique_ptr<runtime::Runtime> runtime;
};

/// The inputs as the definition declares them. Errors: invalid_argument.
[[nodiscard]] Result<JsonPtr> checked_inputs(const Workflow& workflow, JsonObject inputs);
/// Errors: invalid_argument.
[[nodiscard]] Result<RunId> parsed_run_id(std::string_view run_id);

}  // namespace skein
