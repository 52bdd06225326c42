#include "agent/failures.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

constexpr Instant now{seconds{784'111'777}};

http::Response answer(int status, std::string body = {}, http::Headers headers = {{"Content-Type", "application/json"}}) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return response;
}

Error service_error(int status, std::string body = {}) {
  return status_error(answer(status, std::move(body)), "GET http://h/p", Peer::service, now);
}

TEST(Retryable, ByCode) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const bool expected = code == ErrorCode::timeout || code == ErrorCode::connection_failed || code == ErrorCode::rate_limited ||
                          code == ErrorCode::bad_response;
    EXPECT_EQ(is_retryable(code), expected) << to_string(code);
  }
}

TEST(Retryable, ByStatus) {
  constexpr std::array yes{408, 425, 429, 500, 502, 503, 504, 529};
  for (int status = 400; status < 600; ++status) {
    const bool listed = std::ranges::find(yes, status) != yes.end();
    EXPECT_EQ(is_retryable_status(status, Peer::service), listed) << status;
    EXPECT_EQ(is_retryable_status(status, Peer::model), listed || status == 409 || status >= 500) << status;
  }
}

TEST(StatusError, CodesAndContext) {
  EXPECT_EQ(service_error(401).code, ErrorCode::unauthenticated);
  EXPECT_EQ(service_error(403).code, ErrorCode::permission_denied);
  EXPECT_EQ(service_error(429).code, ErrorCode::rate_limited);
  EXPECT_EQ(service_error(404).code, ErrorCode::http_status);
  EXPECT_EQ(service_error(503).context, "status=503");
  EXPECT_EQ(http_status_of(service_error(503)), 503);
  EXPECT_EQ(http_status_of(Error{}), std::nullopt);
  EXPECT_EQ(http_status_of({.code = ErrorCode::internal, .message = {}, .context = "status=none", .retryable = false, .retry_after = {}}),
            std::nullopt);
}

TEST(StatusError, TheMessageHoldsTheServersWords) {
  EXPECT_EQ(service_error(503, R"({"error":{"message":"try later"}})").message,
            "HTTP 503 Service Unavailable from GET http://h/p: try later");
  EXPECT_EQ(service_error(500, R"({"error":"plain"})").message, "HTTP 500 Internal Server Error from GET http://h/p: plain");
  EXPECT_EQ(service_error(500, "not {json").message, "HTTP 500 Internal Server Error from GET http://h/p: not {json");
  const auto long_one = service_error(500, std::string(10'000, 'x')).message;
  EXPECT_LT(long_one.size(), 400U);
  EXPECT_EQ(service_error(500, "a\n\x01 b\xff").message.find('\n'), std::string::npos);
}

TEST(StatusError, StatusesHaveTheirNames) {
  constexpr std::array<std::pair<int, std::string_view>, 18> names{{{400, "Bad Request"},
                                                                    {401, "Unauthorized"},
                                                                    {403, "Forbidden"},
                                                                    {404, "Not Found"},
                                                                    {405, "Method Not Allowed"},
                                                                    {408, "Request Timeout"},
                                                                    {409, "Conflict"},
                                                                    {413, "Content Too Large"},
                                                                    {415, "Unsupported Media Type"},
                                                                    {422, "Unprocessable Content"},
                                                                    {429, "Too Many Requests"},
                                                                    {500, "Internal Server Error"},
                                                                    {501, "Not Implemented"},
                                                                    {502, "Bad Gateway"},
                                                                    {503, "Service Unavailable"},
                                                                    {504, "Gateway Timeout"},
                                                                    {529, "Overloaded"},
                                                                    {418, ""}}};
  for (const auto& [status, name] : names) {
    const auto expected = "HTTP " + std::to_string(status) + (name.empty() ? "" : " ") + std::string(name) + " from GET http://h/p";
    EXPECT_EQ(service_error(status).message.substr(0, expected.size()), expected);
  }
}

TEST(StatusError, WhatIsNoTextSaysNothing) {
  EXPECT_EQ(service_error(500, R"({"error":{"message":7},"detail":"the disk is full"})").message,
            "HTTP 500 Internal Server Error from GET http://h/p: the disk is full");
}

TEST(StatusError, SecretsInTheBodyAreMasked) {
  EXPECT_EQ(service_error(401, R"({"error":{"message":"bad key sk-abcdefghijklmnopqrstuvwxyz"}})").message.find("abcdefghijklmnop"),
            std::string::npos);
}

TEST(StatusError, RetryAfter) {
  const auto e = status_error(answer(503, "", {{"Retry-After", "7"}}), "GET x", Peer::service, now);
  EXPECT_EQ(e.retry_after, milliseconds{7000});
  EXPECT_TRUE(e.retryable);
}

TEST(StatusError, ModelsMaySayWhetherToRetry) {
  const auto wish = [](int status, const char* value) {
    return status_error(answer(status, "", {{"x-should-retry", value}}), "POST x", Peer::model, now).retryable;
  };
  EXPECT_TRUE(wish(400, "true"));
  EXPECT_FALSE(wish(503, "false"));
  EXPECT_FALSE(status_error(answer(429, R"({"error":{"code":"insufficient_quota","message":"m"}})"), "POST x", Peer::model, now).retryable);
  EXPECT_FALSE(status_error(answer(429, R"({"error":{"type":"insufficient_quota","message":"m"}})"), "POST x", Peer::model, now).retryable);
  EXPECT_TRUE(status_error(answer(429, R"({"error":{"code":"rate_limit_exceeded","message":"m"}})"), "POST x", Peer::model, now).retryable);
}

TEST(RetryOn, ListsAddAndNeverWins) {
  constexpr std::array codes{ErrorCode::agent_failed};
  constexpr std::array<std::uint16_t, 1> statuses{404};
  constexpr std::array never_codes{ErrorCode::timeout};
  constexpr std::array<std::uint16_t, 1> never_statuses{503};
  const auto after = [&](Error error) {
    apply_retry_on(error, codes, statuses, never_codes, never_statuses);
    return error.retryable;
  };
  EXPECT_TRUE(after({.code = ErrorCode::agent_failed, .message = {}, .context = {}, .retryable = false, .retry_after = {}}));
  EXPECT_FALSE(after({.code = ErrorCode::timeout, .message = {}, .context = {}, .retryable = true, .retry_after = {}}));
  EXPECT_TRUE(after(service_error(404)));
  EXPECT_FALSE(after(service_error(503)));
  EXPECT_TRUE(after(service_error(500)));
  EXPECT_FALSE(after(service_error(400)));

  auto both = service_error(404);
  constexpr std::array<std::uint16_t, 1> never_404{404};
  apply_retry_on(both, codes, statuses, {}, never_404);
  EXPECT_FALSE(both.retryable);
}

}  // namespace
}  // namespace skein::agent
