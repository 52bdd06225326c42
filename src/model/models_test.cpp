#include "model/models.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "http/client.hpp"
#include "support/python_server.hpp"
#include "support/test_files.hpp"

namespace skein::model {
namespace {

class ModelsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    test::clear_proxy_environment();
    server = std::make_unique<test::PythonServer>("http_server.py");
  }
  static void TearDownTestSuite() { server.reset(); }

  ModelServices services(std::shared_ptr<Recorder> recorder = nullptr) {
    const auto lookup = [](std::string_view name) -> std::optional<std::string> {
      if (name == "ANTHROPIC_API_KEY") return "k-hunter2";
      if (name == "ANTHROPIC_BASE_URL") return server->url();
      return std::nullopt;
    };
    return {.http = client,
            .clock = clock,
            .random = random,
            .waits = waits,
            .secrets = secrets,
            .shared = shared,
            .lookup = lookup,
            .cache = nullptr,
            .recorder = std::move(recorder)};
  }
  Result<std::shared_ptr<LanguageModel>> make(std::string name, std::shared_ptr<Recorder> recorder = nullptr) {
    return make_model({.name = std::move(name), .folder = folder.at("").string(), .provider = {}, .client = {}, .limit = {}},
                      services(std::move(recorder)));
  }
  Result<Response> ask(LanguageModel& model, std::string text = "hello") {
    Request request;
    request.messages.push_back(user_says(std::move(text)));
    return async::run_in(io, model.complete(std::move(request), {}));
  }
  static std::string message(const Result<std::shared_ptr<LanguageModel>>& made) { return made ? "(made)" : made.error().message; }

  static std::unique_ptr<test::PythonServer> server;
  skein::testing::Folder folder;
  asio::io_context io;
  http::Client client{io.get_executor()};
  SystemClock clock;
  SeededRandom random{1};
  TimerWaits waits;
  SecretValues secrets;
  SharedModels shared;
};
std::unique_ptr<test::PythonServer> ModelsTest::server;

TEST_F(ModelsTest, AsksOverTheNetworkRecordsAndReplays) {
  auto recorder = Recorder::create(folder.at("c.jsonl").string(), "the test server", secrets);
  ASSERT_TRUE(recorder);
  const auto live = make("anthropic/claude-x", std::move(*recorder));
  ASSERT_TRUE(live) << live.error().message;
  const auto answer = ask(**live);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->message), "Hello.");
  EXPECT_EQ(folder.read("c.jsonl").find("hunter2"), std::string::npos) << "the server repeats the key in its answer";

  const auto replayed = make("replay/c.jsonl");
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_EQ((*replayed)->name(), "anthropic/claude-x");
  const auto again = ask(**replayed);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->message, answer->message);
  EXPECT_EQ(again->usage, answer->usage);
  const auto miss = ask(**replayed, "hallo");
  ASSERT_FALSE(miss);
  EXPECT_EQ(miss.error().code, ErrorCode::not_found);
  EXPECT_NE(miss.error().message.find("/messages/0/content"), std::string::npos) << miss.error().message;
  EXPECT_FALSE(ask(*make("replay/c.jsonl").value())) << "two who play the same cassette share it";
  EXPECT_TRUE(make("replay/c.jsonl#anthropic/claude-x"));
  EXPECT_NE(message(make("replay/c.jsonl#openai/x")).find("was not recorded with 'openai/x'"), std::string::npos);
}

TEST_F(ModelsTest, PlaysScripts) {
  folder.write("s.json", R"({"answers":[{"text":"hi"}]})");
  const auto made = make("scripted/s.json");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(text_of(ask(**made)->message), "hi");
  folder.write("bad.json", "{}");
  EXPECT_NE(message(make("scripted/bad.json")).find("is no script"), std::string::npos);
}

TEST_F(ModelsTest, WhatIsMissingIsNamed) {
  EXPECT_NE(message(make("scripted/none.json")).find("cannot read "), std::string::npos);
  EXPECT_NE(message(make("replay/none.jsonl")).find("No such file or directory"), std::string::npos);
  folder.write("bad.jsonl", "{\n");
  EXPECT_NE(message(make("replay/bad.jsonl")).find("bad.jsonl:1: "), std::string::npos);
  EXPECT_EQ(message(make("openai/gpt-4o")), "openai/gpt-4o needs a key: set OPENAI_API_KEY");
  EXPECT_FALSE(make("gpt-4o"));
  EXPECT_FALSE(make_models({}, services()));
}

TEST_F(ModelsTest, SeveralFallBackToEachOther) {
  folder.write("down.json", R"({"answers":[{"error":{"code":"connection_failed","retryable":true},"times":9}]})");
  folder.write("up.json", R"({"answers":[{"text":"here"}]})");
  const auto choice = [&](std::string name) {
    return ModelChoice{.name = std::move(name), .folder = folder.at("").string(), .provider = {}, .client = {}, .limit = {}};
  };
  const auto made = make_models({choice("scripted/down.json"), choice("scripted/up.json")}, services());
  ASSERT_TRUE(made) << made.error().message;
  const auto answer = ask(**made);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->answered_by, "scripted/up.json");
  EXPECT_EQ((*make_models({choice("scripted/up.json")}, services()))->name(), "scripted/up.json");
  EXPECT_FALSE(make_models({choice("scripted/up.json"), choice("odd/x")}, services()));
}

TEST_F(ModelsTest, AKeyHasOneLimit) {
  ProviderSettings a;
  a.base_url = "https://h";
  a.key_header = {"x-api-key", "k1"};
  auto b = a;
  b.key_header->second = "k2";
  const auto limit = shared.limit(a, {.requests_per_minute = 1});
  EXPECT_EQ(shared.limit(a, {}), limit);
  EXPECT_NE(shared.limit(b, {}), limit);
}

}  // namespace
}  // namespace skein::model
