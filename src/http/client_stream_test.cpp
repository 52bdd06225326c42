#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "async/task_group.hpp"
#include "base/json.hpp"
#include "http/body_sink.hpp"
#include "http/client.hpp"
#include "http/sse.hpp"
#include "support/python_server.hpp"

namespace skein::http {
namespace {

/// Keeps what it hears, in order.
class Ear final : public BodySink {
 public:
  bool head(int status, const Headers& headers) override {
    heard.push_back("head " + std::to_string(status) + " " + std::string(headers.get("Content-Type").value_or("-")));
    return !stop_at_head;
  }
  bool write(std::string_view chunk) override {
    bytes += chunk.size();
    bool goes_on = true;
    const auto read = parser.push(chunk, [&](const SseEvent& event) {
      heard.emplace_back(event.data);
      goes_on = !on_event || on_event(event.data);
      return goes_on;
    });
    EXPECT_TRUE(read);
    return goes_on;
  }

  std::vector<std::string> heard;
  std::size_t bytes = 0;
  bool stop_at_head = false;
  std::function<bool(std::string_view)> on_event;
  SseParser parser;
};

const std::vector<std::string> three_events{"head 200 text/event-stream", R"({"n": 0})", R"({"n": 1})", R"({"n": 2})"};

asio::awaitable<void> open_gate(Client& client, std::string url) {
  Request request;
  request.url = std::move(url);
  (void)co_await client.send(std::move(request));
}

class HttpStreamTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    test::clear_proxy_environment();
    server = std::make_unique<test::PythonServer>("http_server.py");
  }
  static void TearDownTestSuite() { server.reset(); }

  static Request get(const std::string& path) {
    Request request;
    request.url = server->url(path);
    return request;
  }
  Result<Response> send(Request request, std::size_t max_stream_bytes = 1 << 20) {
    return async::run_in(io, client.send(std::move(request), ear, max_stream_bytes));
  }
  std::int64_t witness(const std::string& path, std::string_view key) {
    const auto r = async::run_in(io, client.send(get(path)));
    const auto value = r ? parse_json(r->body) : Result<Json>(std::unexpected(r.error()));
    return value ? value->at(key).as_int64() : -1;
  }

  static std::unique_ptr<test::PythonServer> server;
  asio::io_context io;
  Client client{io.get_executor()};
  Ear ear;
};
std::unique_ptr<test::PythonServer> HttpStreamTest::server;

TEST_F(HttpStreamTest, EachEventIsHeardBeforeTheNextIsSent) {
  // The server holds each event back until the one before has been heard here: a client that waits for more would wait for ever.
  async::TaskGroup group(io.get_executor());
  ear.on_event = [&](std::string_view) {
    asio::post(io, [&] { group.spawn(open_gate(client, server->url("/open?gate=a"))); });
    return true;
  };
  const auto r = send(get("/sse/3?gate=a"));
  async::run_in(io, group.join());
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(r->body, "");
  EXPECT_EQ(r->headers.get("content-type"), "text/event-stream");
  EXPECT_EQ(ear.heard, three_events);
}

TEST_F(HttpStreamTest, CompressedStreamsAreHeardAsTheyComeToo) {
  async::TaskGroup group(io.get_executor());
  ear.on_event = [&](std::string_view) {
    asio::post(io, [&] { group.spawn(open_gate(client, server->url("/open?gate=b"))); });
    return true;
  };
  const auto r = send(get("/sse/3?gate=b&gzip=1"));
  async::run_in(io, group.join());
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(ear.heard, three_events);
}

TEST_F(HttpStreamTest, HeadersAreHeardBeforeTheBody) {
  ear.stop_at_head = true;
  const auto r = send(get("/slow-body"));
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(ear.heard, std::vector<std::string>{"head 200 -"});
}

TEST_F(HttpStreamTest, ASinkThatWantsNoMoreEndsTheExchangeAtOnce) {
  const auto before = witness("/hangs", "gone");
  ear.on_event = [](std::string_view data) { return data != R"({"n": 1})"; };
  const auto r = send(get("/sse/2?then=hang"));
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(ear.heard.size(), 3U);
  auto gone = before;
  for (int i = 0; i < 2000 && gone == before; ++i) gone = witness("/hangs", "gone");
  EXPECT_GT(gone, before);
}

TEST_F(HttpStreamTest, AStreamThatEndsKeepsItsConnection) {
  ASSERT_TRUE(send(get("/sse/2")));
  const auto before = witness("/connections", "accepted");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send(get("/sse/2")));
  EXPECT_EQ(witness("/connections", "accepted"), before);
}

TEST_F(HttpStreamTest, AnErrorStatusIsCollected) {
  const auto r = send(get("/status/429?body=slow+down&retry_after=3"));
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->status, 429);
  EXPECT_EQ(r->body, "slow down");
  EXPECT_EQ(r->headers.get("retry-after"), "3");
  EXPECT_TRUE(ear.heard.empty());

  auto large = get("/sse/100?status=500");
  large.max_response_bytes = 100;
  EXPECT_EQ(send(large).error().code, ErrorCode::too_large);
  EXPECT_TRUE(ear.heard.empty());
}

TEST_F(HttpStreamTest, RedirectsAreFollowedUnheard) {
  const auto r = send(get("/redirect-to?url=/sse/3"));
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->redirects, 1U);
  EXPECT_EQ(r->final_url, server->url("/sse/3"));
  EXPECT_EQ(ear.heard, three_events);
}

TEST_F(HttpStreamTest, StreamsHaveALimitOfTheirOwn) {
  auto request = get("/sse/3");
  request.max_response_bytes = 1;
  EXPECT_TRUE(send(request));
  ear.heard.clear();
  const auto r = send(get("/sse/100"), 100);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::too_large);
  EXPECT_FALSE(r.error().retryable);
  EXPECT_NE(r.error().message.find("100 bytes"), std::string::npos) << r.error().message;
  const auto bomb = send(get("/bomb/100"), 1 << 20);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, ErrorCode::too_large);
  EXPECT_TRUE(send(get("/chunked/300000"), 0)) << "0 is no limit";
}

TEST_F(HttpStreamTest, AStreamThatBreaksOffIsAnError) {
  const auto r = send(get("/sse/2?then=cut"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::bad_response);
  EXPECT_TRUE(r.error().retryable);
  EXPECT_EQ(ear.heard.size(), 3U);
}

asio::awaitable<void> stream_into(Client& client, Request request, Ear* ear, bool* returned) {
  (void)co_await client.send(std::move(request), *ear);
  *returned = true;
}

TEST_F(HttpStreamTest, ACallerMayCancelAStreamThatStalls) {
  const auto before = witness("/hangs", "gone");
  async::TaskGroup group(io.get_executor());
  ear.on_event = [&](std::string_view) {
    asio::post(io, [&] { group.cancel_all(); });
    return true;
  };
  bool returned = false;
  group.spawn(stream_into(client, get("/sse/1?then=hang"), &ear, &returned));
  async::run_in(io, group.join());
  EXPECT_FALSE(returned);
  EXPECT_EQ(ear.heard.size(), 2U);
  auto gone = before;
  for (int i = 0; i < 2000 && gone == before; ++i) gone = witness("/hangs", "gone");
  EXPECT_GT(gone, before);
}

TEST_F(HttpStreamTest, WhatASinkThrowsReachesTheCaller) {
  ear.on_event = [](std::string_view) -> bool { throw std::runtime_error("the sink broke"); };
  EXPECT_THROW((void)send(get("/sse/2")), std::runtime_error);
  ear.on_event = nullptr;
  ear.heard.clear();
  ear.parser = SseParser();
  EXPECT_TRUE(send(get("/sse/3")));
  EXPECT_EQ(ear.heard, three_events);
}

}  // namespace
}  // namespace skein::http
