#include "model/call_failures.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

const Asked asked{.model = "openai/gpt", .where = "https://h/v1"};
constexpr Instant now{seconds{1'700'000'000}};

Error failure(int status, std::string_view complaint = "", http::Headers headers = {}) {
  http::Response response;
  response.status = status;
  response.headers = std::move(headers);
  return status_failure(asked, response, complaint, now);
}

TEST(StatusFailure, SaysWhatWhereAndWhatToDo) {
  EXPECT_EQ(
      failure(401, "invalid_api_key: wrong").message,
      "openai/gpt at https://h/v1 does not accept the key (status 401, invalid_api_key: wrong); check the key and that it belongs to this "
      "address");
  EXPECT_EQ(failure(404).message, "openai/gpt at https://h/v1 is not known there (status 404); check the model's name and the address");
  EXPECT_EQ(failure(404).context, "status=404");
}

TEST(StatusFailure, HasTheCodeOfItsKind) {
  const std::vector<std::pair<int, ErrorCode>> codes{
      {400, ErrorCode::http_status}, {401, ErrorCode::unauthenticated}, {403, ErrorCode::permission_denied},
      {404, ErrorCode::not_found},   {408, ErrorCode::timeout},         {409, ErrorCode::http_status},
      {413, ErrorCode::too_large},   {422, ErrorCode::http_status},     {429, ErrorCode::rate_limited},
      {500, ErrorCode::http_status}, {529, ErrorCode::http_status},     {304, ErrorCode::bad_response}};
  for (const auto& [status, code] : codes) EXPECT_EQ(failure(status).code, code) << status;
}

TEST(StatusFailure, IsRetryableWhereTheSdksRetry) {
  for (const int status : {408, 409, 429, 500, 503, 529}) EXPECT_TRUE(failure(status).retryable) << status;
  for (const int status : {400, 401, 403, 404, 413, 422, 304}) EXPECT_FALSE(failure(status).retryable) << status;
  EXPECT_EQ(failure(429, "", {{"Retry-After", "3"}}).retry_after, milliseconds{3000});
  EXPECT_FALSE(failure(400, "", {{"Retry-After", "3"}}).retry_after);
  EXPECT_FALSE(failure(429, "insufficient_quota: pay").retryable);
}

TEST(StatusFailure, NeverShowsAKey) {
  EXPECT_EQ(failure(401, "Incorrect API key provided: sk-abcdefghijklmnop").message.find("abcdefgh"), std::string::npos);
}

TEST(ContextOverflow, IsRecognisedInEveryServersWords) {
  for (const char* words : {"context_length_exceeded: This model's maximum context length is 8192 tokens.",
                            "invalid_request_error: prompt is too long: 210000 tokens > 200000 maximum",
                            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
                            "exceed_context_size_error: the request exceeds the available context size, try increasing it",
                            "Your input exceeds the context window of this model.", "the input length exceeds maximum context length",
                            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"}) {
    EXPECT_TRUE(says_context_overflow(words)) << words;
    EXPECT_TRUE(is_context_overflow(failure(400, words))) << words;
    EXPECT_EQ(failure(500, words).code, ErrorCode::too_large);
    EXPECT_FALSE(failure(500, words).retryable);
  }
  EXPECT_FALSE(says_context_overflow("the server is overloaded"));
  EXPECT_FALSE(is_context_overflow(failure(413)));
}

TEST(CallFailure, MayHaveCostWhatWasSentAndNotRefused) {
  const auto with = [](ErrorCode code, std::string context) {
    return Error{.code = code, .message = {}, .context = std::move(context), .retryable = true, .retry_after = {}};
  };
  for (const auto code :
       {ErrorCode::timeout, ErrorCode::connection_failed, ErrorCode::bad_response, ErrorCode::cancelled, ErrorCode::internal}) {
    EXPECT_TRUE(may_have_cost(with(code, {}))) << to_string(code);
    EXPECT_FALSE(may_have_cost(with(code, std::string(http::not_sent))));
    EXPECT_FALSE(may_have_cost(with(code, "status=503")));
  }
  EXPECT_FALSE(may_have_cost(with(ErrorCode::invalid_argument, {})));
  EXPECT_FALSE(may_have_cost(failure(429)));
}

TEST(CallFailure, NamesTheModel) {
  const Error below{.code = ErrorCode::connection_failed, .message = "refused", .context = "os=111", .retryable = true, .retry_after = {}};
  const auto error = call_failure(asked, below);
  EXPECT_EQ(error.message, "openai/gpt at https://h/v1: refused");
  EXPECT_EQ(error.code, ErrorCode::connection_failed);
  EXPECT_EQ(error.context, "os=111");
  EXPECT_TRUE(error.retryable);
  Error quoting = below;
  quoting.code = ErrorCode::bad_response;
  quoting.message = "the answer is no JSON: a context window is what a model can see";
  EXPECT_FALSE(is_context_overflow(call_failure(asked, quoting)));
  for (const auto code : {ErrorCode::http_status, ErrorCode::too_large, ErrorCode::invalid_argument}) {
    quoting.code = code;
    EXPECT_TRUE(is_context_overflow(call_failure(asked, quoting))) << to_string(code);
  }
}

}  // namespace
}  // namespace skein::model
