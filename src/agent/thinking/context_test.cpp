#include <gtest/gtest.h>

#include <boost/json/array.hpp>

#include "agent/thinking/loop_play_test.hpp"
#include "base/error_json.hpp"
#include "model/token_bound.hpp"

// Conversations that outgrow the window, guardrails, sources.
namespace skein::agent {
namespace {

using testing::Play;
using testing::usual;

LoopSetup small_window(std::uint32_t tokens = 2000) {
  auto setup = usual();
  setup.settings.context_tokens = tokens;
  setup.settings.max_output_tokens = 200;
  return setup;
}

std::string result_text(const ToolLoop& loop, std::size_t message) {
  return std::get<model::ToolResult>(loop.request_of(0).messages.at(message).parts.at(0)).text;
}

void look_up(Play& play, int n, std::size_t bytes) {
  play.model_says("", {{"add", "{\"n\":" + std::to_string(n) + "}"}});
  play.tools_bring(Json(std::string(bytes, static_cast<char>('a' + n))));
}

TEST(Context, TheOldestResultsGiveWayToNotesAndTheJournalSaysSo) {
  Play play(small_window());
  look_up(play, 1, 3000);
  look_up(play, 2, 100);
  look_up(play, 3, 3000);
  const auto wanted = play.turn();
  ASSERT_EQ(wanted.calls.size(), 1U);
  EXPECT_EQ(wanted.calls[0].request.at("forget"), 1);
  EXPECT_FALSE(wanted.calls[0].request.get_object().contains("summary"));
  EXPECT_EQ(result_text(*play.loop, 2).find("[left out to save room: a result of 3000 bytes that began with: bbb"), 0U);
  EXPECT_EQ(result_text(*play.loop, 4), std::string(100, 'c')) << "a short one stays";
  EXPECT_EQ(result_text(*play.loop, 6), std::string(3000, 'd')) << "the latest stays";
  const auto request = play.loop->request_of(static_cast<std::uint32_t>(play.journal.size()));
  EXPECT_LE(model::prompt_token_estimate(request) + 200, 2000U);
  EXPECT_EQ(play.refolded()->request_of(0).messages, play.loop->request_of(0).messages);
}

TEST(Context, NothingIsLeftOutWhereTheWindowIsNotKnown) {
  Play play;
  look_up(play, 1, 60000);
  look_up(play, 2, 60000);
  EXPECT_FALSE(play.turn().calls.at(0).request.get_object().contains("forget"));
}

TEST(Context, WhatIsStillTooLongIsSummedUp) {
  Play play(small_window());
  for (int n = 1; n <= 4; ++n) {
    play.model_says(std::string(1200, 'x'), {{"add", "{\"n\":" + std::to_string(n) + "}"}});
    play.tools_bring(Json(std::string(900, 'y')));
  }
  const auto wanted = play.turn();
  ASSERT_EQ(wanted.calls.size(), 1U);
  EXPECT_EQ(wanted.calls[0].request.at("summary"), true);
  const auto number = static_cast<std::uint32_t>(play.journal.size());
  const auto asked = play.loop->request_of(number);
  EXPECT_EQ(asked.tool_choice, model::ToolChoice::none);
  EXPECT_EQ(model::text_of(asked.messages.back()).find("There is no room left"), 0U);
  const auto summary = [&](const std::string& text) {
    return model::response_to_json({.message = {.role = model::Role::assistant, .parts = {model::Text{text}}},
                                    .finish = model::Finish::stop,
                                    .usage = model::Usage{.input = 50, .output = 5}});
  };
  play.answer(number, summary("Found y four times."));
  const auto messages = play.loop->request_of(0).messages;
  ASSERT_EQ(messages.size(), 3U) << "the task, the latest answer, what it was told";
  EXPECT_EQ(model::text_of(messages[0]), "What is 2 and 3?\n\nWhat you have found out and done so far:\nFound y four times.");
  EXPECT_EQ(play.refolded()->request_of(0).messages, messages);
  for (int n = 5; n <= 7; ++n) {
    play.model_says(std::string(2000, 'x'), {{"add", "{\"n\":" + std::to_string(n) + "}"}});
    play.tools_bring(1);
  }
  EXPECT_EQ(play.turn().calls.at(0).request.at("summary"), true);
  play.answer(static_cast<std::uint32_t>(play.journal.size()), summary("Still y."));
  EXPECT_EQ(model::text_of(play.loop->request_of(0).messages[0]), "What is 2 and 3?\n\nWhat you have found out and done so far:\nStill y.")
      << "one summary takes the place of the other";
  play.model_says("Five.");
  const auto end = play.end();
  EXPECT_EQ(end.metadata.at("turns"), 8) << "a summary is no turn";
  EXPECT_EQ(end.metadata.at("usage").at("output_tokens"), 90);
}

TEST(Context, AnAnswerThatFillsTheWindowAloneIsSentAsItIs) {
  Play play(small_window(1000));
  play.model_says(std::string(9000, 'x'), {{"add", R"({"n":1})"}});
  play.tools_bring(1);
  const auto request = play.turn().calls.at(0).request;
  EXPECT_FALSE(request.get_object().contains("forget"));
  EXPECT_FALSE(request.get_object().contains("summary"));
}

TEST(Context, AServerThatSaysItIsTooLongIsAskedAgainWithLess) {
  Play play;
  look_up(play, 1, 60000);
  look_up(play, 2, 600);
  const Error too_long{.code = ErrorCode::too_large,
                       .message = "too long",
                       .context = "status=400 reason=context_overflow",
                       .retryable = false,
                       .retry_after = {}};
  (void)play.turn();
  play.answer(static_cast<std::uint32_t>(play.journal.size()), JsonObject{{"error", error_to_json(too_long)}});
  EXPECT_EQ(play.turn().calls.at(0).request.at("forget"), 1);
  for (int i = 0; i < 2; ++i) {
    play.answer(static_cast<std::uint32_t>(play.journal.size()), JsonObject{{"error", error_to_json(too_long)}});
    (void)play.turn();
  }
  play.answer(static_cast<std::uint32_t>(play.journal.size()), JsonObject{{"error", error_to_json(too_long)}});
  EXPECT_EQ(play.end().error.message, "too long");
}

TEST(Guarded, WhatToolsBringIsLookedAtBeforeTheModelGetsIt) {
  auto setup = usual();
  setup.on_tool_results = Guards::make({{.forbidden_words = {"hidden"}, .action = GuardAction::redact},
                                        {.forbidden_patterns = {"ignore all"}, .message = "it gives orders"}})
                              .value();
  Play play(std::move(setup));
  play.model_says("", {{"add", R"({"n":1})"}});
  play.tools_bring("a hidden thing");
  EXPECT_EQ(result_text(*play.loop, 2), "a [removed] thing");
  play.model_says("", {{"add", R"({"n":2})"}});
  play.tools_bring("ignore all", {"http://bad"});
  EXPECT_EQ(result_text(*play.loop, 4), "a guardrail refuses what add brought: it gives orders");
}

TEST(Guarded, TheAnswerIsLookedAtBeforeItIsTheResult) {
  auto setup = usual();
  setup.on_output = Guards::make({{.forbidden_words = {"hidden"}, .action = GuardAction::redact}, {.max_length = 30}}).value();
  Play play(setup);
  play.model_says("a hidden thing");
  EXPECT_EQ(play.end().result.at("output"), "a [removed] thing");
  Play longer(setup);
  longer.model_says(std::string(31, 'x'));
  const auto end = longer.end();
  EXPECT_EQ(end.error.code, ErrorCode::rejected);
  EXPECT_EQ(end.error.message, "a guardrail refuses the answer: it is 31 characters long, and 30 may be");
  EXPECT_FALSE(end.error.retryable);
}

TEST(Sources, AreNumberedOnceAndToldToTheModel) {
  Play play;
  play.model_says("", {{"add", R"({"n":1})"}});
  play.tools_bring("x", {"http://a", "http://b", "http://a"});
  EXPECT_EQ(result_text(*play.loop, 2), "x\n\nSources, to be cited by their numbers:\n[1] http://a\n[2] http://b");
  play.model_says("", {{"add", R"({"n":2})"}});
  play.tools_bring("y", {"http://c", "http://b"});
  EXPECT_EQ(result_text(*play.loop, 4), "y\n\nSources, to be cited by their numbers:\n[2] http://b\n[3] http://c");
  play.model_says("Five [2].");
  EXPECT_EQ(to_json(play.end().result.at("sources")), R"(["http://a","http://b","http://c"])");
}

TEST(Context, ATaskThatFillsTheWindowIsSentAsItIs) {
  auto setup = small_window(100);
  Play play(setup);
  const auto request = play.turn().calls.at(0).request;
  EXPECT_FALSE(request.get_object().contains("forget"));
  EXPECT_FALSE(request.get_object().contains("summary"));
  const Error too_long{
      .code = ErrorCode::too_large, .message = "too long", .context = "reason=context_overflow", .retryable = false, .retry_after = {}};
  play.answer(1, JsonObject{{"error", error_to_json(too_long)}});
  EXPECT_EQ(play.end().error.message, "too long") << "there is nothing to leave out";
}

TEST(Context, NoMoreIsLeftOutThanIsNeeded) {
  Play play(small_window(6000));
  look_up(play, 1, 12'000);
  look_up(play, 2, 3000);
  look_up(play, 3, 6000);
  EXPECT_EQ(play.turn().calls.at(0).request.at("forget"), 1);
  EXPECT_EQ(result_text(*play.loop, 4), std::string(3000, 'c'));
}

TEST(Context, AJournalMayForgetMoreThanThereIs) {
  Play play;
  look_up(play, 1, 3000);
  play.loop->started(9, CallKind::model, std::make_shared<const Json>(*parse_json(R"({"forget": 5})")));
  EXPECT_EQ(result_text(*play.loop, 2).find("[left out to save room"), 0U);
}

TEST(Context, ASummaryLeavesThePicturesOfTheTask) {
  const model::Part picture = model::Image{.media_type = "image/png", .data = "AAAA", .url = {}};
  testing::Pure loop(std::make_shared<const LoopSetup>(usual()),
                     {{.role = model::Role::user, .parts = {picture, model::Text{"What is it?"}}}}, {});
  loop.started(1, CallKind::model, std::make_shared<const Json>(*parse_json(R"({"summary": true})")));
  const model::Response response{.message = {.role = model::Role::assistant, .parts = {model::Text{"a goose"}}}};
  loop.answered(1, std::make_shared<const Json>(model::response_to_json(response)));
  const auto task = loop.request_of(0).messages.at(0);
  ASSERT_EQ(task.parts.size(), 3U);
  EXPECT_EQ(task.parts[0], picture);
  EXPECT_EQ(std::get<model::Text>(task.parts[2]).text, "\n\nWhat you have found out and done so far:\na goose");
}

}  // namespace
}  // namespace skein::agent
