#include "http/url.hpp"

#include <gtest/gtest.h>

namespace skein::http {
namespace {

TEST(Url, PartsAreNormalised) {
  const auto url = Url::parse("HTTPS://user:pa%20ss@Example.COM/a/b?x=1#frag");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->scheme(), "https");
  EXPECT_EQ(url->host(), "example.com");
  EXPECT_EQ(url->port(), "443");
  EXPECT_EQ(url->path(), "/a/b");
  EXPECT_EQ(url->query(), "x=1");
  EXPECT_EQ(url->credentials(), "user:pa%20ss");
  EXPECT_EQ(url->origin(), "https://example.com");
  EXPECT_EQ(url->text(), "https://example.com/a/b?x=1");
  EXPECT_EQ(url->display(), "https://example.com/a/b");
}

TEST(Url, TheDefaultPortIsTheSameOrigin) {
  EXPECT_TRUE(same_origin(*Url::parse("http://a/x"), *Url::parse("http://A:80/y")));
  EXPECT_FALSE(same_origin(*Url::parse("http://a/"), *Url::parse("https://a/")));
  EXPECT_FALSE(same_origin(*Url::parse("http://a/"), *Url::parse("http://a:81/")));
  EXPECT_FALSE(same_origin(*Url::parse("http://a/"), *Url::parse("http://a.b/")));
}

TEST(Url, WhatIsNotHttpIsRefused) {
  for (const char* text : {"", "example.com", "/path", "ftp://a/b", "file:///etc/passwd", "javascript://a", "http://", "http://a b/",
                           "http://a/\r\nX: 1", "http://a\\b/", "http://a:99999/", "http:///x"}) {
    const auto url = Url::parse(text);
    EXPECT_FALSE(url) << text;
    if (!url) EXPECT_EQ(url.error().code, ErrorCode::invalid_argument);
  }
}

TEST(Url, ErrorsNeverShowCredentialsOrTheQuery) {
  for (const char* text : {"ftp://user:hunter2@host/path?token=hunter2", "user:hunter2@host", "http://u:hunter2@ho st/", "hunter2@x:1"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().message.find("hunter2"), std::string::npos) << url.error().message;
  }
}

TEST(Url, ReferencesAreResolved) {
  const auto base = *Url::parse("http://u:p@host:8080/a/b?q=1");
  EXPECT_EQ(base.resolve("/c")->text(), "http://host:8080/c");
  EXPECT_EQ(base.resolve("c?x=2")->text(), "http://host:8080/a/c?x=2");
  EXPECT_EQ(base.resolve("../c")->text(), "http://host:8080/c");
  EXPECT_EQ(base.resolve("//other/c")->text(), "http://other/c");
  EXPECT_EQ(base.resolve("https://other/c")->text(), "https://other/c");
  EXPECT_EQ(base.resolve("/c")->credentials(), "u:p");
  EXPECT_EQ(base.resolve("//other/c")->credentials(), "");
  EXPECT_FALSE(base.resolve("file:///etc/passwd"));
  EXPECT_FALSE(base.resolve("gopher://x/"));
  EXPECT_FALSE(base.resolve("/a\r\nb"));
}

TEST(Url, NonAsciiIsEncoded) { EXPECT_EQ(Url::parse("http://a/grün?q=é")->text(), "http://a/gr%C3%BCn?q=%C3%A9"); }

TEST(Url, QueryIsAppended) {
  auto url = *Url::parse("http://a/b");
  url.append_query("x=1");
  url.append_query("y=" + percent_encode("a b&c=d/é"));
  EXPECT_EQ(url.text(), "http://a/b?x=1&y=a%20b%26c%3Dd%2F%C3%A9");
}

TEST(Url, Ipv6) {
  const auto url = Url::parse("http://[::1]:8080/x");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->origin(), "http://[::1]:8080");
}

}  // namespace
}  // namespace skein::http
