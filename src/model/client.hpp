#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "model/answer_cache.hpp"
#include "model/call_failures.hpp"
#include "model/codec.hpp"
#include "model/key_limit.hpp"
#include "model/language_model.hpp"
#include "model/provider.hpp"
#include "model/retry_rules.hpp"
#include "model/transport.hpp"
#include "model/waits.hpp"
#include "model/watchdog.hpp"

namespace skein::model {

struct ClientSettings {
  RetryRules retry;
  Timeouts timeouts;                     ///< of each try
  microseconds connect_timeout = seconds{5};
  microseconds cache_for{0};             ///< how long an answer answers identical requests; 0: not at all
};

/// What a client uses. The references outlive it; all but what is shared belongs to its shard.
struct ClientServices {
  std::unique_ptr<Transport> transport;
  std::unique_ptr<const Codec> codec;
  std::shared_ptr<AnswerCache> cache;  ///< null: none
  std::shared_ptr<KeyLimit> limit;     ///< of the key; null: none
  const Clock& clock;
  Random& random;
  Waits& waits;
};

/// One model of one provider, asked over HTTP.
///
/// A call that failed is tried again as the official SDKs do (see `RetryRules`), with the same idempotency key, and never once a delta
/// of the answer has been told. Errors: rate_limited, unauthenticated, permission_denied, not_found (the model), too_large (with
/// `is_context_overflow`), timeout, connection_failed, bad_response, http_status; what the codec refuses to encode.
class Client final : public LanguageModel {
 public:
  Client(const ModelName& name, ProviderSettings provider, ClientSettings settings, ClientServices services);

  [[nodiscard]] const std::string& name() const override { return asked_.model; }
  [[nodiscard]] asio::awaitable<Result<Response>> complete(Request request, CallOptions options) override;

 private:
  struct Call;
  struct Try;

  [[nodiscard]] Result<Call> encoded(Request request, CallOptions options) const;
  [[nodiscard]] asio::awaitable<Result<Response>> ask(Call call);
  [[nodiscard]] asio::awaitable<Result<Response>> ask_unless_known(std::string key, Call call);
  [[nodiscard]] Result<Response> conclude(Try& outcome, const Result<http::Response>* answer) const;
  [[nodiscard]] Result<Response> said(Result<Response>& result, std::uint32_t tries) const;
  void settle(KeyLimit::Place& place, const Result<Response>& result) const;
  [[nodiscard]] http::Request http_request(const Call& call) const;
  [[nodiscard]] std::string cache_key(const Request& request) const;
  [[nodiscard]] asio::awaitable<std::optional<Response>> from_cache(std::string key);
  [[nodiscard]] asio::awaitable<void> to_cache(std::string key, const Response& response);

  ModelName name_;
  ProviderSettings provider_;
  ClientSettings settings_;
  ClientServices services_;
  Asked asked_;
};

}  // namespace skein::model
