#include "model/client.hpp"

#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancelled.hpp"
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

asio::awaitable<Result<Response>> refusal(Error why) { co_return std::unexpected(std::move(why)); }

/// Ends what is waited for when somebody says so, or when the coroutine that waits is cancelled, whose slot `outer` is.
class Stop {
 public:
  explicit Stop(asio::cancellation_slot outer) : outer_(outer) {
    if (outer_.is_connected()) outer_.assign([this](asio::cancellation_type type) { signal_.emit(type); });
  }
  ~Stop() {
    if (outer_.is_connected()) outer_.clear();
  }
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  [[nodiscard]] asio::cancellation_signal& signal() { return signal_; }

 private:
  asio::cancellation_slot outer_;
  asio::cancellation_signal signal_;
};

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

/// One try: what hears the answer while it comes, and watches the time.
struct Client::Try {
  Try(const Client& asks, Call& asked, const asio::any_io_executor& executor)
      : client(asks),
        call(asked),
        timeouts(timeouts_of(asks, asked)),
        dog(timeouts, asks.services_.clock, asks.services_.waits.alarm(executor)) {
    if (!call.streamed()) return;
    reader.emplace(*client.services_.codec, [this](const Delta& delta) {
      if (!std::exchange(told, true)) call.body = {};  // it is not sent again, and there may be thousands of such calls
      dog.answered();
      call.options.on_delta(delta);
    });
  }
  Try(const Try&) = delete;
  Try& operator=(const Try&) = delete;

  /// For the transport, as long as this lives; none where the answer comes in one piece.
  [[nodiscard]] ChunkSink sink() {
    if (!reader) return {};
    return [this](const http::Response& head, std::string_view chunk) {
      dog.heard();
      const bool more = reader->take(head, chunk);
      if (complete()) dog.complete();
      return more;
    };
  }
  [[nodiscard, gnu::noinline]] asio::awaitable<Result<http::Response>> sent() {
    return client.services_.transport->send(client.http_request(call), sink());
  }
  [[nodiscard]] bool complete() const { return reader && reader->complete(); }
  [[nodiscard, gnu::noinline]] microseconds pause_after(std::uint32_t tries, const Result<http::Response>& answer) const {
    const auto headers = answer ? answer->headers : http::Headers();
    return retry_wait(client.settings_.retry, tries, headers, client.services_.clock.now(), client.services_.random.unit());
  }
  static Timeouts timeouts_of(const Client& client, const Call& call) {
    auto timeouts = client.settings_.timeouts;
    if (!call.streamed()) timeouts.first_token = microseconds{0};
    return timeouts;
  }

  const Client& client;
  Call& call;
  Timeouts timeouts;
  Watchdog dog;
  std::optional<AnswerReader> reader;  ///< of a streamed answer
  bool told = false;  ///< the consumer has heard something of it
};

Client::Client(const ModelName& name, ProviderSettings provider, ClientSettings settings, ClientServices services)
    : name_(name),
      provider_(std::move(provider)),
      settings_(settings),
      services_(std::move(services)),
      asked_{.model = name.text(), .where = display(provider_.base_url)} {}

asio::awaitable<Result<Response>> Client::complete(Request request, CallOptions options) {
  request.model = name_.model;
  auto key = services_.cache && settings_.cache_for > microseconds{0} ? cache_key(request) : std::string();
  auto call = encoded(std::move(request), std::move(options));
  if (!call) return refusal(std::move(call.error()));
  // A conversation may be long, and many calls wait at once: nothing of it is kept but what is sent.
  return key.empty() ? ask(std::move(*call)) : ask_unless_known(std::move(key), std::move(*call));
}

Result<Client::Call> Client::encoded(Request request, CallOptions options) const {
  auto wire = services_.codec->encode(request, provider_.profile, options.on_delta ? Streaming::on : Streaming::off);
  if (!wire) {
    wire.error().message = asked_.model + ": " + wire.error().message;
    return std::unexpected(std::move(wire.error()));
  }
  Call call{.url = provider_.base_url + wire->path,
            .headers = std::move(wire->headers),
            .body = to_json(Json(std::move(wire->body))),
            .options = std::move(options),
            .asked = asked_,
            .tokens = 0};
  call.asked.where = display(call.url);
  call.tokens = call.body.size() / bytes_per_token + request.max_output_tokens.value_or(usual_output);
  return call;
}

asio::awaitable<Result<Response>> Client::ask_unless_known(std::string key, Call call) {
  auto known = co_await from_cache(key);
  if (known) {
    tell(*known, call.options.on_delta);
    co_return std::move(*known);
  }
  auto result = co_await ask(std::move(call));
  if (result && worth_keeping(*result)) co_await to_cache(std::move(key), *result);
  co_return result;
}

/// One coroutine for all of it, since there may be thousands of calls; what need not wait is in functions, which are not inlined so that
/// it is not in the frame.
asio::awaitable<Result<Response>> Client::ask(Call call) {
  for (std::uint32_t tries = 1;; ++tries) {
    microseconds pause{0};
    {
      std::optional<KeyLimit::Place> place;
      if (services_.limit) {
        place.emplace(services_.limit->take(call.tokens, services_.clock.boot_now()));
        co_await wait(services_.waits, place->wait());
        place->use();
      }
      const auto executor = co_await asio::this_coro::executor;
      const auto state = co_await asio::this_coro::cancellation_state;
      Try outcome(*this, call, executor);
      Stop stop(state.slot());
      outcome.dog.watch(stop.signal());
      auto [thrown, answer] = co_await asio::co_spawn(
          executor, outcome.sent(), asio::bind_cancellation_slot(stop.signal().slot(), asio::as_tuple(asio::use_awaitable)));
      const bool cut_short = thrown && outcome.dog.has_ended_it() && async::is_cancellation(thrown);
      if (thrown && !cut_short) std::rethrow_exception(thrown);
      auto result = conclude(outcome, cut_short ? nullptr : &answer);
      if (place) settle(*place, result);
      if (result || !result.error().retryable || outcome.told || tries > settings_.retry.max_retries) co_return said(result, tries);
      pause = outcome.pause_after(tries, answer);
    }
    co_await wait(services_.waits, pause);
  }
}

/// `answer`: null where it was cut short.
[[gnu::noinline]] Result<Response> Client::conclude(Try& outcome, const Result<http::Response>* answer) const {
  const auto& call = outcome.call;
  if (!outcome.complete()) {
    if (outcome.dog.has_ended_it()) {
      Error late{.code = ErrorCode::timeout,
                 .message = describe(outcome.dog.limit(), outcome.timeouts),
                 .context = {},
                 .retryable = true,
                 .retry_after = {}};
      return std::unexpected(call_failure(call.asked, std::move(late)));
    }
    if (!*answer) return std::unexpected(call_failure(call.asked, answer->error()));
    if (!is_success((*answer)->status)) {
      return std::unexpected(status_failure(call.asked, **answer, complaint_in(*services_.codec, (*answer)->body), services_.clock.now()));
    }
  }
  auto response = outcome.reader ? outcome.reader->finish() : read_answer(*services_.codec, **answer);
  if (!response) return std::unexpected(call_failure(call.asked, std::move(response.error())));
  return response;
}

/// The end of a call.
[[gnu::noinline]] Result<Response> Client::said(Result<Response>& result, std::uint32_t tries) const {
  if (result) {
    result->answered_by = asked_.model;
  } else if (tries > 1) {
    result.error().message += " (tried " + std::to_string(tries) + " times)";
  }
  return std::move(result);
}

void Client::settle(KeyLimit::Place& place, const Result<Response>& result) const {
  if (result) {
    if (const auto& usage = result->usage) place.settle(usage->input + usage->output);
    return;
  }
  const auto& error = result.error();
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
