#include "agent/kinds/kind_test.hpp"

namespace skein::agent {
namespace {

class HttpApiTest : public KindTest {
 protected:
  AgentResponse call(std::string action, std::string_view parameters = "{}", std::string base = "") {
    return execute(settings("http_api", server->url(base)), std::move(action), parameters);
  }
};

TEST_F(HttpApiTest, PostsByDefaultAndReturnsJson) {
  const auto r = call("echo", R"({"data":{"a":1}})");
  ASSERT_TRUE(r.success) << r.error.message;
  EXPECT_EQ(r.result.at("method").as_string(), "POST");
  EXPECT_EQ(r.result.at("body").as_string(), R"({"a":1})");
  EXPECT_EQ(header_in(r.result, "Idempotency-Key"), "key-1");
  EXPECT_EQ(r.metadata.at("status").as_int64(), 200);
  EXPECT_EQ(r.metadata.at("headers").at("content-type").as_string(), "application/json");
}

TEST_F(HttpApiTest, TextAndEmptyAnswers) {
  EXPECT_EQ(call("bytes/3", R"({"method":"GET"})").result, Json("xxx"));
  EXPECT_EQ(call("bytes/0", R"({"method":"GET"})").result, Json());
}

TEST_F(HttpApiTest, SecretHeadersAreNotInTheMetadata) {
  const auto r = call("headers", R"({"method":"GET"})");
  EXPECT_FALSE(r.metadata.at("headers").as_object().contains("set-cookie"));
  EXPECT_EQ(r.metadata.at("headers").at("x-many").as_string(), "one, two");
}

TEST_F(HttpApiTest, AnErrorStatusIsAFailureWithMetadata) {
  const auto r = call("status/503?retry_after=2", R"({"method":"GET"})");
  EXPECT_FALSE(r.success);
  EXPECT_EQ(r.error.code, ErrorCode::http_status);
  EXPECT_EQ(r.error.context, "status=503");
  EXPECT_TRUE(r.error.retryable);
  EXPECT_EQ(r.error.retry_after, milliseconds{2000});
  EXPECT_EQ(r.metadata.at("status").as_int64(), 503);

  const auto missing = call("items/99", R"({"method":"GET"})");
  EXPECT_FALSE(missing.error.retryable);
  EXPECT_NE(missing.error.message.find("no item 99"), std::string::npos) << missing.error.message;
}

TEST_F(HttpApiTest, JsonThatIsNone) {
  const auto r = call("status/200?body=nonsense", R"({"method":"GET"})");
  EXPECT_EQ(r.error.code, ErrorCode::bad_response);
  EXPECT_TRUE(r.error.retryable);
}

TEST_F(HttpApiTest, AuthenticationIsSent) {
  auto s = settings("http_api", server->url());
  s.auth_header = {"X-API-Key", "hunter2"};
  EXPECT_EQ(header_in(execute(s, "echo").result, "X-API-Key"), "hunter2");
}

TEST_F(HttpApiTest, ABadEndpointIsRefusedWhenTheAgentIsMade) {
  EXPECT_EQ(execute(settings("http_api", ""), "echo").error.code, ErrorCode::invalid_argument);
  EXPECT_EQ(execute(settings("http_api", "ftp://x/"), "echo").error.code, ErrorCode::invalid_argument);
}

TEST_F(HttpApiTest, ConnectionsAreReusedBetweenAttempts) {
  const auto accepted = [&] { return call("connections", R"({"method":"GET"})").result.at("accepted").as_int64(); };
  const auto before = accepted();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(call("echo").success);
  EXPECT_EQ(accepted(), before);
}

}  // namespace
}  // namespace skein::agent
