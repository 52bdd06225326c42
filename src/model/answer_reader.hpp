#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "http/lines.hpp"
#include "http/message.hpp"
#include "http/sse.hpp"
#include "model/codec.hpp"

namespace skein::model {

/// A whole body as an answer. Errors: bad_response; what the codec says.
[[nodiscard]] Result<Response> read_body(const Codec& codec, std::string_view body);

/// Tells an answer that is there already as deltas, in the order in which it would have come.
void tell(const Response& response, const OnDelta& on_delta);

/// Reads a streamed body, however it is cut into chunks. A server that answers in one piece although it was asked to stream is understood.
class AnswerReader {
 public:
  /// `codec` outlives it.
  AnswerReader(const Codec& codec, OnDelta on_delta);

  /// The next piece of the body; `head` is the same each time. False: an error came of it, the rest is of no use.
  [[nodiscard]] bool take(const http::Response& head, std::string_view chunk);
  /// The answer is complete: what comes after is not read.
  [[nodiscard]] bool complete() const { return decoder_->done(); }
  /// The body has ended, or no more of it is wanted.
  [[nodiscard]] Result<Response> finish();

 private:
  [[nodiscard]] bool frame(std::string_view event, std::string_view data);

  const Codec& codec_;
  OnDelta on_delta_;
  std::unique_ptr<StreamDecoder> decoder_;
  std::variant<http::SseParser, http::LineParser> parser_;
  std::optional<std::string> whole_;  ///< of a body in one piece
  std::optional<Error> error_;
  bool begun_ = false;
};

}  // namespace skein::model
