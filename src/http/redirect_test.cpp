#include "http/redirect.hpp"

#include <gtest/gtest.h>

namespace skein::http {
namespace {

Request post(std::string url) {
  Request request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json"}, {"Cookie", "session=1"}, {"Authorization", "Basic x"}, {"X-Own", "stays"}};
  request.auth_header = Headers::Field{"X-Api-Token", "secret"};
  request.body = "{}";
  return request;
}

Result<std::optional<Hop>> redirected(const Request& request, int status, std::string location, std::uint32_t so_far = 0) {
  auto hop = first_hop(Request(request));
  EXPECT_TRUE(hop);
  Response response;
  response.status = status;
  response.redirects = so_far;
  if (!location.empty()) response.headers.add("Location", std::move(location));
  return next_hop(request, *hop, response);
}

TEST(Redirect, AnAnswerIsAnAnswer) {
  for (const int status : {200, 300, 304, 404, 503}) EXPECT_EQ(redirected(post("http://a/"), status, "/b")->has_value(), false) << status;
  EXPECT_FALSE(redirected(post("http://a/"), 302, "")->has_value());
}

TEST(Redirect, MethodChangesAsTheRfcSays) {
  for (const int status : {301, 302, 303}) {
    const auto next = redirected(post("http://a/"), status, "/b");
    ASSERT_TRUE(next && *next);
    EXPECT_EQ((*next)->method, "GET") << status;
    EXPECT_EQ((*next)->body, "");
    EXPECT_FALSE((*next)->headers.has("Content-Type"));
  }
  for (const int status : {307, 308}) {
    const auto next = redirected(post("http://a/"), status, "/b");
    ASSERT_TRUE(next && *next);
    EXPECT_EQ((*next)->method, "POST") << status;
    EXPECT_EQ((*next)->body, "{}");
  }
  auto put = post("http://a/");
  put.method = "PUT";
  EXPECT_EQ((*redirected(put, 302, "/b"))->method, "PUT");
  EXPECT_EQ((*redirected(put, 303, "/b"))->method, "GET");
  put.method = "HEAD";
  EXPECT_EQ((*redirected(put, 303, "/b"))->method, "HEAD");
}

TEST(Redirect, CredentialsStayWithTheirOrigin) {
  for (const char* to : {"http://other/b", "http://a:81/b", "https://a/b"}) {
    const auto next = redirected(post("http://a/"), 307, to);
    ASSERT_TRUE(next && *next) << to;
    EXPECT_FALSE((*next)->headers.has("Authorization")) << to;
    EXPECT_FALSE((*next)->headers.has("Cookie")) << to;
    EXPECT_FALSE((*next)->headers.has("X-Api-Token")) << to;
    EXPECT_TRUE((*next)->headers.has("X-Own")) << to;
  }
  const auto same = redirected(post("http://a/"), 307, "http://a:80/b");
  EXPECT_TRUE((*same)->headers.has("Authorization"));
  EXPECT_TRUE((*same)->headers.has("X-Api-Token"));
}

TEST(Redirect, UnsafeTargetsAreRefused) {
  EXPECT_FALSE(redirected(post("https://a/"), 302, "http://a/"));
  EXPECT_FALSE(redirected(post("http://a/"), 302, "file:///etc/passwd"));
  EXPECT_FALSE(redirected(post("http://a/"), 302, "http://b/ c"));
  auto strict = post("http://a/");
  strict.redirects = Redirects::same_origin;
  EXPECT_FALSE(redirected(strict, 302, "http://b/"));
  EXPECT_TRUE(redirected(strict, 302, "/b"));
}

TEST(Redirect, CredentialsInTheTargetAreDropped) {
  EXPECT_EQ((*redirected(post("http://a/"), 302, "http://user:pw@b/"))->url.credentials(), "");
}

TEST(Redirect, TheLimitHolds) {
  EXPECT_TRUE(redirected(post("http://a/"), 302, "/b", 4));
  const auto r = redirected(post("http://a/x?token=s3cret"), 302, "/b", 5);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::bad_response);
  EXPECT_NE(r.error().message.find("more than 5 times"), std::string::npos);
  EXPECT_EQ(r.error().message.find("s3cret"), std::string::npos);
}

TEST(Redirect, HandBack) {
  auto request = post("http://a/");
  request.redirects = Redirects::hand_back;
  EXPECT_FALSE(redirected(request, 302, "/b")->has_value());
}

TEST(FirstHop, BadMethodsAreRefused) {
  for (const char* method : {"", "GET /x", "GET\r\nX: 1", "CONNECT"}) {
    auto request = post("http://a/");
    request.method = method;
    EXPECT_FALSE(first_hop(Request(request))) << method;
  }
}

TEST(FirstHop, TheAuthHeaderIsCheckedToo) {
  auto request = post("http://a/");
  request.auth_header = Headers::Field{"Authorization", "Bearer x\r\nEvil: 1"};
  EXPECT_FALSE(first_hop(Request(request)));
}

}  // namespace
}  // namespace skein::http
