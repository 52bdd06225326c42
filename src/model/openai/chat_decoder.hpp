#pragma once

#include "model/codec.hpp"
#include "model/openai/chat_answer.hpp"

namespace skein::model::openai {

/// A streamed answer of Chat Completions. It ends with "[DONE]"; one that ends with a finish reason and without that is taken as well.
class ChatDecoder final : public StreamDecoder {
 public:
  [[nodiscard]] Result<void> frame(std::string_view event, std::string_view data, const OnDelta& on_delta) override;
  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] Result<Response> finish() override;

 private:
  [[nodiscard]] Result<void> take_choice(const JsonObject& choice, const OnDelta& on_delta);

  ChatAnswer answer_;
  bool begun_ = false;
  bool done_ = false;
};

}  // namespace skein::model::openai
