#include "base/secrets.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"

namespace skein {
namespace {

TEST(SecretValues, ReplacesKnownValuesEverywhere) {
  SecretValues secrets;
  secrets.add("hunter2secret");
  auto value = parse_json(R"({"a":"x hunter2secret y","b":["hunter2secret"],"khunter2secret":1,"n":5})").value();
  EXPECT_TRUE(secrets.redact(value));
  EXPECT_EQ(to_json(value), R"({"a":"x [redacted] y","b":["[redacted]"],"k[redacted]":1,"n":5})");
  EXPECT_EQ(secrets.redact("hunter2secret!"), "[redacted]!");
}

TEST(SecretValues, FindsValuesWithinBase64) {
  SecretValues secrets;
  secrets.add("hunter2secret");
  for (const std::string_view text : {"hunter2secret", "u:hunter2secret", "me:hunter2secret", "ann:hunter2secret;more"}) {
    const auto redacted = secrets.redact("Basic " + base64(text));
    EXPECT_NE(redacted.find("[redacted]"), std::string::npos) << text;
    EXPECT_LT(redacted.size(), sizeof "Basic [redacted]" + 16) << redacted;
  }
  EXPECT_EQ(secrets.redact("Basic " + base64("u:hunter3secret")), "Basic " + base64("u:hunter3secret"));
}

TEST(SecretValues, MasksTheLongerSecretFirst) {
  SecretValues secrets;
  secrets.add("abcd");
  secrets.add("abcdefgh");
  secrets.add("abcd");
  EXPECT_EQ(secrets.redact("abcdefgh abcd"), "[redacted] [redacted]");
}

TEST(SecretValues, LeavesShortValuesAlone) {
  SecretValues secrets;
  secrets.add("a");
  EXPECT_TRUE(secrets.empty());
  auto value = parse_json(R"(["banana"])").value();
  EXPECT_FALSE(secrets.redact(value));
}

TEST(RedactPatterns, HidesWhatLooksLikeASecret) {
  EXPECT_EQ(redact_patterns("Authorization: Bearer abcdefgh12345 ok"), "Authorization: Bearer [redacted] ok");
  EXPECT_EQ(redact_patterns("key sk-abcdefghijk"), "key sk-[redacted]");
  EXPECT_EQ(redact_patterns("https://me:pw@host/path and http://plain/"), "https://[redacted]@host/path and http://plain/");
  EXPECT_EQ(redact_patterns("Bearer of news"), "Bearer of news");
}

}  // namespace
}  // namespace skein
