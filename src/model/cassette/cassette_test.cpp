#include "model/cassette/cassette.hpp"

#include <gtest/gtest.h>

#include "model/profile.hpp"

namespace skein::model {
namespace {

constexpr std::string_view head = R"({"cassette":1,"source":"written by hand"})";

Result<Cassette> parse(const std::string& lines) { return parse_cassette(std::string(head) + "\n" + lines + "\n", "c.jsonl"); }

std::string complaint(const std::string& line) {
  const auto cassette = parse(line);
  return cassette ? "(accepted)" : cassette.error().message;
}

RecordedRequest request(std::string_view body = R"({"model":"m"})") {
  return {.method = "POST", .path = "/v1/chat/completions", .body = recorded_body(body)};
}

void expect_equal(const RecordedAnswer& a, const RecordedAnswer& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.headers, b.headers);
  EXPECT_EQ(a.body, b.body);
  EXPECT_EQ(a.chunks, b.chunks);
  EXPECT_EQ(a.streamed, b.streamed);
  ASSERT_EQ(a.failure.has_value(), b.failure.has_value());
  if (a.failure) EXPECT_EQ(*a.failure, *b.failure);
}

void expect_round_trip(const RecordedAnswer& answer) {
  const auto line = cassette_line(request(), answer);
  const auto cassette = parse(line);
  ASSERT_TRUE(cassette) << cassette.error().message;
  ASSERT_EQ(cassette->exchanges.size(), 1U);
  expect_equal(cassette->exchanges[0].answer, answer);
  EXPECT_EQ(cassette_line(cassette->exchanges[0].request, cassette->exchanges[0].answer), line);
}

TEST(Cassette, AnswersComeBackAsTheyWereWritten) {
  RecordedAnswer whole{.status = 200,
                       .headers = {{"content-type", "application/json"}},
                       .body = R"({"id":"x","n":1.5})",
                       .chunks = {},
                       .streamed = false,
                       .failure = {}};
  expect_round_trip(whole);
  for (const char* body : {"", "plain", "\"text\"", "17", R"({"hex":"00"})", R"([1,2])", "{broken", "bytes \xff\xfe"}) {
    whole.body = body;
    expect_round_trip(whole);
  }
  RecordedAnswer streamed{.status = 200,
                          .headers = {},
                          .body = {},
                          .chunks = {"data: {\"t\":\"\xc3", "\xa4\"}\n\n", "", "data: [DONE]\n\n"},
                          .streamed = true,
                          .failure = {}};
  expect_round_trip(streamed);
  streamed.failure = Error{.code = ErrorCode::connection_failed, .message = "reset", .context = {}, .retryable = true, .retry_after = {}};
  expect_round_trip(streamed);
  RecordedAnswer none;
  none.failure = Error{.code = ErrorCode::timeout, .message = "no answer", .context = {}, .retryable = false, .retry_after = {}};
  expect_round_trip(none);
}

TEST(Cassette, ModelsComeBackAsTheyWereWritten) {
  RecordedModel model{.name = "compatible/a/b", .api = Api::openai_responses, .base_url = "http://h/v1", .profile = {}};
  model.profile.image_urls = false;
  const auto cassette = parse(cassette_line(model));
  ASSERT_TRUE(cassette) << cassette.error().message;
  ASSERT_EQ(cassette->models.size(), 1U);
  EXPECT_EQ(cassette->models[0].name, "compatible/a/b");
  EXPECT_EQ(cassette->models[0].api, Api::openai_responses);
  EXPECT_EQ(cassette->models[0].base_url, "http://h/v1");
  EXPECT_EQ(profile_to_json(cassette->models[0].profile), profile_to_json(model.profile));
  EXPECT_EQ(cassette->source, "written by hand");
}

TEST(Cassette, PathsAreAddedToTheAddress) {
  const auto cassette = parse(R"({"model":"openai/y","api":"openai_chat","base_url":"http://h/v1//"})");
  ASSERT_TRUE(cassette);
  EXPECT_EQ(cassette->models.at(0).base_url, "http://h/v1");
}

TEST(Cassette, BlankLinesCount) {
  const auto cassette =
      parse("\n" + cassette_line(request(), {.status = 200, .headers = {}, .body = {}, .chunks = {}, .streamed = false, .failure = {}}));
  ASSERT_TRUE(cassette);
  EXPECT_EQ(cassette->exchanges.at(0).line, 3U);
}

TEST(Cassette, BodiesTooDeepForALineAreText) {
  const std::string deep = std::string(127, '[') + std::string(127, ']');
  EXPECT_TRUE(recorded_body(deep).is_string());
  EXPECT_TRUE(recorded_body(R"({"a":1})").is_object());
  RecordedAnswer answer{.status = 200, .headers = {}, .body = deep, .chunks = {}, .streamed = false, .failure = {}};
  expect_round_trip(answer);
  answer.body = std::string(126, '[') + std::string(126, ']');
  expect_round_trip(answer);
}

TEST(Cassette, DamageIsNamed) {
  EXPECT_EQ(parse_cassette("", "c").error().message, "c is empty: it is no cassette");
  EXPECT_EQ(parse_cassette("{}", "c").error().message, R"(c:1: a cassette begins with {"cassette": 1, "source": "…"})");
  EXPECT_NE(parse_cassette(R"({"cassette":2})", "c").error().message.find("of version 2"), std::string::npos);
  EXPECT_NE(parse_cassette(R"({"cassette":1,"sorce":""})", "c").error().message.find("did you mean 'source'?"), std::string::npos);
  EXPECT_NE(complaint(R"({"request":{"method":)").find("was the recording cut off?"), std::string::npos);
  EXPECT_EQ(complaint("[]"), "c.jsonl:2: every line is a JSON object");
  EXPECT_EQ(complaint(R"({"request":{}})"), "c.jsonl:2: 'method' must be a string");
  EXPECT_EQ(complaint(R"({"request":{"method":"POST","path":"/"}})"), "c.jsonl:2: 'answer' must be an object");
  EXPECT_EQ(complaint(R"({"awnser":{}})"), "c.jsonl:2: unknown member 'awnser' of the exchange; did you mean 'answer'?");
  EXPECT_NE(complaint(R"({"model":"x/y","api":"openai_chat","base_url":""})").find("there is no provider 'x'"), std::string::npos);
  EXPECT_NE(complaint(R"({"model":"openai/y","api":"soap","base_url":""})").find("'api' must be"), std::string::npos);
  EXPECT_NE(complaint(R"({"model":"openai/y","api":"openai_chat","base_url":"","profile":{"x":1}})").find("a profile has no 'x'"),
            std::string::npos);
}

TEST(Cassette, DamagedAnswersAreNamed) {
  const auto answer = [](const std::string& said) {
    return complaint(R"({"request":{"method":"POST","path":"/"},"answer":)" + said + "}");
  };
  EXPECT_EQ(answer(R"({"status":200,"body":{}})"), "(accepted)");
  for (const char* status : {"99", "600", "\"200\"", "null"}) {
    EXPECT_EQ(answer(R"({"body":"","status":)" + std::string(status) + "}"), "c.jsonl:2: 'status' must be a number from 100 to 599");
  }
  EXPECT_EQ(answer(R"({"status":200})"), "c.jsonl:2: an answer has either a 'body' or 'chunks'");
  EXPECT_EQ(answer(R"({"status":200,"body":"","chunks":[]})"), "c.jsonl:2: an answer has either a 'body' or 'chunks'");
  EXPECT_EQ(answer(R"({"status":200,"chunks":"x"})"), "c.jsonl:2: 'chunks' must be a list of strings");
  for (const char* hex : {R"({"hex":"0"})", R"({"hex":"zz"})", R"({"hex":"0G"})"}) {
    EXPECT_NE(answer(R"({"status":200,"chunks":[)" + std::string(hex) + "]}").find("pairs of lower-case hexadecimal digits"),
              std::string::npos);
  }
  EXPECT_NE(answer(R"({"status":200,"chunks":[1]})").find("a chunk must be a string"), std::string::npos);
  EXPECT_NE(answer(R"({"status":200,"body":1})").find("'body' must be a string"), std::string::npos);
  EXPECT_NE(answer(R"({"status":200,"body":"","headers":[]})").find("'headers' must be an object"), std::string::npos);
  EXPECT_NE(answer(R"({"failure":{"code":"odd","message":""}})").find("the name of an error"), std::string::npos);
  EXPECT_NE(answer(R"({"failure":{"code":"timeout"}})").find("'message' must be a string"), std::string::npos);
  EXPECT_NE(answer(R"({"failure":{"code":"timeout","message":"","retryable":1}})").find("true or false"), std::string::npos);
  EXPECT_NE(answer(R"({"failure":{"code":"timeout","message":""},"headers":{}})").find("'status' must be"), std::string::npos);
}

}  // namespace
}  // namespace skein::model
