#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "model/exchange.hpp"

namespace skein::model::openai {

/// Reasoning of this format carries the name of the member that it came in: {"field": "reasoning_content"}.
inline constexpr std::string_view chat_name = "openai_chat";

/// Puts an answer of Chat Completions together, whole or from pieces, and irons out what compatible servers do otherwise:
///
/// - thoughts come as `reasoning_content` (llama-server, DeepSeek), `reasoning` (Ollama, vLLM, OpenRouter) or parts of the content;
/// - a new id begins a new call also at an index that is taken; a later empty id or none goes on with the latest call there;
/// - arguments may be an object instead of a text, the index and the id may be missing, a whole call may be one piece;
/// - a finish reason may be missing, "stop" beside calls, or "tool_calls" beside a call that was cut off.
class ChatAnswer {
 public:
  /// What stands beside the choices: id, model, usage. The last that says something counts.
  void take_frame(const JsonObject& body);
  /// The `message` of a whole answer.
  [[nodiscard]] Result<void> take_message(const JsonObject& message, const OnDelta& on_delta);
  /// The `delta` of a streamed one.
  [[nodiscard]] Result<void> take_delta(const JsonObject& delta, const OnDelta& on_delta);
  void take_finish_reason(std::string_view reason) { reason_ = reason; }
  [[nodiscard]] bool has_finish_reason() const { return !reason_.empty(); }

  /// Ends the building.
  [[nodiscard]] Result<Response> finish();

 private:
  /// Follows a JSON text byte by byte: whether its outermost object has been closed.
  class ObjectEnd {
   public:
    void read(std::string_view text);
    [[nodiscard]] bool closed() const { return begun_ && depth_ == 0; }

   private:
    std::size_t depth_ = 0;
    bool begun_ = false, in_text_ = false, escaped_ = false;
  };
  struct Call {
    std::uint64_t index = 0;
    std::string id, name, arguments;
    Json kept;
    ObjectEnd end;
  };

  void take_words(const JsonObject& piece, const OnDelta& on_delta);
  void say(std::string_view text, const OnDelta& on_delta);
  void think(std::string_view text, std::string_view field, const OnDelta& on_delta);
  [[nodiscard]] Result<void> take_calls(const JsonObject& piece, bool whole, const OnDelta& on_delta);
  [[nodiscard]] Result<void> take_call(const JsonObject& piece, bool whole, const OnDelta& on_delta);
  /// The call that a piece goes on with; null where it begins another.
  [[nodiscard]] Call* begun_call(const JsonObject& piece, std::string_view name, std::string_view arguments);
  [[nodiscard]] bool cut_off() const;
  [[nodiscard]] Finish finish_of() const;
  [[nodiscard]] std::optional<Usage> usage() const;

  std::string id_, model_, text_, refusal_, reasoning_, reasoning_field_, reason_;
  std::vector<Call> calls_;
  JsonObject usage_, timings_;
};

/// An error that a server reports in the place of an answer, or in the middle of one: an object, or a text.
[[nodiscard]] Error reported_chat_error(const Json& error);
/// The error that `body` reports, where it does.
[[nodiscard]] const Json* chat_error_in(const Json& body);

}  // namespace skein::model::openai
