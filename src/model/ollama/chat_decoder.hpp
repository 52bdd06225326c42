#pragma once

#include <string>
#include <vector>

#include "model/codec.hpp"

namespace skein::model::ollama {

/// An answer of Ollama's chat API: lines that each hold a piece of the message, the last with `done` and the counts. A whole answer is a
/// stream of one line.
class ChatDecoder final : public StreamDecoder {
 public:
  [[nodiscard]] Result<void> frame(std::string_view event, std::string_view data, const OnDelta& on_delta) override;
  [[nodiscard]] Result<void> take(const JsonObject& line, const OnDelta& on_delta);
  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] Result<Response> finish() override;

 private:
  [[nodiscard]] Result<void> take_calls(const JsonObject& message, const OnDelta& on_delta);
  void take_end(const JsonObject& line);

  std::string text_, thinking_, model_, created_, reason_;
  std::vector<ToolCall> calls_;
  std::optional<Usage> usage_;
  bool done_ = false;
};

}  // namespace skein::model::ollama
