#include "model/client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/cancelled.hpp"
#include "model/fake_codec_test.hpp"
#include "model/fake_transport_test.hpp"
#include "model/virtual_time_test.hpp"

namespace skein::model {
namespace {

using testing::broken;
using testing::FakeCodec;
using testing::FakeTransport;
using testing::Scene;
using testing::VirtualTime;

class ClientTest : public ::testing::Test {
 protected:
  Client& client(std::deque<Scene> scenes) {
    auto fake = std::make_unique<FakeTransport>();
    fake->scenes = std::move(scenes);
    fake->time = &time;
    transport = fake.get();
    ProviderSettings provider;
    provider.name = "openai";
    provider.base_url = "http://user:pw-12345@host/v1";
    provider.key_header = {"Authorization", "Bearer k-12345"};
    provider.headers = {{"X-Team", "geese"}};
    made = std::make_unique<Client>(ModelName{"openai", "gpt"}, provider, settings,
                                    ClientServices{.transport = std::move(fake),
                                                   .codec = std::make_unique<FakeCodec>(framing),
                                                   .cache = cache,
                                                   .limit = limit,
                                                   .clock = time,
                                                   .random = random,
                                                   .waits = time});
    return *made;
  }

  static Request request(std::string text = "hello") {
    Request out;
    out.messages.push_back(user_says(std::move(text)));
    return out;
  }
  Result<Response> ask(std::string text = "hello") {
    return time.run(io, made->complete(request(std::move(text)), {.on_delta = {}, .idempotency_key = "key-7"}));
  }
  Result<Response> stream(std::string text = "hello") {
    heard.clear();
    const auto on_delta = [this](const Delta& delta) { heard += delta.text; };
    return time.run(io, made->complete(request(std::move(text)), {.on_delta = on_delta, .idempotency_key = {}}));
  }

  static Scene says(std::string text) { return {.body = R"({"say":")" + text + "\"}"}; }
  static Scene status(int status, std::string body = "", http::Headers headers = {}) {
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
  }
  static std::string event(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }
  static std::string word(std::string_view text) { return event(R"({"word":")" + std::string(text) + "\"}"); }
  static Scene streams(std::vector<std::string> chunks) {
    return {.headers = {{"content-type", "text/event-stream"}}, .chunks = std::move(chunks)};
  }
  const std::string end = event(R"({"end":true})");

  asio::io_context io;
  VirtualTime time;
  SeededRandom random{1};
  ClientSettings settings;
  Framing framing = Framing::server_sent_events;
  std::shared_ptr<AnswerCache> cache;
  std::shared_ptr<KeyLimit> limit;
  FakeTransport* transport = nullptr;
  std::unique_ptr<Client> made;
  std::string heard;
};

TEST_F(ClientTest, AsksAndAnswers) {
  client({says("hi")});
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->message), "hi");
  EXPECT_EQ(answer->answered_by, "openai/gpt");
  EXPECT_FALSE(answer->cached);
  EXPECT_EQ(made->name(), "openai/gpt");
  const auto& sent = transport->requests.at(0);
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "http://user:pw-12345@host/v1/say");
  EXPECT_EQ(sent.body, R"({"model":"gpt","ask":"hello"})");
  EXPECT_EQ(sent.auth_header->second, "Bearer k-12345");
  EXPECT_EQ(sent.headers.get("idempotency-key"), "key-7");
  EXPECT_EQ(sent.headers.get("x-version"), "1");
  EXPECT_EQ(sent.headers.get("x-team"), "geese");
  EXPECT_EQ(sent.headers.get("content-type"), "application/json");
  EXPECT_EQ(sent.redirects, http::Redirects::same_origin);
  EXPECT_EQ(sent.connect_timeout, milliseconds{5000});
}

TEST_F(ClientTest, AStreamThatNobodyAskedForIsRead) {
  client({{.headers = {{"content-type", "text/event-stream; charset=utf-8"}}, .body = word("Hel") + word("lo") + end}});
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->message), "Hello");
}

TEST_F(ClientTest, StreamsWhereverTheBytesAreCut) {
  const auto whole = word("Hel") + word("lo") + end;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    client({streams({whole.substr(0, cut), whole.substr(cut)})});
    const auto answer = stream();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(text_of(answer->message), "Hello");
    EXPECT_EQ(heard, "Hello");
    EXPECT_EQ(transport->completed, 1);
  }
  EXPECT_EQ(transport->requests.at(0).headers.get("accept"), "text/event-stream");
  EXPECT_EQ(transport->requests.at(0).body, R"({"model":"gpt","ask":"hello","stream":true})");
}

TEST_F(ClientTest, ReadsLinesWhereTheApiSendsLines) {
  framing = Framing::lines;
  client({{.chunks = {"{\"word\":\"a\"}\n{\"wor", "d\":\"b\"}\n{\"end\":1}"}}});
  const auto answer = stream();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->message), "ab");
  EXPECT_EQ(heard, "ab");
}

TEST_F(ClientTest, AnAnswerInOnePieceToAStreamedCallIsUnderstood) {
  client({{.chunks = {R"({"say":)", R"("whole"})"}}});
  const auto answer = stream();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->message), "whole");
  EXPECT_EQ(heard, "whole");
}

TEST_F(ClientTest, TriesAgainAsTheOfficialSdksDo) {
  client({status(500), {.failure = broken()}, says("third time lucky")});
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(transport->times.size(), 3U);
  const auto first = transport->times[1] - transport->times[0];
  const auto second = transport->times[2] - transport->times[1];
  EXPECT_GE(first, milliseconds{375});
  EXPECT_LE(first, milliseconds{500});
  EXPECT_GE(second, milliseconds{750});
  EXPECT_LE(second, milliseconds{1000});
  for (const auto& sent : transport->requests) EXPECT_EQ(sent.headers.get("idempotency-key"), "key-7");
}

TEST_F(ClientTest, GivesUpAfterTwoRetries) {
  client({status(503), status(503), status(503, R"({"error":{"message":"tired","type":"server_error"}})"), says("too late")});
  const auto answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::http_status);
  EXPECT_EQ(answer.error().message,
            "openai/gpt at http://host/v1/say failed on its side (status 503, server_error: tired); try again later (tried 3 times)");
  EXPECT_TRUE(answer.error().retryable);
  EXPECT_EQ(transport->requests.size(), 3U);
}

TEST_F(ClientTest, WaitsAsLongAsTheServerAsks) {
  client({status(429, "", {{"Retry-After", "7"}}), status(429, "", {{"retry-after-ms", "20"}, {"Retry-After", "7"}}), says("ok")});
  ASSERT_TRUE(ask());
  EXPECT_EQ(transport->times[1] - transport->times[0], seconds{7});
  EXPECT_EQ(transport->times[2] - transport->times[1], milliseconds{20});
}

TEST_F(ClientTest, WhatCannotSucceedIsNotTriedAgain) {
  client({status(400, R"({"error":"bad"})"), says("never")});
  EXPECT_EQ(ask().error().message, "openai/gpt at http://host/v1/say refused the request (status 400, bad)");
  client({status(429, R"({"error":{"code":"insufficient_quota","message":"pay"}})"), says("never")});
  const auto broke = ask();
  EXPECT_FALSE(broke.error().retryable);
  EXPECT_NE(broke.error().message.find("no credit left"), std::string::npos);
  client({status(500, "", {{"x-should-retry", "false"}}), says("never")});
  EXPECT_FALSE(ask().error().retryable);
  client({{.failure = broken("certificate has expired", false)}, says("never")});
  EXPECT_EQ(ask().error().message, "openai/gpt at http://host/v1/say: certificate has expired");
  EXPECT_EQ(transport->requests.size(), 1U);
  client({status(400, "", {{"x-should-retry", "true"}}), says("asked for")});
  EXPECT_TRUE(ask());
}

TEST_F(ClientTest, NothingIsTriedAgainOnceSomethingWasHeard) {
  auto scene = streams({word("half")});
  scene.failure = broken();
  client({scene, streams({word("again"), end})});
  const auto answer = stream();
  ASSERT_FALSE(answer);
  EXPECT_EQ(heard, "half");
  EXPECT_EQ(transport->requests.size(), 1U);
  EXPECT_TRUE(answer.error().retryable);
}

TEST_F(ClientTest, AStreamThatBrokeBeforeItSaidAnythingIsTriedAgain) {
  client({streams({}), streams({event(R"({"error":"overloaded"})")}), streams({word("ok"), end})});
  const auto answer = stream();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(heard, "ok");
  EXPECT_EQ(transport->requests.size(), 3U);
}

TEST_F(ClientTest, AnErrorWithinAStreamEndsIt) {
  client({streams({word("a"), event(R"({"error":"overloaded"})"), word("b")})});
  EXPECT_EQ(stream().error().message, "openai/gpt at http://host/v1/say: overloaded");
  EXPECT_EQ(transport->completed, 0);
}

TEST_F(ClientTest, NonsenseIsABadResponse) {
  settings.retry.max_retries = 0;
  client({{.body = "<html>hello"}});
  const auto html = ask();
  EXPECT_EQ(html.error().code, ErrorCode::bad_response);
  EXPECT_EQ(html.error().message, "openai/gpt at http://host/v1/say: the answer is no JSON: <html>hello");
  client({{.body = " "}});
  EXPECT_NE(ask().error().message.find("the answer is empty"), std::string::npos);
  client({{.body = "{}"}});
  EXPECT_EQ(ask().error().code, ErrorCode::bad_response);
  client({status(302)});
  EXPECT_EQ(ask().error().code, ErrorCode::bad_response);
  client({status(502, "<html>Bad gateway</html>")});
  EXPECT_EQ(ask().error().message, "openai/gpt at http://host/v1/say failed on its side (status 502); try again later");
  client({status(502, "no upstream")});
  EXPECT_NE(ask().error().message.find("(status 502, no upstream)"), std::string::npos);
}

TEST_F(ClientTest, WhatTheApiCannotSayIsRefusedBeforeItIsSent) {
  client({});
  auto odd = request();
  odd.seed = 7;
  const auto answer = time.run(io, made->complete(odd, {}));
  EXPECT_EQ(answer.error().code, ErrorCode::unsupported);
  EXPECT_EQ(answer.error().message, "openai/gpt: this API knows no seed");
  EXPECT_TRUE(transport->requests.empty());
}

TEST_F(ClientTest, AContextThatIsTooLongIsRecognised) {
  client({status(400, R"({"error":{"code":"context_length_exceeded","message":"This model's maximum context length is 8192 tokens."}})")});
  const auto answer = ask();
  EXPECT_EQ(answer.error().code, ErrorCode::too_large);
  EXPECT_TRUE(is_context_overflow(answer.error()));
  EXPECT_FALSE(answer.error().retryable);
  client({streams({event(R"({"error":"prompt is too long: 210000 tokens > 200000 maximum"})")})});
  const auto streamed = stream();
  EXPECT_TRUE(is_context_overflow(streamed.error()));
  EXPECT_EQ(streamed.error().code, ErrorCode::too_large);
}

TEST_F(ClientTest, ATryTakesNoLongerThanTheTotal) {
  settings.retry.max_retries = 1;
  settings.timeouts.total = seconds{10};
  auto slow = says("late");
  slow.pauses = {seconds{11}};
  client({slow, slow});
  const auto answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::timeout);
  EXPECT_NE(answer.error().message.find("was not complete within 10"), std::string::npos) << answer.error().message;
  EXPECT_EQ(transport->requests.size(), 2U);
  EXPECT_GE(time.elapsed(), seconds{20});
  EXPECT_LT(time.elapsed(), seconds{21});
  slow.pauses = {seconds{9}};
  client({slow});
  EXPECT_TRUE(ask());
}

TEST_F(ClientTest, TheFirstPieceMustComeInTime) {
  settings.retry.max_retries = 0;
  settings.timeouts.first_token = seconds{5};
  auto slow = streams({": ping\n\n", word("a"), end});
  slow.pauses = {seconds{3}, seconds{3}};
  client({slow});
  EXPECT_NE(stream().error().message.find("no part of the answer came within 5"), std::string::npos);
  slow.pauses = {seconds{3}, seconds{1}, seconds{60}};
  client({slow});
  EXPECT_TRUE(stream());
  auto whole = says("slow");
  whole.pauses = {seconds{60}};
  client({whole});
  EXPECT_TRUE(ask()) << "an answer in one piece has no first piece";
}

TEST_F(ClientTest, SilenceBetweenPiecesIsLimited) {
  settings.timeouts.between_tokens = seconds{5};
  auto slow = streams({word("a"), ": ping\n\n", ": ping\n\n", word("b"), end});
  slow.pauses = {seconds{60}, seconds{4}, seconds{4}, seconds{4}, seconds{6}};
  client({slow});
  const auto answer = stream();
  ASSERT_FALSE(answer);
  EXPECT_EQ(heard, "ab");
  EXPECT_NE(answer.error().message.find("the answer stopped for 5"), std::string::npos) << answer.error().message;
  EXPECT_EQ(time.elapsed(), seconds{60 + 12 + 5});
  EXPECT_EQ(transport->requests.size(), 1U);
}

TEST_F(ClientTest, AConnectionThatStaysOpenAfterTheAnswerIsCut) {
  auto scene = streams({word("a"), end});
  scene.pauses = {seconds{0}, seconds{0}, seconds{3600}};
  client({scene});
  ASSERT_TRUE(stream());
  EXPECT_EQ(time.elapsed(), milliseconds{250});
  auto breaks = streams({word("a"), end});
  breaks.failure = broken();
  client({breaks});
  EXPECT_TRUE(stream()) << "what happens after the answer is complete does not matter";
}

TEST_F(ClientTest, WithoutLimitsItWaitsForEver) {
  settings.timeouts = {.total = microseconds{0}, .first_token = microseconds{0}, .between_tokens = microseconds{0}};
  auto slow = streams({word("a"), end});
  slow.pauses = {std::chrono::hours{100}, std::chrono::hours{100}};
  client({slow});
  EXPECT_TRUE(stream());
}

TEST_F(ClientTest, CancellationEndsTheCall) {
  auto slow = says("late");
  slow.pauses = {std::chrono::hours{1}};
  client({slow});
  asio::cancellation_signal stop;
  std::exception_ptr error;
  asio::co_spawn(io, made->complete(request(), {}),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, const Result<Response>&) { error = std::move(e); }));
  while (io.poll() != 0) {
  }
  ASSERT_EQ(transport->requests.size(), 1U);
  stop.emit(asio::cancellation_type::terminal);
  io.restart();
  io.poll();
  EXPECT_TRUE(async::is_cancellation(error));
}

TEST_F(ClientTest, IdenticalRequestsAreAnsweredFromTheCacheWhenAsked) {
  cache = std::make_shared<MemoryAnswerCache>();
  settings.cache_for = std::chrono::hours{1};
  client({says("one"), says("other"), says("later")});
  EXPECT_EQ(text_of(ask()->message), "one");
  const auto again = ask();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->cached);
  EXPECT_EQ(again->answered_by, "openai/gpt");
  EXPECT_EQ(text_of(stream()->message), "one");
  EXPECT_EQ(heard, "one") << "a streamed call hears what the cache knows";
  EXPECT_EQ(text_of(ask("something else")->message), "other");
  EXPECT_EQ(transport->requests.size(), 2U);
  const auto pass = [](VirtualTime& time) -> asio::awaitable<int> {
    co_await wait(time, std::chrono::hours{1});
    co_return 0;
  };
  (void)time.run(io, pass(time));
  EXPECT_EQ(text_of(ask()->message), "later");
}

TEST_F(ClientTest, FailuresAndHalfAnswersAreNotCached) {
  cache = std::make_shared<MemoryAnswerCache>();
  settings.cache_for = std::chrono::hours{1};
  client({status(400), {.body = R"({"say":"cut off","cut":1})"}, says("whole")});
  EXPECT_FALSE(ask());
  EXPECT_EQ(text_of(ask()->message), "cut off");
  EXPECT_EQ(text_of(ask()->message), "whole");
  EXPECT_TRUE(ask()->cached);
}

TEST_F(ClientTest, ACacheThatIsNotAskedForIsNotUsed) {
  cache = std::make_shared<MemoryAnswerCache>();
  client({says("a"), says("b")});
  EXPECT_EQ(text_of(ask()->message), "a");
  EXPECT_EQ(text_of(ask()->message), "b");
}

TEST_F(ClientTest, WaitsForItsPlaceWhereTheKeyIsLimited) {
  limit = std::make_shared<KeyLimit>(resilience::RateLimitPolicy{.requests_per_minute = 2});
  client({says("a"), says("b"), says("c")});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ask());
  EXPECT_EQ(transport->times[1], seconds{0});
  EXPECT_EQ(transport->times[2], seconds{30});
}

TEST_F(ClientTest, TokensAreSettledWithWhatACallCost) {
  limit = std::make_shared<KeyLimit>(resilience::RateLimitPolicy{.tokens_per_minute = 2000});
  client({{.body = R"({"say":"a","tokens":10})"},
          {.body = R"({"say":"b","tokens":10})"},
          {.body = R"({"say":"c","tokens":4000})"},
          says("d")});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ask());
  EXPECT_EQ(transport->times[2], seconds{0}) << "each was taken for about 1030 tokens and cost 10";
  ASSERT_TRUE(ask());
  EXPECT_GT(transport->times[3], seconds{60});
}

TEST_F(ClientTest, AServerThatWantsToBeLeftAloneIsLeftAloneByAllUsersOfTheKey) {
  limit = std::make_shared<KeyLimit>(resilience::RateLimitPolicy{});
  settings.retry.max_retries = 0;
  client({status(429, "", {{"retry-after", "9"}}), says("ok")});
  EXPECT_EQ(ask().error().code, ErrorCode::rate_limited);
  client({says("ok")});
  ASSERT_TRUE(ask());
  EXPECT_EQ(transport->times[0], seconds{9});
}

}  // namespace
}  // namespace skein::model
