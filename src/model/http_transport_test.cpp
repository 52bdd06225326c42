#include "model/http_transport.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "http/client.hpp"
#include "support/python_server.hpp"

namespace skein::model {
namespace {

class HttpTransportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    test::clear_proxy_environment();
    server = std::make_unique<test::PythonServer>("http_server.py");
  }
  static void TearDownTestSuite() { server.reset(); }

  Result<http::Response> send(const std::string& path, ChunkSink sink = {}) {
    http::Request request;
    request.url = server->url(path);
    return async::run_in(io, transport.send(std::move(request), std::move(sink)));
  }

  static std::unique_ptr<test::PythonServer> server;
  asio::io_context io;
  http::Client client{io.get_executor()};
  HttpTransport transport{client};
};
std::unique_ptr<test::PythonServer> HttpTransportTest::server;

TEST_F(HttpTransportTest, WithoutASinkTheBodyIsReturned) {
  const auto answer = send("/bytes/3");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "xxx");
}

TEST_F(HttpTransportTest, WithASinkItComesInPieces) {
  std::string heard;
  const auto answer = send("/sse/3", [&](const http::Response& head, std::string_view chunk) {
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.get("content-type"), "text/event-stream");
    heard += chunk;
    return true;
  });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "");
  EXPECT_NE(heard.find(R"({"n": 2})"), std::string::npos);
}

TEST_F(HttpTransportTest, ARefusalIsReturnedWhole) {
  const auto answer = send("/status/503?body=no", [](const http::Response&, std::string_view) {
    ADD_FAILURE() << "the sink hears of success only";
    return true;
  });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "no");
}

TEST_F(HttpTransportTest, ASinkThatHasEnoughEndsTheExchange) {
  int pieces = 0;
  const auto answer = send("/chunked/1000000", [&](const http::Response&, std::string_view) { return ++pieces < 2; });
  EXPECT_TRUE(answer);
  EXPECT_EQ(pieces, 2);
}

}  // namespace
}  // namespace skein::model
