#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>

namespace skein {

/// What a crash may repeat.
enum class ToolEffect : std::uint8_t {
  pure,        ///< reads and computes; may be repeated freely
  idempotent,  ///< a repetition with the same idempotency key changes nothing more
  effect       ///< never repeated: after a crash its outcome is unknown, and the model is told so
};

struct ToolOptions {
  ToolEffect effect = ToolEffect::effect;
  std::chrono::milliseconds timeout{5'000};  ///< of one call, after which nobody waits for it; 0: none
};

/// The call that a tool's function answers.
struct ToolCall {
  std::string idempotency_key;  ///< the same when the call is repeated after a crash
  std::string run_id;           ///< empty outside a run
  std::string agent;
};

/// An answer that says where its knowledge is from.
struct ToolAnswer {
  Json value;                        ///< a string is handed to the model as it is, everything else as JSON
  std::vector<std::string> sources;  ///< URLs, file names
};

/// A function that a model may call. A value; copies share it.
class Tool {
 public:
  struct State;
  explicit Tool(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::string& description() const;
  /// The JSON Schema of its arguments.
  [[nodiscard]] const Json& parameters() const;
  /// Calls it as an agent would, and waits: for tests and trials. Errors: invalid_argument where the arguments do not fit, timeout,
  /// agent_failed with what the model would be told.
  [[nodiscard]] Result<ToolAnswer> call(const JsonObject& arguments = {}) const;
  [[nodiscard]] const std::shared_ptr<const State>& state() const { return state_; }

 private:
  std::shared_ptr<const State> state_;
};

/// What `tool` makes of a C++ function.
struct ToolFunction {
  std::string name;
  std::string description;
  Json parameters;
  ToolOptions options;
  /// Blocks; called from several threads at once. An error and an exception are told to the model.
  std::function<Result<ToolAnswer>(const Json& arguments, const ToolCall& call)> call;
};
[[nodiscard]] Tool make_tool(ToolFunction function);

/// The tools that come with Skein.
namespace tools {
[[nodiscard]] Tool calculator();
[[nodiscard]] Tool current_time();
/// Reads text files below `root` and nothing outside.
[[nodiscard]] Tool read_file(const std::filesystem::path& root = ".");
}  // namespace tools

}  // namespace skein
