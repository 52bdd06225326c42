#include "agent/kinds/kind_test.hpp"

namespace skein::agent {
namespace {

class AiAgentTest : public KindTest {
 protected:
  AgentResponse ask(const std::string& path, std::string_view parameters = R"({"model":"m","prompt":"hi"})") {
    auto s = settings("ai_agent", server->url(path));
    s.auth_header = {"Authorization", "Bearer hunter2"};
    s.custom_params = boost::json::parse(R"({"user_agent":"LeadAgent/1.0"})");
    return execute(std::move(s), "chat_completion", parameters);
  }
};

TEST_F(AiAgentTest, ChatCompletions) {
  const auto r = ask("/v1/chat/completions");
  ASSERT_TRUE(r.success) << r.error.message;
  EXPECT_EQ(r.result.at("choices").at(0).at("message").at("content").as_string(), "Hello.");
  EXPECT_EQ(r.metadata.at("text").as_string(), "Hello.");
  EXPECT_EQ(r.metadata.at("model").as_string(), "m");
  EXPECT_EQ(r.metadata.at("finish_reason").as_string(), "stop");
  EXPECT_EQ(r.metadata.at("usage"), boost::json::parse(R"({"input_tokens":7,"output_tokens":2,"cached_tokens":0})"));
  const auto& headers = r.result.at("echo").at("headers");
  EXPECT_EQ(headers.at("authorization").as_string(), "Bearer hunter2");
  EXPECT_EQ(headers.at("user-agent").as_string(), "LeadAgent/1.0");
  EXPECT_EQ(headers.at("idempotency-key").as_string(), "key-1");
}

TEST_F(AiAgentTest, Responses) {
  const auto r = ask("/v1/responses");
  ASSERT_TRUE(r.success) << r.error.message;
  EXPECT_EQ(r.metadata.at("text").as_string(), "Hello.");
  EXPECT_EQ(r.metadata.at("finish_reason").as_string(), "completed");
  EXPECT_EQ(r.result.at("echo").at("body").at("input").as_string(), "hi");
}

TEST_F(AiAgentTest, MessagesTakesTheKeyInItsOwnHeader) {
  const auto r = ask("/v1/messages");
  ASSERT_TRUE(r.success) << r.error.message;
  EXPECT_EQ(r.metadata.at("text").as_string(), "Hello.");
  EXPECT_EQ(r.metadata.at("finish_reason").as_string(), "end_turn");
  EXPECT_EQ(r.metadata.at("usage"), boost::json::parse(R"({"input_tokens":7,"output_tokens":2,"cached_tokens":2})"));
  const auto& headers = r.result.at("echo").at("headers").as_object();
  EXPECT_EQ(headers.at("x-api-key").as_string(), "hunter2");
  EXPECT_FALSE(headers.contains("authorization"));
  EXPECT_EQ(headers.at("anthropic-version").as_string(), "2023-06-01");
}

TEST_F(AiAgentTest, AnythingElseGetsActionAndParameters) {
  const auto r = ask("/agent", R"({"x":1})");
  ASSERT_TRUE(r.success) << r.error.message;
  EXPECT_EQ(r.result.at("echo").at("body"), boost::json::parse(R"({"action":"chat_completion","parameters":{"x":1}})"));
}

TEST_F(AiAgentTest, ASpentQuotaIsFinalAnOverloadIsNot) {
  const auto broke = ask("/v1/chat/completions", R"({"model":"broke","prompt":"hi"})");
  EXPECT_EQ(broke.error.code, ErrorCode::rate_limited);
  EXPECT_FALSE(broke.error.retryable);
  EXPECT_NE(broke.error.message.find("quota"), std::string::npos);
  const auto overloaded = ask("/v1/messages", R"({"model":"overloaded","prompt":"hi"})");
  EXPECT_EQ(overloaded.error.context, "status=529");
  EXPECT_TRUE(overloaded.error.retryable);
}

TEST_F(AiAgentTest, AnEndpointThatIsNoModelApi) {
  EXPECT_EQ(ask("/status/200/responses?body=[]").error.code, ErrorCode::bad_response);
  EXPECT_EQ(ask("/redirect-to/messages?url=http://127.0.0.1:1/").error.code, ErrorCode::bad_response);
}

}  // namespace
}  // namespace skein::agent
