#include "model/client.hpp"

#include <optional>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "http/url.hpp"
#include "model/answer_reader.hpp"
#include "model/cassette/difference.hpp"
#include "model/response_json.hpp"

namespace skein::model {
namespace {

/// For rate limits: about as many tokens as the request has and the answer may have.
constexpr std::uint64_t bytes_per_token = 4;
constexpr std::uint64_t usual_output = 1024;
constexpr std::size_t longest_text = 2000;  ///< of a complaint that is no JSON

std::string display(const std::string& url) {
  const auto parsed = http::Url::parse(url);
  return parsed ? parsed->display() : "an unusable address";
}

milliseconds rounded_up(microseconds duration) { return std::chrono::ceil<milliseconds>(duration); }

/// What the server says is wrong: in the API's words, else in those of whatever answered in its place, unless that is a page for people.
std::string complaint_in(const Codec& codec, std::string_view body) {
  if (const auto value = parse_json(body)) return codec.complaint(*value);
  const auto text = trim(body);
  return text.starts_with('<') ? std::string() : to_valid_utf8(text.substr(0, longest_text));
}

/// A server, or a recording, may answer with a stream where none was asked for.
Result<Response> read_answer(const Codec& codec, const http::Response& answer) {
  const auto type = answer.headers.get("content-type");
  const bool streamed = type && (type->starts_with("text/event-stream") || type->starts_with("application/x-ndjson"));
  if (!streamed) return read_body(codec, answer.body);
  AnswerReader reader(codec, [](const Delta&) {});
  (void)reader.take(answer, answer.body);
  return reader.finish();
}

/// Answers that say what they wanted to say; others may turn out otherwise the next time.
bool worth_keeping(const Response& response) { return response.finish == Finish::stop || response.finish == Finish::tool_calls; }

}  // namespace

/// What all tries of a call have in common.
struct Client::Call {
  std::string url;
  http::Headers headers;
  std::string body;
  CallOptions options;
  Asked asked;
  std::uint64_t tokens = 0;

  [[nodiscard]] bool streamed() const { return static_cast<bool>(options.on_delta); }
};

/// One try: what came over the wire, and what came of it.
struct Client::Try {
  std::optional<Result<http::Response>> answer;  ///< absent where it was cut short
  std::optional<AnswerReader> reader;            ///< of a streamed answer
  Result<Response> result = fail(ErrorCode::internal, "nothing came of the call");
  bool told = false;  ///< the consumer has heard something of it

  [[nodiscard]] bool complete() const { return reader && reader->complete(); }
  [[nodiscard]] http::Headers headers() const { return answer && *answer ? (*answer)->headers : http::Headers(); }
};

Client::Client(const ModelName& name, ProviderSettings provider, ClientSettings settings, ClientServices services)
    : name_(name),
      provider_(std::move(provider)),
      settings_(settings),
      services_(std::move(services)),
      asked_{.model = name.text(), .where = display(provider_.base_url)} {}

asio::awaitable<Result<Response>> Client::complete(Request request, CallOptions options) {
  request.model = name_.model;
  std::string key;
  if (services_.cache && settings_.cache_for > microseconds{0}) {
    key = cache_key(request);
    auto known = co_await from_cache(key);
    if (known) {
      tell(*known, options.on_delta);
      co_return std::move(*known);
    }
  }
  auto wire = services_.codec->encode(request, provider_.profile, options.on_delta ? Streaming::on : Streaming::off);
  if (!wire) {
    wire.error().message = asked_.model + ": " + wire.error().message;
    co_return std::unexpected(std::move(wire.error()));
  }
  Call call{.url = provider_.base_url + wire->path,
            .headers = std::move(wire->headers),
            .body = to_json(Json(std::move(wire->body))),
            .options = std::move(options),
            .asked = asked_,
            .tokens = 0};
  call.asked.where = display(call.url);
  call.tokens = call.body.size() / bytes_per_token + request.max_output_tokens.value_or(usual_output);
  request = Request();  // a conversation may be long, and many calls wait at once
  auto result = co_await ask(call);
  if (!result) co_return result;
  result->answered_by = asked_.model;
  if (!key.empty() && worth_keeping(*result)) co_await to_cache(std::move(key), *result);
  co_return result;
}

asio::awaitable<Result<Response>> Client::ask(Call& call) {
  for (std::uint32_t tries = 1;; ++tries) {
    Try outcome;
    co_await try_once(call, outcome);
    if (outcome.result) co_return std::move(outcome.result);
    auto& error = outcome.result.error();
    if (!error.retryable || outcome.told || tries > settings_.retry.max_retries) {
      if (tries > 1) error.message += " (tried " + std::to_string(tries) + " times)";
      co_return std::move(outcome.result);
    }
    const auto pause = retry_wait(settings_.retry, tries, outcome.headers(), services_.clock.now(), services_.random.unit());
    co_await wait(services_.waits, pause);
  }
}

asio::awaitable<void> Client::try_once(Call& call, Try& outcome) {
  std::optional<KeyLimit::Place> place;
  if (services_.limit) {
    place.emplace(services_.limit->take(call.tokens, services_.clock.boot_now()));
    co_await wait(services_.waits, place->wait());
    place->use();
  }
  auto timeouts = settings_.timeouts;
  if (!call.streamed()) timeouts.first_token = microseconds{0};
  const auto executor = co_await asio::this_coro::executor;
  Watchdog dog(timeouts, services_.clock, services_.waits.alarm(executor));
  if (call.streamed()) {
    outcome.reader.emplace(*services_.codec, [&](const Delta& delta) {
      outcome.told = true;
      dog.answered();
      call.options.on_delta(delta);
    });
  }
  auto work = carry(call, outcome, dog);
  auto watch = dog.watch();
  const bool expired = co_await outlasted(std::move(work), std::move(watch));
  if (expired && !outcome.complete()) {
    Error late{.code = ErrorCode::timeout, .message = describe(dog.limit(), timeouts), .context = {}, .retryable = true, .retry_after = {}};
    outcome.result = std::unexpected(call_failure(call.asked, std::move(late)));
  } else {
    outcome.result = conclude(call, outcome);
  }
  if (place) settle(*place, outcome);
}

asio::awaitable<void> Client::carry(Call& call, Try& outcome, Watchdog& dog) {
  ChunkSink sink;
  if (outcome.reader) {
    sink = [&](const http::Response& head, std::string_view chunk) {
      dog.heard();
      const bool more = outcome.reader->take(head, chunk);
      if (outcome.complete()) dog.complete();
      return more;
    };
  }
  auto answer = co_await services_.transport->send(http_request(call), std::move(sink));
  outcome.answer.emplace(std::move(answer));
}

Result<Response> Client::conclude(const Call& call, Try& outcome) const {
  if (!outcome.complete()) {
    if (!*outcome.answer) return std::unexpected(call_failure(call.asked, outcome.answer->error()));
    const auto& answer = **outcome.answer;
    if (!is_success(answer.status)) {
      return std::unexpected(status_failure(call.asked, answer, complaint_in(*services_.codec, answer.body), services_.clock.now()));
    }
  }
  auto response = outcome.reader ? outcome.reader->finish() : read_answer(*services_.codec, **outcome.answer);
  if (!response) return std::unexpected(call_failure(call.asked, std::move(response.error())));
  return response;
}

void Client::settle(KeyLimit::Place& place, const Try& outcome) const {
  if (outcome.result) {
    if (const auto& usage = outcome.result->usage) place.settle(usage->input + usage->output);
    return;
  }
  const auto& error = outcome.result.error();
  if (error.code == ErrorCode::rate_limited && error.retry_after)
    services_.limit->hold_until(services_.clock.boot_now() + *error.retry_after);
}

http::Request Client::http_request(const Call& call) const {
  http::Request request;
  request.method = "POST";
  request.url = call.url;
  request.headers = call.headers;
  request.headers.set("Content-Type", "application/json");
  const bool events = call.streamed() && services_.codec->framing() == Framing::server_sent_events;
  request.headers.set("Accept", events ? "text/event-stream" : "application/json");
  if (!call.options.idempotency_key.empty()) request.headers.set("Idempotency-Key", call.options.idempotency_key);
  for (const auto& [name, value] : provider_.headers) request.headers.set(name, value);
  request.auth_header = provider_.key_header;
  request.body = call.body;
  request.redirects = http::Redirects::same_origin;
  request.connect_timeout = rounded_up(settings_.connect_timeout);
  return request;
}

/// Of everything that decides the answer, so that streamed and unstreamed calls share it.
std::string Client::cache_key(const Request& request) const {
  const auto wire = services_.codec->encode(request, provider_.profile, Streaming::off);
  if (!wire) return {};
  return sha256_hex(asked_.model + "\n" + provider_.base_url + wire->path + "\n" + canonical_json(Json(wire->body)));
}

asio::awaitable<std::optional<Response>> Client::from_cache(std::string key) {
  if (key.empty()) co_return std::nullopt;
  const auto text = co_await services_.cache->get(std::move(key), services_.clock.now());
  if (!text) co_return std::nullopt;
  const auto value = parse_json(*text, max_record_depth);
  if (!value) co_return std::nullopt;
  auto response = response_from_json(*value);
  if (!response) co_return std::nullopt;
  response->cached = true;
  co_return std::move(*response);
}

asio::awaitable<void> Client::to_cache(std::string key, const Response& response) {
  auto text = to_json(response_to_json(response));
  co_await services_.cache->put(std::move(key), std::move(text), services_.clock.now() + settings_.cache_for);
}

}  // namespace skein::model
