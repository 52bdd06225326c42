#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "http/headers.hpp"
#include "model/exchange.hpp"

namespace skein::model {

/// What a server does otherwise than the API it speaks says. Data, chosen by provider and overridable by the user.
struct Profile {
  enum class OutputLimit : std::uint8_t { max_completion_tokens, max_tokens };
  OutputLimit output_limit = OutputLimit::max_completion_tokens;
  bool tool_choice = true;           ///< understands `tool_choice`
  bool parallel_tool_calls = true;   ///< understands `parallel_tool_calls`
  bool image_urls = true;            ///< fetches images by URL; without: such a request is refused before it is sent
  bool nested_json_schema = true;    ///< `response_format.json_schema.schema`; without: `response_format.schema`
  bool stream_usage = true;          ///< understands `stream_options.include_usage`
  bool strict_tools = false;         ///< tools are sent with `strict: true`
  bool prompt_cache = true;          ///< mark stable prefixes where the API has marks for that
  bool reasoning_replay = false;     ///< takes back what the model thought before its calls, in the member that it came in
};

enum class Streaming : std::uint8_t { off, on };
/// How a streamed body is cut into pieces of JSON.
enum class Framing : std::uint8_t { server_sent_events, lines };

/// What is sent, apart from where and with which credentials.
struct WireRequest {
  std::string path;  ///< below the provider's base URL: "/chat/completions"
  http::Headers headers;
  JsonObject body;
};

/// Puts a streamed answer together. One per answer. Never crashes whatever a server sends; a stream that breaks off before its end is an
/// error (bad_response, retryable) and not an answer.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  /// One frame: an event's name (empty for lines and unnamed events) and its data. An error ends the stream.
  [[nodiscard]] virtual Result<void> frame(std::string_view event, std::string_view data, const OnDelta& on_delta) = 0;
  /// The answer is complete: what comes after is not read.
  [[nodiscard]] virtual bool done() const = 0;
  /// The end of the body. Equal to what `Codec::decode` says of the same answer unstreamed.
  [[nodiscard]] virtual Result<Response> finish() = 0;
};

/// One wire format. Pure: no I/O, no clock, no state.
class Codec {
 public:
  virtual ~Codec() = default;
  /// Errors: unsupported (the API cannot say that), invalid_argument.
  [[nodiscard]] virtual Result<WireRequest> encode(const Request& request, const Profile& profile, Streaming streaming) const = 0;
  /// A whole body with a status of 2xx. Errors: bad_response; or what the body reports as an error.
  [[nodiscard]] virtual Result<Response> decode(const Json& body) const = 0;
  [[nodiscard]] virtual Framing framing() const { return Framing::server_sent_events; }
  [[nodiscard]] virtual std::unique_ptr<StreamDecoder> decoder() const = 0;
  /// What an answer with a status of 4xx or 5xx says is wrong, in the server's words ("code: message"); empty where it does not say.
  [[nodiscard]] virtual std::string complaint(const Json& body) const;
};

/// Whether a complaint means that waiting cannot help (no credit left).
[[nodiscard]] bool is_out_of_credit(std::string_view complaint);

}  // namespace skein::model
