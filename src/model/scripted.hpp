#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/language_model.hpp"
#include "model/waits.hpp"

namespace skein::model {

/// What a scripted model says: a list of answers, read from JSON.
///
///     {"answers": [
///       {"tool_calls": [{"name": "calculator", "arguments": {"expression": "6*7"}}]},
///       {"error": {"code": "rate_limited", "message": "slow down", "retryable": true}},
///       {"text": "It is 42.", "usage": {"input": 20, "output": 5}, "delay": "50ms"},
///       {"match": "weather", "text": "It rains."}]}
///
/// - An answer with `match` is given whenever the last message holds that text (of a person, or a tool's result), as often as it does.
/// - The others answer in order: the n-th one where the model has already said n-1 messages in the conversation. So a conversation that
///   goes on after a crash gets the answer that it would have got.
/// - An `error` stands before the answer that follows it: it is given first, `times` times (1) to each agent, then the answer is.
struct ScriptAnswer {
  std::optional<Error> error;
  std::uint32_t times = 1;   ///< of an error
  std::string match;         ///< empty: answers in order
  Message message;           ///< text and calls
  std::optional<Usage> usage;
  bool cut_off = false;      ///< `"finish": "length"`
  microseconds delay{0};
};

struct Script {
  std::string name;  ///< of the file, for messages
  std::vector<ScriptAnswer> answers;
};

/// Errors (invalid_argument) name the file and the answer.
[[nodiscard]] Result<Script> parse_script(std::string_view text, std::string name);

/// A model that answers from a script, for tests: no network, no randomness. Safe to share between agents.
class ScriptedModel final : public LanguageModel {
 public:
  /// `waits` outlives it.
  ScriptedModel(std::string name, Script script, Waits& waits);
  [[nodiscard]] const std::string& name() const override { return name_; }
  /// Text is told word by word where somebody listens.
  [[nodiscard]] asio::awaitable<Result<Response>> complete(Request request, CallOptions options) override;

 private:
  [[nodiscard]] Result<const ScriptAnswer*> choose(const Request& request);

  std::string name_;
  Script script_;
  Waits& waits_;
  std::mutex mutex_;
  std::vector<std::uint32_t> given_;  ///< how often an error was, by place
};

}  // namespace skein::model
