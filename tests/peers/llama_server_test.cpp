// A real llama.cpp server (PyPI package xllamacpp) with a model of random weights. What it says makes no sense, at temperature 0 always the
// same, and its bytes are cut wherever a token ends.

#include "base/json.hpp"
#include "base/text.hpp"
#include "peers/peer_test.hpp"

namespace skein::model::testing {
namespace {

constexpr auto python = SKEIN_PEERS_DIR "/python/bin/python";

class LlamaServer : public PeerTest {
 protected:
  static void SetUpTestSuite() {
    if (installed(SKEIN_PEERS_DIR "/python/xllamacpp.ready")) {
      server = std::make_unique<test::PythonServer>("../peers/llama_server.py", std::vector<std::string>{python});
    }
  }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override {
    if (!server) GTEST_SKIP() << "the llama.cpp server is not installed; run: scripts/setup test";
  }
  [[nodiscard]] std::string base_url() const override { return server->url(); }

  static Request greedy(std::string text) {
    auto request = saying(std::move(text));
    request.temperature = 0;
    request.max_output_tokens = 60;
    return request;
  }

  static std::unique_ptr<test::PythonServer> server;
};
std::unique_ptr<test::PythonServer> LlamaServer::server;

TEST_P(LlamaServer, AnswersTheSameStreamedAndWhole) {
  const auto whole = ask(greedy("hello"));
  ASSERT_TRUE(whole) << whole.error().message;
  const auto streamed = stream(greedy("hello"));
  ASSERT_TRUE(streamed) << streamed.error().message;
  EXPECT_FALSE(text_of(whole->message).empty());
  EXPECT_EQ(to_valid_utf8(text_of(whole->message)), text_of(whole->message));
  EXPECT_EQ(text_of(whole->message), text_of(streamed->message));
  EXPECT_EQ(whole->finish, streamed->finish);
  EXPECT_EQ(whole->model, streamed->model);
  expect_told(*streamed);
  EXPECT_GT(told.pieces, 10U);
  ASSERT_TRUE(whole->usage);
  ASSERT_TRUE(streamed->usage);
  EXPECT_EQ(whole->usage->input, streamed->usage->input);
  EXPECT_EQ(whole->usage->output, streamed->usage->output);
  EXPECT_GT(whole->usage->input, 5U);
  EXPECT_LE(whole->usage->output, 60U);
}

TEST_P(LlamaServer, AConversationGoesOn) {
  auto request = greedy("hello");
  const auto first = ask(request);
  ASSERT_TRUE(first) << first.error().message;
  request.messages.push_back(first->message);
  request.messages.push_back(user_says("and then?"));
  const auto second = stream(request);
  ASSERT_TRUE(second) << second.error().message;
  ASSERT_TRUE(second->usage);
  EXPECT_GT(second->usage->input, first->usage->input);
  EXPECT_GT(second->usage->cached_input, 0U) << "the beginning is the same, so the server has it still";
}

TEST_P(LlamaServer, AConversationThatIsTooLongIsRecognised) {
  const auto answer = ask(greedy(std::string(5000, 'x')));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::too_large) << answer.error().message;
  EXPECT_TRUE(is_context_overflow(answer.error()));
  EXPECT_FALSE(answer.error().retryable);
}

TEST_P(LlamaServer, ManyAtOnceEachGetTheirOwn) {
  const auto alone = ask(greedy("number 3"));
  ASSERT_TRUE(alone) << alone.error().message;
  const auto shared_model = model();
  std::vector<std::string> answers(12);
  std::size_t ended = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    asio::co_spawn(io, shared_model->complete(greedy("number " + std::to_string(i)), {}),
                   [&, i](const std::exception_ptr&, Result<Response> answer) {
                     answers[i] = answer ? text_of(answer->message) : answer.error().message;
                     ++ended;
                   });
  }
  io.restart();
  while (ended < answers.size() && io.run_one() > 0) {
  }
  EXPECT_EQ(answers[3], text_of(alone->message));
  EXPECT_NE(answers[4], answers[3]);
}

INSTANTIATE_TEST_SUITE_P(
    Wires, LlamaServer,
    ::testing::Values(Wire{.name = "Chat", .model = "compatible/tiny", .path = "/v1", .api = {}},
                      Wire{.name = "OpenAiChat", .model = "openai/tiny", .path = "/v1", .api = Api::openai_chat},
                      Wire{.name = "Responses", .model = "compatible/tiny", .path = "/v1", .api = Api::openai_responses},
                      Wire{.name = "Messages", .model = "anthropic/tiny", .path = "", .api = {}}),
    name_of);

class LlamaServerChat : public LlamaServer {};

TEST_P(LlamaServerChat, KeepsToASchema) {
  auto request = greedy("hello");
  request.output = OutputSchema{.name = "pick",
                                .schema = parse_json(R"({"type": "object", "properties": {"a": {"enum": [1, 2, 3]}},
                                                                         "required": ["a"], "additionalProperties": false})")
                                              .value()};
  const auto whole = ask(request);
  const auto streamed = stream(request);
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_TRUE(streamed) << streamed.error().message;
  EXPECT_EQ(text_of(whole->message), text_of(streamed->message));
  const auto picked = parse_json(text_of(whole->message));
  ASSERT_TRUE(picked) << text_of(whole->message);
  EXPECT_GE(picked->at("a").as_int64(), 1);
}

INSTANTIATE_TEST_SUITE_P(Wires, LlamaServerChat,
                         ::testing::Values(Wire{.name = "Chat", .model = "compatible/tiny", .path = "/v1", .api = {}},
                                           Wire{.name = "OpenAiChat", .model = "openai/tiny", .path = "/v1", .api = Api::openai_chat}),
                         name_of);

}  // namespace
}  // namespace skein::model::testing
