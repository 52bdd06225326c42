#include <sys/resource.h>

#include <csignal>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "model/cassette/recording_transport.hpp"
#include "model/cassette/replay_transport.hpp"
#include "model/fake_transport_test.hpp"
#include "support/test_files.hpp"

namespace skein::model {
namespace {

using testing::broken;
using testing::FakeTransport;
using testing::Scene;

class RecordingTest : public ::testing::Test {
 protected:
  void SetUp() override { secrets.add("hunter2-key"); }

  void record(std::deque<Scene> scenes) {
    auto recorder = Recorder::create(path(), "a fake server", secrets);
    ASSERT_TRUE(recorder) << recorder.error().message;
    auto fake = std::make_unique<FakeTransport>();
    fake->scenes = std::move(scenes);
    transport = std::make_unique<RecordingTransport>(std::move(fake), std::move(*recorder));
  }
  void replay() {
    auto cassette = parse_cassette(file(), "c.jsonl");
    ASSERT_TRUE(cassette) << cassette.error().message;
    transport = std::make_unique<ReplayTransport>(std::make_shared<Tape>(std::move(*cassette)), secrets);
  }

  static http::Request request(std::string body, std::string path = "/v1/chat") {
    http::Request out;
    out.method = "POST";
    out.url = "http://user:hunter2-key@host" + path;
    out.headers = {{"X-Own", "hunter2-key"}, {"Cookie", "c=1"}};
    out.auth_header = {"Authorization", "Bearer hunter2-key"};
    out.body = std::move(body);
    return out;
  }
  Result<http::Response> send(std::string body, std::string path = "/v1/chat") {
    return async::run_in(io, transport->send(request(std::move(body), std::move(path)), {}));
  }
  Result<http::Response> stream(std::string body, std::vector<std::string>& chunks, std::size_t most = 100) {
    const ChunkSink sink = [&](const http::Response& head, std::string_view chunk) {
      EXPECT_EQ(head.status, 200);
      chunks.emplace_back(chunk);
      return chunks.size() < most;
    };
    return async::run_in(io, transport->send(request(std::move(body)), sink));
  }

  [[nodiscard]] std::string path() const { return folder.at("c.jsonl").string(); }
  [[nodiscard]] std::string file() const { return folder.read("c.jsonl"); }

  skein::testing::Folder folder;
  SecretValues secrets;
  asio::io_context io;
  std::unique_ptr<Transport> transport;
};

TEST_F(RecordingTest, WhatWasRecordedIsAnswered) {
  record({{.body = R"({"n":1})"},
          {.status = 429, .headers = {{"Retry-After-Ms", "5"}, {"Set-Cookie", "s=1"}}, .body = "slow down"},
          {.body = R"({"n":3})"}});
  const auto first = send(R"({"a":1,"b":2})");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->body, R"({"n":1})");
  EXPECT_EQ(send(R"({"a":2})")->status, 429);
  EXPECT_TRUE(send(R"({"a":2})"));
  replay();
  EXPECT_EQ(send(R"({"b":2.0,"a":1})")->body, R"({"n":1})");
  const auto refused = send(R"({"a":2})");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->body, "slow down");
  EXPECT_EQ(refused->headers.get("retry-after-ms"), "5");
  EXPECT_FALSE(refused->headers.has("set-cookie"));
  EXPECT_EQ(send(R"({"a":2})")->body, R"({"n":3})");
}

TEST_F(RecordingTest, StreamsKeepTheirChunks) {
  record({{.chunks = {"data: 1\n", "\ndata: \xc3", "\xa4\n\n"}}});
  std::vector<std::string> recorded;
  const auto sent = stream("{}", recorded);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->body, "");
  replay();
  std::vector<std::string> played;
  ASSERT_TRUE(stream("{}", played));
  EXPECT_EQ(played, recorded);
  EXPECT_EQ(played.size(), 3U);
}

TEST_F(RecordingTest, AStreamThatWasNotReadToItsEndEndsThere) {
  record({{.chunks = {"a", "b", "c"}}});
  std::vector<std::string> chunks;
  ASSERT_TRUE(stream("{}", chunks, 2));
  replay();
  chunks.clear();
  ASSERT_TRUE(stream("{}", chunks));
  EXPECT_EQ(chunks, (std::vector<std::string>{"a", "b"}));
}

TEST_F(RecordingTest, ARefusedStreamHasABody) {
  record({{.status = 401, .body = R"({"error":"no"})"}});
  std::vector<std::string> chunks;
  EXPECT_EQ(stream("{}", chunks)->status, 401);
  replay();
  EXPECT_EQ(stream("{}", chunks)->body, R"({"error":"no"})");
  EXPECT_TRUE(chunks.empty());
}

TEST_F(RecordingTest, FailuresAreRecordedToo) {
  record({{.chunks = {"data: 1"}, .failure = broken()}, {.failure = broken("refused", false)}});
  std::vector<std::string> chunks;
  EXPECT_FALSE(stream("{}", chunks));
  EXPECT_FALSE(send(R"({"a":1})"));
  replay();
  chunks.clear();
  const auto played = stream("{}", chunks);
  ASSERT_FALSE(played);
  EXPECT_EQ(played.error(), broken());
  EXPECT_EQ(chunks, std::vector<std::string>{"data: 1"});
  EXPECT_EQ(send(R"({"a":1})").error(), broken("refused", false));
}

TEST_F(RecordingTest, SecretsAreNeverWritten) {
  record({{.headers = {{"x-should-retry", "hunter2-key"}}, .body = R"({"echo":"hunter2-key"})"},
          {.chunks = {"data: hunt", "er2-key", "\n\n"}},
          {.failure = broken("at hunter2-key")}});
  ASSERT_TRUE(send(R"({"prompt":"my key is hunter2-key"})", "/v1/chat?key=hunter2-key"));
  std::vector<std::string> chunks;
  ASSERT_TRUE(stream("{}", chunks));
  EXPECT_FALSE(send("plain hunter2-key"));
  EXPECT_EQ(chunks.size(), 3U);
  const auto text = file();
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_EQ(text.find("er2-key"), std::string::npos) << text;
  EXPECT_EQ(text.find("Cookie"), std::string::npos) << text;
  replay();
  EXPECT_EQ(send(R"({"prompt":"my key is hunter2-key"})", "/v1/chat?key=hunter2-key")->body, R"({"echo":"[redacted]"})");
}

TEST_F(RecordingTest, AMissShowsTheNearestRequest) {
  record({{.body = "{}"}, {.body = "{}"}});
  ASSERT_TRUE(send(R"({"model":"m","messages":["far","away"]})"));
  ASSERT_TRUE(send(R"({"model":"m","messages":["hello"]})"));
  replay();
  const auto miss = send(R"({"model":"m","messages":["hallo"]})");
  ASSERT_FALSE(miss);
  EXPECT_EQ(miss.error().code, ErrorCode::not_found);
  EXPECT_FALSE(miss.error().retryable);
  EXPECT_EQ(
      miss.error().message,
      "c.jsonl holds no answer to POST /v1/chat: the nearest recorded request (line 3) differs at /messages/0: asked \"hallo\", recorded "
      "\"hello\"; record it again, or ask what was asked then");
  EXPECT_NE(send("{}", "/other").error().message.find("what was recorded is POST /v1/chat (line 2)"), std::string::npos);
}

TEST_F(RecordingTest, WhetherAStreamIsWantedDoesNotCount) {
  record({{.chunks = {"data: 1\n", "\n"}}});
  std::vector<std::string> chunks;
  ASSERT_TRUE(stream(R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})", chunks));
  replay();
  const auto whole = send(R"({"model":"m"})");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->body, "data: 1\n\n");
  EXPECT_FALSE(send(R"({"model":"n","stream":false})"));
}

TEST_F(RecordingTest, EveryAnswerIsGivenOnce) {
  record({{.body = "{}"}, {.body = "{}"}});
  ASSERT_TRUE(send("{}"));
  ASSERT_TRUE(send("{}"));
  replay();
  EXPECT_TRUE(send("{}"));
  EXPECT_TRUE(send("{}"));
  EXPECT_EQ(send("{}").error().message,
            "c.jsonl holds 2 answers to this POST /v1/chat (lines 2 and 3) and was asked once more; record it again");
}

TEST_F(RecordingTest, ARecordingIsNeverOverwritten) {
  record({});
  const auto again = Recorder::create(path(), "x", secrets);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  const auto nowhere = Recorder::create(folder.at("no/such/c.jsonl").string(), "x", secrets);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::store_failed);
  EXPECT_NE(nowhere.error().message.find("No such file"), std::string::npos);
}

TEST_F(RecordingTest, WhatCannotBeWrittenIsAnError) {
  record({{.body = std::string(1 << 16, 'x')}});
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto sent = send("{}");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::store_failed);
  EXPECT_NE(sent.error().message.find("cannot record to"), std::string::npos);
}

TEST_F(RecordingTest, ModelsAreNotedOnceAndWithoutCredentials) {
  auto recorder = Recorder::create(path(), "x", secrets);
  ASSERT_TRUE(recorder);
  const RecordedModel model{.name = "openai/gpt-4o", .api = Api::openai_chat, .base_url = "http://user:pw-12345@h/v1", .profile = {}};
  ASSERT_TRUE((*recorder)->note(model));
  ASSERT_TRUE((*recorder)->note({.name = "anthropic/claude-x", .api = Api::anthropic_messages, .base_url = "http://h", .profile = {}}));
  EXPECT_NE(folder.read("c.jsonl").find(R"("base_url":"http://h","profile")"), std::string::npos);
  auto cassette = parse_cassette(file(), "c.jsonl");
  ASSERT_TRUE(cassette) << cassette.error().message;
  ASSERT_EQ(cassette->models.size(), 2U);
  EXPECT_EQ(cassette->models[0].base_url, "http://h/v1");
  const Tape tape(std::move(*cassette));
  EXPECT_EQ((*tape.model(""))->name, "openai/gpt-4o");
  EXPECT_TRUE(tape.model("openai/gpt-4o"));
  EXPECT_EQ(tape.model("openai/x").error().message,
            "c.jsonl was not recorded with 'openai/x' but with openai/gpt-4o and anthropic/claude-x");
  EXPECT_FALSE(Tape(*parse_cassette(R"({"cassette":1})", "c")).model(""));
}

}  // namespace
}  // namespace skein::model
