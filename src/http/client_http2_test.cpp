#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "async/task_group.hpp"
#include "base/json.hpp"
#include "http/body_sink.hpp"
#include "http/client.hpp"
#include "support/certificate.hpp"
#include "support/python_server.hpp"

namespace skein::http {
namespace {

/// One exchange and what is heard of it.
struct Heard final : BodySink {
  bool write(std::string_view chunk) override {
    text += chunk;
    if (on_text) on_text();
    return true;
  }
  std::string text;
  std::optional<Result<Response>> end;
  std::function<void()> on_text;
};

asio::awaitable<void> hear(Client& client, Request request, Heard& heard) {
  auto end = co_await client.send(std::move(request), heard);
  heard.end.emplace(std::move(end));
}

class Http2Test : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    test::clear_proxy_environment();
    certificate = std::make_unique<test::Certificate>();
  }
  static void TearDownTestSuite() { certificate.reset(); }
  void SetUp() override {
    if (!test::has_program("node")) GTEST_SKIP() << "the HTTP/2 peer needs node";
    ASSERT_TRUE(certificate->good());
  }
  void serve(const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments{certificate->file()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    server = std::make_unique<test::PythonServer>("http2_server.mjs", arguments);
  }
  [[nodiscard]] Request get(const std::string& path) const {
    Request request;
    request.url = "https://127.0.0.1:" + std::to_string(server->port()) + path;
    return request;
  }
  Result<Response> send(Request request) { return async::run_in(io, client.send(std::move(request))); }
  std::int64_t count(std::string_view what) {
    const auto counts = send(get("/counts"));
    return counts ? parse_json(counts->body)->at(what).as_int64() : -1;
  }
  /// Streams that all stay open until they are released; each that has begun is counted.
  std::vector<std::unique_ptr<Heard>> open_streams(async::TaskGroup& group, std::size_t number) {
    std::vector<std::unique_ptr<Heard>> streams;
    for (std::size_t i = 0; i < number; ++i) {
      streams.push_back(std::make_unique<Heard>());
      group.spawn(hear(client, get("/stream"), *streams.back()));
    }
    const auto begun = [&] { return std::ranges::count_if(streams, [](const auto& one) { return !one->text.empty(); }); };
    io.restart();
    while (begun() < static_cast<std::ptrdiff_t>(number) && io.run_one() > 0) {
    }
    return streams;
  }

  static std::unique_ptr<test::Certificate> certificate;
  std::unique_ptr<test::PythonServer> server;
  asio::io_context io;
  Client client{io.get_executor(), [] {
                  ClientOptions options;
                  options.ca_file = certificate->file();
                  return options;
                }()};
};
std::unique_ptr<test::Certificate> Http2Test::certificate;

TEST_F(Http2Test, RequestsThatBeginTogetherShareOneConnection) {
  serve();
  auto request = get("/?size=20000");
  request.method = "POST";
  request.body = std::string(100'000, 'a');
  std::vector<Heard> answers(20);
  async::TaskGroup group(io.get_executor());
  for (auto& answer : answers) group.spawn(hear(client, request, answer));
  async::run_in(io, group.join());
  for (const auto& answer : answers) {
    EXPECT_TRUE(answer.text.starts_with(R"({"version":"2.0","connections":1,"received":100000,)")) << answer.text.substr(0, 200);
  }
  request.version = Version::http1;
  const auto old_style = send(request);
  ASSERT_TRUE(old_style);
  EXPECT_TRUE(old_style->body.starts_with(R"({"version":"1.1")")) << old_style->body.substr(0, 200);
}

TEST_F(Http2Test, AnotherConnectionIsOpenedWhereTheServerTakesNoMoreStreams) {
  serve({"10"});
  async::TaskGroup group(io.get_executor());
  const auto first = open_streams(group, 10);
  EXPECT_EQ(count("connections"), 2) << "the count is asked for on another one";
  const auto more = open_streams(group, 3);
  EXPECT_EQ(count("connections"), 2);
  EXPECT_EQ(count("open"), 13);
  ASSERT_TRUE(send(get("/release")));
  async::run_in(io, group.join());
  for (const auto& stream : first) EXPECT_EQ(stream->text, "data: begin\n\ndata: end\n\n");
  for (const auto& stream : more) EXPECT_EQ(stream->text, "data: begin\n\ndata: end\n\n");
}

TEST_F(Http2Test, StreamsThatAServerRefusesBecauseItHasEnoughGoOnElsewhere) {
  // They begin before the server has said how many it takes.
  serve({"10"});
  async::TaskGroup group(io.get_executor());
  const auto streams = open_streams(group, 25);
  EXPECT_EQ(count("open"), 25);
  ASSERT_TRUE(send(get("/release")));
  async::run_in(io, group.join());
  for (const auto& stream : streams) {
    ASSERT_TRUE(*stream->end) << stream->end->error().message;
    EXPECT_EQ(stream->text, "data: begin\n\ndata: end\n\n");
  }
}

TEST_F(Http2Test, OneConnectionTakesAHundredStreams) {
  serve();
  async::TaskGroup group(io.get_executor());
  const auto streams = open_streams(group, 150);
  EXPECT_EQ(count("connections"), 2);
  ASSERT_TRUE(send(get("/release")));
  async::run_in(io, group.join());
  for (const auto& stream : streams) EXPECT_EQ(stream->text, "data: begin\n\ndata: end\n\n");
}

TEST_F(Http2Test, AStreamThatIsCancelledLeavesTheOthersAlone) {
  serve();
  async::TaskGroup group(io.get_executor()), given_up(io.get_executor());
  const auto streams = open_streams(group, 3);
  Heard one;
  one.on_text = [&] { asio::post(io, [&] { given_up.cancel_all(); }); };
  given_up.spawn(hear(client, get("/stream"), one));
  async::run_in(io, given_up.join());
  EXPECT_FALSE(one.end);
  for (int i = 0; i < 2000 && count("cancelled") == 0; ++i) {
  }
  EXPECT_EQ(count("cancelled"), 1);
  EXPECT_EQ(count("open"), 3);
  ASSERT_TRUE(send(get("/release")));
  async::run_in(io, group.join());
  for (const auto& stream : streams) EXPECT_EQ(stream->text, "data: begin\n\ndata: end\n\n");
  EXPECT_EQ(count("connections"), 1);
}

TEST_F(Http2Test, AStreamThatTheServerEndsLeavesTheOthersAlone) {
  serve();
  async::TaskGroup group(io.get_executor());
  const auto streams = open_streams(group, 3);
  for (const auto* path : {"/reset", "/reset?after=head"}) {
    const auto broken = send(get(path));
    ASSERT_FALSE(broken) << path;
    EXPECT_EQ(broken.error().code, ErrorCode::bad_response);
    EXPECT_TRUE(broken.error().retryable);
  }
  ASSERT_TRUE(send(get("/release")));
  async::run_in(io, group.join());
  for (const auto& stream : streams) EXPECT_EQ(stream->text, "data: begin\n\ndata: end\n\n");
  EXPECT_EQ(count("connections"), 1);
}

TEST_F(Http2Test, AConnectionThatTakesNoMoreEndsItsStreamsInPeace) {
  serve();
  async::TaskGroup group(io.get_executor());
  const auto streams = open_streams(group, 3);
  const auto going = send(get("/goaway"));
  ASSERT_TRUE(going) << going.error().message;
  EXPECT_EQ(going->body, "going");
  EXPECT_EQ(count("connections"), 2);
  ASSERT_TRUE(send(get("/release")));
  async::run_in(io, group.join());
  for (const auto& stream : streams) EXPECT_EQ(stream->text, "data: begin\n\ndata: end\n\n");
}

TEST_F(Http2Test, AConnectionThatBreaksIsARetryableErrorOfEachOfItsRequests) {
  serve();
  async::TaskGroup group(io.get_executor());
  const auto streams = open_streams(group, 5);
  const auto dropped = send(get("/drop"));
  ASSERT_FALSE(dropped);
  EXPECT_TRUE(dropped.error().retryable) << dropped.error().message;
  async::run_in(io, group.join());
  for (const auto& stream : streams) {
    ASSERT_FALSE(*stream->end);
    EXPECT_TRUE(stream->end->error().retryable) << stream->end->error().message;
    EXPECT_EQ(stream->text, "data: begin\n\n");
  }
  EXPECT_EQ(count("open"), 0);
}

/// Takes connections and says nothing.
class Mute {
 public:
  explicit Mute(asio::io_context& io) : acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {}
  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/"; }

 private:
  asio::ip::tcp::acceptor acceptor_;
};

TEST_F(Http2Test, WaitingForAConnectionOfOthersHasTheSameTimeLimit) {
  asio::io_context elsewhere;
  const Mute mute(elsewhere);
  Request request;
  request.url = mute.url();
  request.connect_timeout = milliseconds{150};
  std::vector<Heard> answers(10);
  async::TaskGroup group(io.get_executor());
  const auto began = std::chrono::steady_clock::now();
  for (auto& answer : answers) group.spawn(hear(client, request, answer));
  async::run_in(io, group.join());
  // One after another they would take ten times as long.
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{1200});
  for (const auto& answer : answers) {
    ASSERT_FALSE(*answer.end);
    EXPECT_EQ(answer.end->error().code, ErrorCode::connection_failed) << answer.end->error().message;
    EXPECT_EQ(answer.end->error().context, not_sent);
    EXPECT_TRUE(answer.end->error().retryable);
    EXPECT_NE(answer.end->error().message.find("cannot connect"), std::string::npos) << answer.end->error().message;
  }
}

TEST_F(Http2Test, WhoWaitsForAConnectionOfOthersMayBeCancelledAndShutDown) {
  asio::io_context elsewhere;
  const Mute mute(elsewhere);
  Request request;
  request.url = mute.url();
  std::vector<Heard> answers(4);
  async::TaskGroup group(io.get_executor()), others(io.get_executor());
  for (std::size_t i = 0; i < 3; ++i) group.spawn(hear(client, request, answers[i]));
  auto mortal = std::make_unique<Client>(io.get_executor());
  others.spawn(hear(*mortal, request, answers[3]));
  others.spawn(hear(*mortal, request, answers[3]));
  asio::post(io, [&] { asio::post(io, [&] { group.cancel_all(); }); });
  async::run_in(io, group.join());
  EXPECT_FALSE(answers[0].end || answers[1].end || answers[2].end);
  mortal.reset();
  async::run_in(io, others.join());
  ASSERT_TRUE(answers[3].end);
  EXPECT_EQ(answers[3].end->error().code, ErrorCode::cancelled);
}

TEST_F(Http2Test, RequestsToAServerOfHttp1DoNotWaitForEachOther) {
  test::PythonServer old("http_server.py", {"--certificate", certificate->file()});
  async::TaskGroup group(io.get_executor());
  std::vector<std::unique_ptr<Heard>> streams;
  std::size_t begun = 0;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(std::make_unique<Heard>());
    streams.back()->on_text = [&] { ++begun; };
    Request request;
    request.url = "https://127.0.0.1:" + std::to_string(old.port()) + "/sse/1?then=hang";
    group.spawn(hear(client, request, *streams.back()));
  }
  io.restart();
  while (begun < streams.size() && io.run_one() > 0) {
  }
  EXPECT_EQ(begun, streams.size());
  group.cancel_all();
  async::run_in(io, group.join());
}

}  // namespace
}  // namespace skein::http
