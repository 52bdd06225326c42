#include "http/sse.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skein::http {
namespace {

using Events = std::vector<std::string>;  // "name|data|id"

struct Fixture {
  const char* what;
  std::string stream;
  Events events;
};

const std::vector<Fixture>& fixtures() {
  using namespace std::string_literals;
  static const std::vector<Fixture> all = {
      {"one", "data: hello\n\n", {"|hello|"}},
      {"several data lines", "data: YHOO\ndata: +2\ndata: 10\n\n", {"|YHOO\n+2\n10|"}},
      {"comments, ids, an empty id",
       ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
       {"|first event|1", "|second event|", "| third event|"}},
      {"fields without a value", "data\n\ndata\ndata\n\ndata:", {"||", "|\n|"}},
      {"one leading space only", "data:test\n\ndata: test\n\ndata:  test\n\n", {"|test|", "|test|", "| test|"}},
      {"names", "event: add\ndata: 1\n\nevent: remove\ndata: 2\n\ndata: 3\n\n", {"add|1|", "remove|2|", "|3|"}},
      {"a name without data tells nothing and is forgotten", "event: add\n\ndata: 1\n\n", {"|1|"}},
      {"carriage returns and line feeds", "data: a\r\ndata: b\r\n\r\nevent: x\r\ndata: c\r\n\r\n", {"|a\nb|", "x|c|"}},
      {"carriage returns alone", "data: a\rdata: b\r\rdata: c\r\r", {"|a\nb|", "|c|"}},
      {"mixed line ends", "data: a\rdata: b\n\r\ndata: c\r\n\n", {"|a\nb|", "|c|"}},
      {"a byte order mark",
       "\xef\xbb\xbf"
       "data: a\n\n",
       {"|a|"}},
      {"only half a byte order mark",
       "\xef\xbb"
       "data: a\n\ndata: b\n\n",
       {"|b|"}},
      {"a byte order mark later is none",
       "data: a\n\n\xef\xbb\xbf"
       "data: b\n\ndata: c\n\n",
       {"|a|", "|c|"}},
      {"an id with a NUL is ignored", "id: 1\ndata: a\n\nid: x\0y\ndata: b\n\n"s, {"|a|1", "|b|1"}},
      {"unknown fields", "dat: a\ndata : b\nDATA: c\nretry: x\ndata: d\n\n", {"|d|"}},
      {"what the end cuts off", "data: a\n\ndata: b\n", {"|a|"}},
      {"a colon in the data", "data: {\"a\": 1}\n\n", {"|{\"a\": 1}|"}},
      {"many bytes of one letter", "data: \xf0\x9f\xa6\xa2\xc3\xa9\n\n", {"|\xf0\x9f\xa6\xa2\xc3\xa9|"}},
      {"nothing", "", {}},
      {"blank lines", "\n\r\n\r\n\n", {}},
  };
  return all;
}

Events read(const std::vector<std::string_view>& chunks) {
  SseParser parser;
  Events events;
  for (const auto chunk : chunks) {
    EXPECT_TRUE(parser.push(chunk, [&](const SseEvent& event) {
      events.push_back(std::string(event.name) + "|" + std::string(event.data) + "|" + std::string(event.id));
      return true;
    }));
  }
  return events;
}

TEST(SseParser, ReadsEveryFixtureHoweverItIsSplit) {
  for (const auto& [what, stream, events] : fixtures()) {
    const std::string_view text = stream;
    EXPECT_EQ(read({text}), events) << what;
    for (std::size_t at = 0; at <= text.size(); ++at) {
      EXPECT_EQ(read({text.substr(0, at), text.substr(at)}), events) << what << ", split at " << at;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
    EXPECT_EQ(read(bytes), events) << what << ", byte by byte";
  }
}

TEST(SseParser, AnEventIsToldWithItsBlankLineAndNotLater) {
  SseParser parser;
  int told = 0;
  const auto count = [&](const SseEvent&) { return ++told > 0; };
  ASSERT_TRUE(parser.push("data: a\r\n\r", count));
  EXPECT_EQ(told, 1);
  ASSERT_TRUE(parser.push("\ndata: b\n", count));
  EXPECT_EQ(told, 1);
  ASSERT_TRUE(parser.push("\n", count));
  EXPECT_EQ(told, 2);
}

TEST(SseParser, FalseEndsTheReading) {
  SseParser parser;
  Events events;
  const auto stop = [&](const SseEvent& event) {
    events.emplace_back(event.data);
    return event.data != "[DONE]";
  };
  ASSERT_TRUE(parser.push("data: a\n\ndata: [DONE]\n\ndata: b\n\n", stop));
  ASSERT_TRUE(parser.push("data: c\n\n", stop));
  EXPECT_EQ(events, (Events{"a", "[DONE]"}));
}

TEST(SseParser, EventsAreLimited) {
  const auto fine = [](const SseEvent&) { return true; };
  SseParser parser(16);
  EXPECT_TRUE(parser.push("data: 123456789\n\ndata: 123456789\n\n", fine));  // each for itself
  const auto whole_line = parser.push("data: 12345678901\n\n", fine);
  ASSERT_FALSE(whole_line);
  EXPECT_EQ(whole_line.error().code, ErrorCode::too_large);
  EXPECT_TRUE(parser.push("data: x\n\n", [](const SseEvent&) {
    ADD_FAILURE() << "the reading has ended";
    return true;
  }));

  SseParser of_lines(16);
  EXPECT_TRUE(of_lines.push("data: 12345\n", fine));
  EXPECT_FALSE(of_lines.push("data: 678901", fine));
  SseParser of_pieces(16);
  EXPECT_TRUE(of_pieces.push(": 345678", fine));
  EXPECT_FALSE(of_pieces.push("901234567", fine));
}

TEST(SseParser, RetryAndLastIdAreKept) {
  SseParser parser;
  const auto fine = [](const SseEvent&) { return true; };
  EXPECT_EQ(parser.retry(), std::nullopt);
  ASSERT_TRUE(parser.push("retry: 1500\nid: 7\n\nretry: -1\n\nretry: 2s\n\nretry:\n\n", fine));
  EXPECT_EQ(parser.retry(), milliseconds(1500));
  EXPECT_EQ(parser.last_id(), "7");
}

}  // namespace
}  // namespace skein::http
