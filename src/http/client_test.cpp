#include "http/client.hpp"

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "async/task_group.hpp"
#include "async/timeout.hpp"
#include "base/json.hpp"
#include "support/python_server.hpp"

namespace skein::http {
namespace {

class HttpClientTest : public ::testing::Test {
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

  Result<Response> send(Request request) { return async::run_in(io, client.send(std::move(request))); }
  Result<Response> fetch(const std::string& path) { return send(get(path)); }
  /// The answer as JSON.
  Json json(Request request) {
    const auto r = send(std::move(request));
    if (!r) {
      ADD_FAILURE() << r.error().message;
      return Json(JsonObject{});
    }
    auto value = parse_json(r->body);
    return value ? *value : Json(JsonObject{});
  }
  Json json(const std::string& path) { return json(get(path)); }
  Error error(const std::string& path) {
    const auto r = fetch(path);
    if (r) ADD_FAILURE() << path << " answered " << r->status;
    return r ? Error{} : r.error();
  }
  static std::string sent_header(const Json& echo, std::string_view name) {
    for (const auto& field : echo.at("headers").as_array()) {
      if (field.at(0).as_string() == name) return std::string(field.at(1).as_string());
    }
    return "(absent)";
  }

  static std::unique_ptr<test::PythonServer> server;
  asio::io_context io;
  Client client{io.get_executor()};
};
std::unique_ptr<test::PythonServer> HttpClientTest::server;

TEST_F(HttpClientTest, MethodHeadersAndBodyArrive) {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    auto request = get("/echo?a=1");
    request.method = method;
    request.headers = {{"X-Test", "yes"}, {"X-Empty", ""}, {"Content-Type", "application/json"}};
    request.body = R"({"x":1})";
    const auto echo = json(request);
    EXPECT_EQ(echo.at("method").as_string(), method);
    EXPECT_EQ(echo.at("body").as_string(), R"({"x":1})");
    EXPECT_EQ(echo.at("query").at("a").as_string(), "1");
    EXPECT_EQ(sent_header(echo, "X-Test"), "yes");
    EXPECT_EQ(sent_header(echo, "X-Empty"), "");
    EXPECT_EQ(sent_header(echo, "Content-Type"), "application/json");
    EXPECT_EQ(sent_header(echo, "User-Agent"), "skein");
    EXPECT_EQ(sent_header(echo, "Expect"), "(absent)");
  }
}

TEST_F(HttpClientTest, AnEmptyPostSaysItsLengthAndNoType) {
  auto request = get("/echo");
  request.method = "POST";
  const auto echo = json(request);
  EXPECT_EQ(sent_header(echo, "Content-Length"), "0");
  EXPECT_EQ(sent_header(echo, "Content-Type"), "(absent)");
}

TEST_F(HttpClientTest, HeadHasNoBody) {
  auto request = get("/bytes/1000");
  request.method = "HEAD";
  const auto r = send(request);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(r->body, "");
  EXPECT_EQ(r->headers.get("content-length"), "1000");
}

TEST_F(HttpClientTest, AnErrorStatusIsAnAnswer) {
  const auto r = fetch("/status/503?retry_after=7");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status, 503);
  EXPECT_EQ(r->headers.get("retry-after"), "7");
}

TEST_F(HttpClientTest, RepeatedHeadersAreKept) {
  const auto r = fetch("/headers");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->headers.get_all("set-cookie"), (std::vector<std::string_view>{"a=1", "b=2"}));
  EXPECT_EQ(r->headers.get_all("X-Many"), (std::vector<std::string_view>{"one", "two"}));
}

TEST_F(HttpClientTest, ConnectionsAreReused) {
  const auto before = json("/connections").at("accepted").as_int64();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(fetch("/echo")->status, 200);
  EXPECT_EQ(json("/connections").at("accepted").as_int64(), before);
}

asio::awaitable<void> fetch_into(Client& client, Request request, int* good) {
  const auto r = co_await client.send(std::move(request));
  if (r && r->status == 200) ++*good;
}

TEST_F(HttpClientTest, ManyAtOnce) {
  async::TaskGroup group(io.get_executor());
  int good = 0;
  for (int i = 0; i < 100; ++i) group.spawn(fetch_into(client, get("/bytes/20000"), &good));
  async::run_in(io, group.join());
  EXPECT_EQ(good, 100);
}

TEST_F(HttpClientTest, ClientsOnTwoThreadsDoNotDisturbEachOther) {
  const auto shard = [](int* good) {
    asio::io_context own;
    Client other(own.get_executor());
    for (int i = 0; i < 20; ++i) async::run_in(own, fetch_into(other, get("/echo"), good));
  };
  int first = 0;
  int second = 0;
  std::thread thread(shard, &first);
  shard(&second);
  thread.join();
  EXPECT_EQ(first + second, 40);
}

TEST_F(HttpClientTest, LargeBodiesBothWays) {
  auto request = get("/echo");
  request.method = "POST";
  request.body = std::string(2 << 20, 'a');
  EXPECT_EQ(json(request).at("body").as_string().size(), request.body.size());
  EXPECT_EQ(fetch("/chunked/3000000")->body.size(), 3'000'000U);
}

TEST_F(HttpClientTest, TheSizeLimitHoldsWithAndWithoutALength) {
  for (const char* path : {"/bytes/1001", "/chunked/1001"}) {
    auto request = get(path);
    request.max_response_bytes = 1000;
    const auto r = send(request);
    ASSERT_FALSE(r) << path;
    EXPECT_EQ(r.error().code, ErrorCode::too_large);
    EXPECT_FALSE(r.error().retryable);
  }
  auto request = get("/bytes/1000");
  request.max_response_bytes = 1000;
  EXPECT_EQ(send(request)->body.size(), 1000U);
}

TEST_F(HttpClientTest, CompressedAnswersAreDecodedAndLimitedByTheirRealSize) {
  EXPECT_EQ(fetch("/gzip")->body, R"({"compressed": true})");
  EXPECT_EQ(fetch("/deflate")->body, R"({"compressed": true})");
  EXPECT_EQ(error("/bomb/100").code, ErrorCode::too_large);
}

TEST_F(HttpClientTest, TrailersAreNoHeaders) {
  const auto r = fetch("/chunked/10");
  ASSERT_TRUE(r);
  EXPECT_FALSE(r->headers.has("X-Trailer"));
}

TEST_F(HttpClientTest, RedirectsAreFollowedUpToTheLimit) {
  const auto r = fetch("/redirect/5");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(r->redirects, 5U);
  EXPECT_EQ(r->final_url, server->url("/echo"));
  EXPECT_EQ(error("/redirect/6").code, ErrorCode::bad_response);
}

TEST_F(HttpClientTest, RedirectsElsewhereGoWithoutCredentials) {
  const test::PythonServer other("http_server.py");
  auto request = get("/redirect-to?status=307&url=" + other.url("/echo"));
  request.method = "POST";
  request.body = "kept";
  request.headers = {{"Cookie", "c=1"}, {"X-Own", "yes"}};
  request.auth_header = Headers::Field{"X-API-Key", "hunter2"};
  const auto echo = json(request);
  EXPECT_EQ(echo.at("body").as_string(), "kept");
  EXPECT_EQ(sent_header(echo, "X-API-Key"), "(absent)");
  EXPECT_EQ(sent_header(echo, "Cookie"), "(absent)");
  EXPECT_EQ(sent_header(echo, "X-Own"), "yes");

  request.url = server->url("/redirect/2?status=307");
  EXPECT_EQ(sent_header(json(request), "X-API-Key"), "hunter2");
}

TEST_F(HttpClientTest, CredentialsInTheUrlAreSentAndNotShown) {
  Request request;
  request.url = "http://user:pa%20ss@127.0.0.1:" + std::to_string(server->port()) + "/echo";
  const auto r = send(request);
  ASSERT_TRUE(r);
  EXPECT_NE(r->body.find("Basic dXNlcjpwYSBzcw=="), std::string::npos);
  EXPECT_EQ(r->final_url, server->url("/echo"));

  request.url = "http://user:hunter2@127.0.0.1:" + std::to_string(server->port()) + "/broken/not-http?key=hunter2";
  const auto broken = send(request);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message.find("hunter2"), std::string::npos) << broken.error().message;
}

TEST_F(HttpClientTest, BrokenAnswersAreErrorsThatMayBeRetried) {
  EXPECT_EQ(error("/broken/no-response").code, ErrorCode::connection_failed);
  EXPECT_TRUE(error("/broken/no-response").context.empty()) << "it was sent";
  for (const char* kind : {"close-early", "bad-chunk", "not-http", "bad-gzip"}) {
    const auto e = error(std::string("/broken/") + kind);
    EXPECT_EQ(e.code, ErrorCode::bad_response) << kind << ": " << e.message;
    EXPECT_TRUE(e.retryable) << kind;
    EXPECT_NE(e.message.find(std::string("/broken/") + kind), std::string::npos) << e.message;
  }
  EXPECT_EQ(error("/broken/header-flood").code, ErrorCode::too_large);
}

TEST_F(HttpClientTest, ARefusedConnectionSaysWhereAndWhy) {
  Request request;
  request.url = "http://127.0.0.1:1/x";
  const auto r = send(request);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::connection_failed);
  EXPECT_TRUE(r.error().retryable);
  EXPECT_NE(r.error().message.find("127.0.0.1:1: Connection refused"), std::string::npos) << r.error().message;
  EXPECT_EQ(r.error().context, not_sent);
}

TEST_F(HttpClientTest, AnUnknownHostIsNamed) {
  Request request;
  request.url = "http://no-such-host.invalid/x";
  const auto r = send(request);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::connection_failed);
  EXPECT_NE(r.error().message.find("no-such-host.invalid"), std::string::npos) << r.error().message;
}

TEST_F(HttpClientTest, TheTotalTimeIsLimited) {
  for (const char* path : {"/hang", "/slow-body"}) {
    auto request = get(path);
    request.timeout = milliseconds{30};
    const auto r = send(request);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, ErrorCode::timeout);
    EXPECT_EQ(r.error().message, "Request timeout");
    EXPECT_TRUE(r.error().retryable);
  }
}

TEST_F(HttpClientTest, CancellationClosesTheExchangeAtOnce) {
  const auto before = json("/hangs").at("gone").as_int64();
  const auto r = async::run_in(io, async::with_timeout(client.send(get("/hang")), milliseconds{30}));
  EXPECT_FALSE(r);
  // The server sees the connection go; other requests of this client are not disturbed.
  std::int64_t gone = before;
  for (int i = 0; i < 2000 && gone == before; ++i) gone = json("/hangs").at("gone").as_int64();
  EXPECT_GT(gone, before);
}

asio::awaitable<void> expect_cancelled(Client& client, Request request, ErrorCode* code) {
  const auto r = co_await client.send(std::move(request));
  if (!r) *code = r.error().code;
}

TEST_F(HttpClientTest, DestroyingTheClientEndsItsRequests) {
  async::TaskGroup group(io.get_executor());
  auto code = ErrorCode::internal;
  {
    Client own(io.get_executor());
    group.spawn(expect_cancelled(own, get("/hang"), &code));
    io.poll();
  }
  async::run_in(io, group.join());
  EXPECT_EQ(code, ErrorCode::cancelled);
}

TEST(HttpClientLifetime, TheContextMayGoWithARequestInFlight) {
  const test::PythonServer server("http_server.py");
  asio::io_context io;
  auto client = std::make_unique<Client>(io.get_executor());
  Request request;
  request.url = server.url("/hang");
  asio::co_spawn(io, client->send(std::move(request)), [](auto, auto) {});
  io.poll();
  client.reset();
}

TEST_F(HttpClientTest, InjectionIsRefusedBeforeAnythingIsSent) {
  // A witness of its own: the other tests' requests that they gave up may still arrive at theirs.
  const test::PythonServer witness("http_server.py");
  auto request = get("/echo");
  request.url = witness.url("/echo");
  request.headers = {{"X-Test", "a\r\nX-Evil: 1"}};
  EXPECT_EQ(send(request).error().code, ErrorCode::invalid_argument);
  request = get("/echo");
  request.url = witness.url("/echo");
  request.method = "GET /evil HTTP/1.1\r\n";
  EXPECT_EQ(send(request).error().code, ErrorCode::invalid_argument);
  request = get("/echo");
  request.url = "file:///etc/passwd";
  EXPECT_EQ(send(request).error().code, ErrorCode::invalid_argument);
  request = get("/connections");
  request.url = witness.url("/connections");
  EXPECT_EQ(json(request).at("requests").as_int64(), 1);
}

TEST_F(HttpClientTest, TheProxyOfTheEnvironmentIsUsed) {
  ::setenv("http_proxy", server->url().c_str(), 1);
  Request request;
  request.url = "http://behind-the-proxy.invalid/echo";
  const auto r = send(request);
  ::unsetenv("http_proxy");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_NE(r->body.find("http://behind-the-proxy.invalid/echo"), std::string::npos) << r->body;
}

TEST_F(HttpClientTest, TimingsAreInOrder) {
  const auto r = fetch("/echo");
  ASSERT_TRUE(r);
  EXPECT_GT(r->timings.total.count(), 0);
  EXPECT_LE(r->timings.first_byte, r->timings.total);
}

}  // namespace
}  // namespace skein::http
