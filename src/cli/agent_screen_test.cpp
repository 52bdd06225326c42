#include "cli/agent_screen.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>

namespace skein::cli {
namespace {

using namespace std::chrono_literals;
using model::Delta;

const Instant start{seconds{1'700'000'000}};

JsonPtr json(std::string_view text) { return std::make_shared<const Json>(parse_json(text).value()); }

/// What came to either stream, in order; what moves is not kept.
struct Watcher {
  AgentScreen screen;
  std::string answer;
  std::string notes;
  std::string all;

  explicit Watcher(AgentScreen::Options options = {}) : screen(options) {}
  void take(const AgentScreen::Writings& writings) {
    for (const auto& writing : writings) {
      (writing.answer ? answer : notes) += writing.text;
      all += writing.text;
    }
  }
  void tell(workflow::EventBody body, microseconds at = 0ms) { take(screen.apply({.at = start + at, .body = std::move(body)})); }
  void hear(std::string_view text, Delta::Kind kind = Delta::Kind::text) { take(screen.hear(kind, text)); }
  void ask(std::uint32_t number) { tell(workflow::CallStarted{.number = number, .request = json(R"({"model":"test/small"})")}); }
  void use(std::uint32_t number, std::string_view name) {
    tell(workflow::CallStarted{.number = number,
                               .kind = agent::CallKind::tool,
                               .request = std::make_shared<const Json>(JsonObject{{"tool", name}, {"arguments", JsonObject{{"n", 2}}}})});
  }
  void answered(std::uint32_t number, std::string_view text) {
    JsonObject part{{"type", "text"}, {"text", text}};
    JsonObject message{{"role", "assistant"}, {"parts", JsonArray{Json(part)}}};
    tell(workflow::CallEnded{
        .number = number, .answer = std::make_shared<const Json>(JsonObject{{"message", message}, {"finish", "stop"}}), .used = {}});
  }
  void used(std::uint32_t number, std::string_view brought) {
    tell(workflow::CallEnded{.number = number, .kind = agent::CallKind::tool, .answer = json(brought), .used = {}});
  }
};

TEST(AgentScreen, TheAnswerComesAsItIsSaid) {
  Watcher w;
  w.ask(1);
  w.hear("\n\nIt is ");
  EXPECT_EQ(w.answer, "It is ");
  w.hear("five.");
  w.answered(1, "It is five.");
  EXPECT_EQ(w.all, "It is five.\n");
  EXPECT_TRUE(w.screen.answer_shown());
  EXPECT_EQ(w.screen.turns(), 1U);
  w.take(w.screen.finish());
  EXPECT_EQ(w.all, "It is five.\n");
}

TEST(AgentScreen, WhatDoesNotComeInPiecesIsShownAtItsEnd) {
  Watcher w;
  w.ask(1);
  w.answered(1, "It is five.");
  EXPECT_EQ(w.answer, "It is five.\n");
  EXPECT_TRUE(w.screen.answer_shown());
}

TEST(AgentScreen, ToolCallsStandBetweenWhatIsSaid) {
  Watcher w;
  w.ask(1);
  w.hear("Let me see.");
  w.hear("add", Delta::Kind::tool_name);
  w.hear(R"({"n":2})", Delta::Kind::tool_arguments);
  w.answered(1, "Let me see.");
  w.use(2, "add");
  w.use(3, "sub");
  w.used(3, R"({"result":0})");
  w.used(2, R"({"result":"no \u001b[2J memory","failed":true})");
  w.ask(4);
  w.hear("Five.");
  w.answered(4, "Five.");
  EXPECT_EQ(w.all,
            "Let me see.\n"
            "▸ add {\"n\":2}\n"
            "▸ sub {\"n\":2}\n"
            "✓ sub 0\n"
            "✗ add no [2J memory\n"
            "Five.\n");
  EXPECT_EQ(w.answer, "Let me see.\nFive.\n");
  EXPECT_EQ(w.screen.turns(), 2U);
}

TEST(AgentScreen, AnswersThatAreValuesAreNotStreamed) {
  Watcher w({.stream_answer = false});
  w.ask(1);
  w.hear(R"({"total":)");
  w.answered(1, R"({"total":5})");
  EXPECT_EQ(w.answer, "");
  EXPECT_FALSE(w.screen.answer_shown());
}

TEST(AgentScreen, ALineMovesWhileNothingComes) {
  Watcher w({.moving_line = true, .width = 60});
  w.ask(1);
  w.take(w.screen.paint(start + 2s));
  EXPECT_NE(w.notes.find("test/small thinks  2.0s"), std::string::npos);
  w.hear("First I must think about a great many things that do not fit", Delta::Kind::reasoning);
  w.notes.clear();
  w.take(w.screen.paint(start + 3s));
  EXPECT_NE(w.notes.find("…"), std::string::npos);
  EXPECT_NE(w.notes.find("do not fit"), std::string::npos);
  w.notes.clear();
  w.hear("It is");
  EXPECT_EQ(w.notes, "\r\x1b[K");  // taken away before the answer begins
  w.take(w.screen.paint(start + 4s));
  EXPECT_EQ(w.notes, "\r\x1b[K");  // and never painted into it
}

TEST(AgentScreen, FailuresAndRetriesAreSaid) {
  Watcher w;
  w.ask(1);
  w.hear("It i");
  w.tell(workflow::CallEnded{.answer = json(R"({"error":{"code":"connection_failed","message":"the line broke"}})"), .used = {}});
  w.tell(workflow::AttemptFailed{
      .attempt = {},
      .error = {.code = ErrorCode::connection_failed, .message = "the line broke", .context = {}, .retryable = true, .retry_after = {}},
      .retry_at = start + 2s});
  EXPECT_EQ(w.all, "It i\n✗ the line broke\n↻ the line broke; tried again in 2.0s\n");
}

}  // namespace
}  // namespace skein::cli
