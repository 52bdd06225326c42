// The npm package @copilotkit/aimock over every wire format that it shares with Skein, in good and in bad order (tests/peers/README.md).

#include <chrono>

#include "base/json.hpp"
#include "peers/peer_test.hpp"

namespace skein::model::testing {
namespace {

constexpr auto modules = SKEIN_PEERS_DIR "/npm/node_modules";

class MockServer : public PeerTest {
 protected:
  static void SetUpTestSuite() {
    if (!installed(SKEIN_PEERS_DIR "/npm/aimock.ready")) return;
    server =
        std::make_unique<test::PythonServer>("../peers/aimock.mjs", std::vector<std::string>{modules, SKEIN_PEER_TESTS_DIR "/aimock.json"});
  }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    if (!server) GTEST_SKIP() << "the mock server is not installed; run: scripts/setup test";
    test_id = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    headers.set("x-test-id", test_id);
  }
  [[nodiscard]] std::string base_url() const override { return server->url(); }

  /// The requests of this test, as the server journaled them.
  JsonArray requests() {
    http::Request get;
    get.url = server->url("/v1/_requests");
    const auto answer = async::run_in(io, client.send(std::move(get)));
    JsonArray mine;
    const auto all = parse_json(answer.value().body).value();
    for (const auto& entry : all.as_array()) {
      const auto* id = entry.at("headers").as_object().if_contains("x-test-id");
      if (id != nullptr && *id == Json(test_id)) mine.push_back(entry);
    }
    return mine;
  }
  void tools(Request& request) const {
    request.tools = {{.name = "now", .description = "The time", .parameters = JsonObject{{"type", "object"}}},
                     {.name = "add", .description = "Adds", .parameters = JsonObject{{"type", "object"}}}};
  }
  /// One call that fails, streamed and not, and for the same reason.
  Error failure(const std::string& text) {
    const auto whole = ask(text);
    const auto streamed = stream(text);
    EXPECT_FALSE(whole);
    EXPECT_FALSE(streamed);
    if (whole || streamed) return {};
    EXPECT_EQ(whole.error().code, streamed.error().code);
    EXPECT_EQ(told.pieces, 0U);
    return streamed.error();
  }
  void chaos(const std::string& kind, const std::string& value = "1") { headers.set("x-aimock-chaos-" + kind, value); }

  static std::unique_ptr<test::PythonServer> server;
  std::string test_id;
};
std::unique_ptr<test::PythonServer> MockServer::server;

/// Names that the mock makes anew for each answer.
void expect_same(const Response& whole, const Response& streamed) {
  EXPECT_EQ(to_json(message_to_json(whole.message)), to_json(message_to_json(streamed.message)));
  EXPECT_EQ(whole.finish, streamed.finish);
  EXPECT_EQ(whole.usage, streamed.usage);
  EXPECT_EQ(whole.model, streamed.model);
  EXPECT_EQ(whole.id, streamed.id);
  EXPECT_EQ(whole.answered_by, streamed.answered_by);
}

TEST_P(MockServer, AnswersTheSameStreamedAndWhole) {
  const auto whole = ask("greet");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(text_of(whole->message), "Hello, a skein of geese: €🪿 \"quoted\"\nand a second line.");
  EXPECT_EQ(whole->finish, Finish::stop);
  const auto streamed = stream("greet");
  ASSERT_TRUE(streamed) << streamed.error().message;
  expect_same(*whole, *streamed);
  expect_told(*streamed);
  EXPECT_GT(told.pieces, 5U);
  const auto sent = requests();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].at("headers").at("idempotency-key"), "key-1");
}

TEST_P(MockServer, TellsWhatTheModelThought) {
  if (!GetParam().reasoning) GTEST_SKIP() << "the mock names it otherwise than this API does";
  const auto whole = ask("think");
  ASSERT_TRUE(whole) << whole.error().message;
  const auto* thought = std::get_if<Reasoning>(&whole->message.parts.front());
  ASSERT_NE(thought, nullptr);
  EXPECT_EQ(thought->text, "Six times seven is forty-two.");
  const auto streamed = stream("think");
  ASSERT_TRUE(streamed) << streamed.error().message;
  EXPECT_EQ(text_of(streamed->message), "42");
  expect_told(*streamed);
  EXPECT_EQ(told.reasoning, "Six times seven is forty-two.");
}

TEST_P(MockServer, CallsToolsAndHearsWhatTheyBrought) {
  auto request = saying("add twice");
  tools(request);
  const auto whole = ask(request);
  ASSERT_TRUE(whole) << whole.error().message;
  const auto streamed = stream(request);
  ASSERT_TRUE(streamed) << streamed.error().message;
  EXPECT_EQ(streamed->finish, Finish::tool_calls);
  EXPECT_EQ(whole->finish, Finish::tool_calls);
  const auto calls = calls_of(streamed->message);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].name, "add");
  EXPECT_EQ(parse_json(calls[0].arguments), parse_json(R"({"a": 1, "b": "two €"})"));
  EXPECT_EQ(calls[1].name, "now");
  EXPECT_EQ(parse_json(calls[1].arguments), parse_json("{}"));
  expect_told(*streamed);
  const auto also = calls_of(whole->message);
  ASSERT_EQ(also.size(), 2U);
  EXPECT_EQ(parse_json(also[0].arguments), parse_json(calls[0].arguments));

  request.messages.push_back(streamed->message);
  Message results;
  results.parts.emplace_back(ToolResult{.call_id = calls[0].id, .name = "add", .text = "3"});
  results.parts.emplace_back(ToolResult{.call_id = calls[1].id, .name = "now", .text = "noon"});
  request.messages.push_back(results);
  const auto done = stream(request);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(text_of(done->message), "Both are done.");
  const auto done_whole = ask(request);
  ASSERT_TRUE(done_whole) << done_whole.error().message;
  expect_same(*done_whole, *done);
}

TEST_P(MockServer, SaysSomethingAndCalls) {
  const auto whole = ask("say and call");
  const auto streamed = stream("say and call");
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_TRUE(streamed) << streamed.error().message;
  EXPECT_EQ(text_of(streamed->message), "I look it up.");
  EXPECT_EQ(text_of(whole->message), text_of(streamed->message));
  ASSERT_EQ(calls_of(streamed->message).size(), 1U);
  EXPECT_EQ(calls_of(streamed->message)[0].name, "look_up");
  EXPECT_EQ(whole->finish, streamed->finish);
  expect_told(*streamed);
}

TEST_P(MockServer, AnswersInTheShapeOfASchema) {
  auto request = saying("as json");
  request.output = OutputSchema{
      .name = "weather",
      .schema = JsonObject{
          {"type", "object"}, {"properties", JsonObject{{"city", JsonObject{{"type", "string"}}}}}, {"required", JsonArray{"city"}}}};
  const auto whole = ask(request);
  const auto streamed = stream(request);
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_TRUE(streamed) << streamed.error().message;
  expect_same(*whole, *streamed);
  EXPECT_EQ(parse_json(text_of(whole->message)), parse_json(R"({"city":"Lima","degrees":19})"));
}

TEST_P(MockServer, RefusalsSayWhatIsWrong) {
  struct Case {
    const char* text;
    ErrorCode code;
    bool retryable;
    std::size_t tries;
  };
  std::size_t before = 0;
  for (const auto& [text, code, retryable, tries] :
       {Case{"overloaded", ErrorCode::http_status, true, 3}, Case{"broke", ErrorCode::rate_limited, false, 1},
        Case{"wrong key", ErrorCode::unauthenticated, false, 1}, Case{"too long", ErrorCode::too_large, false, 1},
        Case{"nobody expects this", ErrorCode::not_found, false, 1}}) {
    SCOPED_TRACE(text);
    const auto error = failure(text);
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_EQ(error.retryable, retryable);
    EXPECT_NE(error.message.find(GetParam().model), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("sk-peer-test"), std::string::npos) << error.message;
    const auto count = requests().size();
    EXPECT_EQ(count - before, 2 * tries) << "asked whole and streamed";
    before = count;
  }
}

TEST_P(MockServer, WaitsAsLongAsItIsAskedTo) {
  settings.retry.longest_asked_for = seconds{60};
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = stream("limited");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->message), "now I may");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, seconds{1}) << "Retry-After: 1";
  const auto sent = requests();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].at("headers").at("idempotency-key"), sent[1].at("headers").at("idempotency-key"));
}

TEST_P(MockServer, ChaosDrops) {
  chaos("drop");
  const auto error = failure("greet");
  EXPECT_EQ(error.code, ErrorCode::http_status);
  EXPECT_TRUE(error.retryable);
  EXPECT_NE(error.message.find("(tried 3 times)"), std::string::npos) << error.message;
  EXPECT_EQ(requests().size(), 6U);
}

TEST_P(MockServer, ChaosAnswersNonsense) {
  chaos("malformed");
  const auto error = failure("greet");
  EXPECT_EQ(error.code, ErrorCode::bad_response);
  EXPECT_NE(error.message.find("(tried 3 times)"), std::string::npos) << error.message;
}

TEST_P(MockServer, ChaosHangsUp) {
  chaos("disconnect");
  const auto error = failure("greet");
  EXPECT_TRUE(error.code == ErrorCode::connection_failed || error.code == ErrorCode::bad_response) << error.message;
  EXPECT_TRUE(error.retryable);
}

TEST_P(MockServer, ChaosLimits) {
  chaos("ratelimit");
  const auto error = failure("greet");
  EXPECT_EQ(error.code, ErrorCode::rate_limited);
  EXPECT_TRUE(error.retryable);
  EXPECT_EQ(error.retry_after, seconds{1});
}

TEST_P(MockServer, ChaosIsLate) {
  chaos("latency", "700");
  settings.timeouts.total = milliseconds{150};
  settings.retry.max_retries = 0;
  const auto error = failure("greet");
  EXPECT_EQ(error.code, ErrorCode::timeout);
  settings.timeouts.total = seconds{30};
  EXPECT_TRUE(ask("greet"));
}

/// A server that fails half of the time is asked until it answers, and what it answers is whole.
TEST_P(MockServer, ChaosOfEveryKindNeverBendsAnAnswer) {
  chaos("drop", "0.2");
  chaos("malformed", "0.2");
  chaos("disconnect", "0.2");
  settings.retry.max_retries = 40;
  for (int i = 0; i < 8; ++i) {
    const auto answer = i % 2 == 0 ? ask("greet") : stream("greet");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(text_of(answer->message), "Hello, a skein of geese: €🪿 \"quoted\"\nand a second line.");
    if (i % 2 != 0) expect_told(*answer);
  }
}

TEST_P(MockServer, ATruncatedStreamIsNoAnswerAndIsNotAskedForAgain) {
  const auto answer = stream("truncate");
  ASSERT_FALSE(answer) << text_of(answer->message);
  EXPECT_TRUE(answer.error().code == ErrorCode::bad_response || answer.error().code == ErrorCode::connection_failed)
      << answer.error().message;
  EXPECT_TRUE(answer.error().retryable);
  EXPECT_GT(told.pieces, 0U);
  EXPECT_EQ(requests().size(), 1U) << "something of it was told";
}

TEST_P(MockServer, AServerThatGoesAwayIsAnError) {
  const auto answer = stream("hang up");
  ASSERT_FALSE(answer) << text_of(answer->message);
  EXPECT_TRUE(answer.error().retryable) << answer.error().message;
  EXPECT_GT(told.pieces, 0U);
  EXPECT_EQ(requests().size(), 1U);
}

TEST_P(MockServer, SlowStreamsAreHeardAsTheyCome) {
  settings.timeouts.between_tokens = seconds{20};
  const auto answer = stream("slow");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->message), "It comes a little at a time.");
  expect_told(*answer);
  EXPECT_GE(told.pieces, 4U);
}

TEST_P(MockServer, AStreamThatStallsIsGivenUp) {
  settings.timeouts.between_tokens = milliseconds{150};
  settings.retry.max_retries = 0;
  const auto answer = stream("stalls");
  ASSERT_FALSE(answer) << text_of(answer->message);
  EXPECT_EQ(answer.error().code, ErrorCode::timeout) << answer.error().message;
}

TEST_P(MockServer, AFirstPieceThatDoesNotComeIsGivenUp) {
  settings.timeouts.first_token = milliseconds{150};
  settings.retry.max_retries = 0;
  const auto answer = stream("late");
  ASSERT_FALSE(answer) << text_of(answer->message);
  EXPECT_EQ(answer.error().code, ErrorCode::timeout) << answer.error().message;
  EXPECT_EQ(told.pieces, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Wires, MockServer,
    ::testing::Values(Wire{.name = "OpenAiChat", .model = "openai/gpt-4o", .path = "/v1", .api = Api::openai_chat},
                      Wire{.name = "OpenAiResponses", .model = "openai/gpt-4o", .path = "/v1", .api = Api::openai_responses},
                      Wire{.name = "AnthropicMessages", .model = "anthropic/claude-sonnet-4-5", .path = "", .api = {}},
                      Wire{.name = "OllamaChat", .model = "ollama/llama3.2", .path = "", .api = {}, .reasoning = false},
                      Wire{.name = "Compatible", .model = "compatible/any", .path = "/v1", .api = {}}),
    name_of);

}  // namespace
}  // namespace skein::model::testing
