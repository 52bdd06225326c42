#include "agent/thinking/tool_loop.hpp"

#include <gtest/gtest.h>

#include "agent/thinking/loop_play_test.hpp"
#include "model/response_json.hpp"
#include "model/token_bound.hpp"

namespace skein::agent {
namespace {

using model::Finish;
using testing::Play;
using testing::spec;
using testing::usual;

TEST(ToolLoop, GoesOnWithASessionAndLeavesItWhatItAdded) {
  testing::Pure loop(std::make_shared<const LoopSetup>(usual()), {model::user_says("and now?")}, {},
                     {model::user_says("hello"), {.role = model::Role::assistant, .parts = {model::Text{"hi"}}}});
  auto asked = loop.next({});
  ASSERT_EQ(asked.calls.size(), 1U);
  EXPECT_TRUE(asked.said.empty());
  loop.started(1, CallKind::model, std::make_shared<const Json>(asked.calls[0].request));
  const auto request = loop.request_of(1);
  ASSERT_EQ(request.messages.size(), 3U);
  EXPECT_EQ(model::text_of(request.messages[0]), "hello");
  EXPECT_EQ(model::text_of(request.messages[2]), "and now?");
  const model::Response response{.message = {.role = model::Role::assistant, .parts = {model::Text{"well"}}}};
  loop.answered(1, std::make_shared<const Json>(model::response_to_json(response)));
  const auto end = loop.next({});
  ASSERT_TRUE(end.end && end.end->success);
  ASSERT_EQ(end.said.size(), 2U);
  EXPECT_EQ(model::text_of(model::message_from_json(end.said[0]).value()), "and now?");
  EXPECT_EQ(model::text_of(model::message_from_json(end.said[1]).value()), "well");
  EXPECT_EQ(end.end->metadata.at("messages").as_array().size(), 2U) << "a run keeps what it said itself";
}

TEST(ToolLoop, AnAnswerWithoutCallsIsTheResult) {
  Play play;
  play.model_says("Five.");
  const auto response = play.end();
  ASSERT_TRUE(response.success);
  EXPECT_EQ(to_json(response.result), R"({"agent_id":"writer","output":"Five.","sources":[]})");
  EXPECT_EQ(response.metadata.at("turns"), 1);
  EXPECT_EQ(to_json(response.metadata.at("usage")), R"({"input_tokens":100,"output_tokens":10})");
  EXPECT_EQ(response.metadata.at("cost_usd"), 0.0002);
  EXPECT_EQ(response.metadata.at("messages").as_array().size(), 2U);
}

TEST(ToolLoop, ToolsAreCalledTogetherAndTheModelIsToldInTheOrderOfItsCalls) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}, {"add", R"({"n":3})"}}, Finish::tool_calls);
  const auto wanted = play.turn();
  ASSERT_EQ(wanted.calls.size(), 2U);
  EXPECT_EQ(wanted.calls[0].timeout, seconds{5});
  EXPECT_EQ(wanted.calls[0].worst_case.tool_calls, 1U);
  EXPECT_TRUE(play.turn().calls.empty()) << "they are under way";
  play.answer(3, outcome_to_json({.failed = false, .value = 5, .sources = {"b", "a"}}));
  EXPECT_TRUE(play.turn().calls.empty()) << "one is not there yet";
  play.answer(2, outcome_to_json({.failed = true, .value = "no", .sources = {"a"}}));
  play.model_says("Five.");
  const auto response = play.end();
  EXPECT_EQ(to_json(response.result.at("sources")), R"(["a","b"])") << "numbered in the order of the calls, whichever ended first";
  EXPECT_EQ(
      to_json(response.metadata.at("messages").at(2)),
      R"({"role":"user","parts":[{"type":"tool_result","call_id":"c1","name":"add","text":"no\n\nSources, to be cited by their numbers:\n[1] a",)"
      R"("failed":true},{"type":"tool_result","call_id":"c2","name":"add","text":"5\n\nSources, to be cited by their numbers:\n[1] a\n[2] b"}]})");
}

TEST(ToolLoop, TheSameJournalLeadsToTheSameState) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}, {"nothing", "{}"}}, Finish::tool_calls);
  play.tools_bring(4);
  const auto again = play.made();
  std::uint32_t number = 0;
  for (const auto& entry : play.journal) {
    again->started(++number, entry.kind, entry.request);
    again->answered(number, entry.answer);
  }
  const auto next = again->next({});
  ASSERT_EQ(next.calls.size(), 1U);
  EXPECT_EQ(to_json(next.calls[0].request), to_json(play.turn().calls[0].request));
  EXPECT_EQ(again->request_of(0).messages, play.loop->request_of(0).messages);
}

TEST(ToolLoop, WhatTheModelGetsWrongIsToldToItAndNotRun) {
  Play play;
  play.model_says("", {{"adds", "{}"}, {"add", "{\"n\":"}, {"add", "[1]"}, {"add", R"({"n":"x"})"}}, Finish::tool_calls);
  EXPECT_NE(play.told().find("there is no tool 'adds'; did you mean 'add'?"), std::string::npos) << play.told();
  EXPECT_NE(play.told().find("not a JSON object"), std::string::npos);
  EXPECT_NE(play.told().find("they are array"), std::string::npos);
  EXPECT_NE(play.told().find("'arguments.n' must be an integer"), std::string::npos);
  play.model_says("I give up.");
  EXPECT_TRUE(play.end().success);
  EXPECT_EQ(play.journal.size(), 2U);
}

TEST(ToolLoop, EveryProblemOfACallIsTold) {
  auto setup = usual();
  auto two = *setup.tools[0];
  two.parameters = *parse_json(R"({"type":"object","properties":{"n":{"type":"integer"},"m":{"type":"integer"}}})");
  setup.tools[0] = std::make_shared<const tool::Spec>(std::move(two));
  Play play(std::move(setup));
  play.model_says("", {{"add", R"({"n":"x","m":"y"})"}}, Finish::tool_calls);
  EXPECT_NE(play.told().find("'arguments.m' must be an integer, got"), std::string::npos) << play.told();
  EXPECT_NE(play.told().find("; 'arguments.n' must be an integer, got"), std::string::npos);
}

TEST(ToolLoop, ACallThatWasCutOffIsNotRun) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}, {"add", R"({"n":)"}}, Finish::length);
  const auto wanted = play.turn();
  EXPECT_EQ(wanted.calls.size(), 1U);
  play.answer(2, outcome_to_json(tool::Outcome::ok(2)));
  EXPECT_NE(play.told().find("cut off by the output limit"), std::string::npos);
}

TEST(ToolLoop, AnAnswerThatWasCutOffIsNone) {
  Play play;
  play.model_says("Five is", {}, Finish::length);
  EXPECT_EQ(play.end().error.code, ErrorCode::too_large);
}

TEST(ToolLoop, TheSameCallAgainAndAgainStopsIt) {
  Play play;
  for (std::uint32_t i = 0; i < most_repeats; ++i) {
    play.model_says("", {{"add", R"({"n":2})"}}, Finish::tool_calls);
    play.tools_bring(2);
  }
  play.model_says("", {{"add", R"({ "n": 2 })"}}, Finish::tool_calls);
  const auto response = play.end();
  EXPECT_EQ(response.error.code, ErrorCode::agent_failed);
  EXPECT_NE(response.error.message.find("4 times in a row"), std::string::npos) << response.error.message;
}

TEST(ToolLoop, OtherCallsInBetweenAreProgress) {
  Play play;
  for (int i = 0; i < 6; ++i) {
    play.model_says("", {{"add", i % 2 == 0 ? R"({"n":2})" : R"({"n":3})"}}, Finish::tool_calls);
    play.tools_bring(2);
  }
  play.model_says("done");
  EXPECT_TRUE(play.end().success);
}

TEST(ToolLoop, TurnsAreLimited) {
  auto setup = usual();
  setup.settings.max_turns = 2;
  Play play(std::move(setup));
  for (int i = 0; i < 2; ++i) {
    play.model_says("", {{"add", R"({"n":)" + std::to_string(i) + "}"}}, Finish::tool_calls);
    play.tools_bring(2);
  }
  EXPECT_NE(play.end().error.message.find("raise max_turns"), std::string::npos);
}

TEST(ToolLoop, AnAnswerMustFitItsSchemaAndIsRepaired) {
  auto setup = usual();
  setup.settings.output_schema = *parse_json(R"({"type":"object","properties":{"sum":{"type":"integer"}},"required":["sum"]})");
  Play play(std::move(setup));
  play.model_says("Five.");
  EXPECT_NE(play.told().find("is not JSON"), std::string::npos);
  play.model_says(R"({"sum":"5"})");
  EXPECT_NE(play.told().find("'answer.sum' must be an integer"), std::string::npos);
  play.model_says("Here:\n```json\n{\"sum\": 5}\n```");
  const auto response = play.end();
  ASSERT_TRUE(response.success) << response.error.message;
  EXPECT_EQ(to_json(response.result.at("output")), R"({"sum":5})");
}

TEST(ToolLoop, AnAnswerThatNeverFitsFails) {
  auto setup = usual();
  setup.settings.output_schema = *parse_json(R"({"type":"integer"})");
  Play play(setup);
  for (int i = 0; i < 3; ++i) play.model_says("Five.");
  EXPECT_NE(play.end().error.message.find("is not JSON: Five."), std::string::npos);
  Play other(setup);
  for (int i = 0; i < 3; ++i) other.model_says("\"5\"");
  EXPECT_NE(other.end().error.message.find("does not fit output_schema"), std::string::npos);
}

TEST(ToolLoop, AReviewComesBeforeTheFinalAnswer) {
  auto setup = usual();
  setup.settings.reflect = true;
  setup.settings.output_schema = *parse_json(R"({"type":"integer"})");
  Play play(std::move(setup));
  play.model_says("4");
  EXPECT_FALSE(play.loop->request_of(0).output) << "notes are text";
  play.model_says("It should be 5.");
  EXPECT_TRUE(play.loop->request_of(0).output);
  play.model_says("5");
  const auto response = play.end();
  EXPECT_EQ(response.result.at("output"), 5);
  EXPECT_EQ(response.result.at("reflection_notes"), "It should be 5.");
}

TEST(ToolLoop, ModelsThatDeclineOrAreFilteredFail) {
  Play play;
  play.model_says("I cannot help with that.", {}, Finish::refusal);
  EXPECT_NE(play.end().error.message.find("declined: I cannot help"), std::string::npos);
  Play other;
  other.model_says("", {}, Finish::content_filter);
  EXPECT_NE(other.end().error.message.find("provider's filter"), std::string::npos);
}

TEST(ToolLoop, APausedAnswerIsAskedForAgain) {
  Play play;
  play.model_says("Let me", {}, Finish::paused);
  play.model_says(" see: five.");
  EXPECT_TRUE(play.end().success);
}

TEST(ToolLoop, AFailedCallFailsTheAttemptAndTheNextGoesOn) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}}, Finish::tool_calls);
  play.tools_bring(2);
  (void)play.turn();
  const Error busy{.code = ErrorCode::rate_limited, .message = "slow down", .context = {}, .retryable = true, .retry_after = seconds{3}};
  EXPECT_TRUE(play.loop->failure(3, {.code = ErrorCode::timeout, .message = "late", .context = {}, .retryable = true, .retry_after = {}})
                  .unsettled);
  play.answer(3, play.loop->failure(3, busy).value);
  EXPECT_EQ(play.end().error, busy);
  play.loop->begin_attempt();
  play.model_says("Two.");
  EXPECT_EQ(play.end().result.at("output"), "Two.");
}

TEST(ToolLoop, OnlyEffectsAreNotRepeated) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}, {"pay", R"({"n":2})"}}, Finish::tool_calls);
  (void)play.turn();
  EXPECT_FALSE(play.loop->instead_of_repeating(2));
  const auto instead = play.loop->instead_of_repeating(3);
  ASSERT_TRUE(instead);
  EXPECT_EQ(instead->used.tool_calls, 1U);
  play.answer(3, instead->value);
  play.answer(
      2,
      play.loop->failure(2, {.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = true, .retry_after = {}})
          .value);
  EXPECT_NE(play.told().find("the outcome is unknown"), std::string::npos);
  EXPECT_NE(play.told().find("longer than 5 s"), std::string::npos);
  (void)play.turn();
  EXPECT_FALSE(play.loop->instead_of_repeating(4));
}

TEST(ToolLoop, LongResultsAreCutAndSaidToBe) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}}, Finish::tool_calls);
  std::string text(most_of_a_result - 1, 'x');
  play.tools_bring(Json(text + "äöü"));
  EXPECT_NE(play.told().find("[cut: this is the beginning, 65535 of 65541 bytes"), std::string::npos);
}

TEST(ToolLoop, ABudgetOfTokensLowersTheAnswerAndEndsTheTask) {
  Play play;
  const auto prompt = [&] { return model::prompt_token_bound(play.loop->request_of(0)); };
  play.left.tokens = prompt() + 50;
  const auto wanted = play.loop->next(play.left);
  ASSERT_EQ(wanted.calls.size(), 1U);
  EXPECT_EQ(wanted.calls[0].worst_case.tokens, prompt() + 50);
  EXPECT_EQ(wanted.calls[0].request.at("max_output_tokens"), 50);
  play.left.tokens = prompt() + 100'000;
  EXPECT_EQ(play.loop->next(play.left).calls[0].request.at("max_output_tokens"), usual_output_tokens);
  play.left.tokens = prompt();
  EXPECT_EQ(play.loop->next(play.left).end->error.code, ErrorCode::budget_exceeded);
}

TEST(ToolLoop, TooLittleForAnAnswerIsNothing) {
  Play play;
  const auto prompt = model::prompt_token_bound(play.loop->request_of(0));
  play.left.tokens = prompt + least_output_tokens - 1;
  const auto over = play.loop->next(play.left);
  EXPECT_EQ(over.end->error.code, ErrorCode::budget_exceeded);
  EXPECT_NE(over.end->error.message.find("and the answer takes 16"), std::string::npos) << over.end->error.message;
  play.left.tokens = prompt + least_output_tokens;
  EXPECT_EQ(play.loop->next(play.left).calls.at(0).request.at("max_output_tokens"), least_output_tokens);
  play.left = {.tokens = {}, .nano_dollars = prompt * 1000 + 15 * 10'000, .tool_calls = {}};
  EXPECT_EQ(play.loop->next(play.left).end->error.code, ErrorCode::budget_exceeded);
  auto setup = usual();
  setup.settings.max_output_tokens = 5;
  Play terse(std::move(setup));
  terse.left = {.tokens = {}, .nano_dollars = prompt * 1000 + 5 * 10'000, .tool_calls = {}};
  EXPECT_EQ(terse.loop->next(terse.left).calls.at(0).request.at("max_output_tokens"), 5);
}

TEST(ToolLoop, AnAnswerThatTheBudgetCutOffIsAskedForAgainWithAHigherOne) {
  Play play;
  play.left.tokens = model::prompt_token_bound(play.loop->request_of(0)) + 50;
  play.model_says("It is a long", {}, Finish::length);
  const auto over = play.end();
  EXPECT_EQ(over.error.code, ErrorCode::budget_exceeded);
  EXPECT_NE(over.error.message.find("cut off after 50 tokens"), std::string::npos) << over.error.message;
  play.left = {};
  play.loop->begin_attempt();
  EXPECT_EQ(play.loop->request_of(0).messages.size(), 1U) << "what was cut off is not a part of the conversation";
  play.model_says("Five.");
  EXPECT_EQ(play.end().result.at("output"), "Five.");
}

TEST(ToolLoop, ABudgetOfMoneyHoldsAtTheWorstPrice) {
  Play play;
  const auto prompt = model::prompt_token_bound(play.loop->request_of(0));
  play.left.nano_dollars = prompt * 1000 + 30 * 10'000 + 9'999;  // a dollar and ten dollars a million tokens
  const auto wanted = play.loop->next(play.left);
  ASSERT_EQ(wanted.calls.size(), 1U);
  EXPECT_EQ(wanted.calls[0].request.at("max_output_tokens"), 30);
  EXPECT_EQ(wanted.calls[0].worst_case.nano_dollars, prompt * 1000 + 30 * 10'000);
  play.left.nano_dollars = prompt * 1000;
  const auto over = play.loop->next(play.left);
  EXPECT_EQ(over.end->error.code, ErrorCode::budget_exceeded);
}

TEST(ToolLoop, ABudgetOfMoneyNeedsAPrice) {
  auto setup = usual();
  setup.settings.model = "test/unknown";
  Play play(std::move(setup));
  play.left.nano_dollars = 1'000'000'000'000;
  EXPECT_EQ(play.loop->next(play.left).end->error.code, ErrorCode::unsupported);
}

TEST(ToolLoop, ABudgetOfMoneyHoldsWhicheverModelAnswers) {
  auto setup = usual();
  setup.answerers["test/small"] = {"test/small", "test/unknown"};
  Play unpriced(setup);
  unpriced.left.nano_dollars = 1'000'000'000'000;
  const auto refused = unpriced.loop->next(unpriced.left);
  EXPECT_EQ(refused.end->error.code, ErrorCode::unsupported);
  EXPECT_NE(refused.end->error.message.find("'test/unknown' has no price"), std::string::npos) << refused.end->error.message;
  setup.answerers["test/small"] = {"test/small", "test/large"};
  setup.prices = model::PriceTable::parse(R"({"as_of": "2026-01-01", "prices": [{"model": "test/small", "input": 1, "output": 10},
                                                                               {"model": "test/large", "input": 3, "output": 30}]})",
                                          "prices")
                     .value();
  Play play(setup);
  play.left.nano_dollars = 1'000'000'000;
  const auto worst = play.loop->next(play.left).calls.at(0).worst_case;
  Play small(usual());
  small.left.nano_dollars = 1'000'000'000;
  EXPECT_EQ(worst.nano_dollars, 3 * small.loop->next(small.left).calls.at(0).worst_case.nano_dollars);
  const model::Response from_large{.usage = model::Usage{.input = 100, .output = 10}, .answered_by = "test/large"};
  EXPECT_EQ(play.loop->cost_of(0, from_large, play.loop->request_of(0)).nano_dollars, 600'000U);
}

TEST(ToolLoop, ABudgetOfToolCallsEndsTheTaskBeforeAnyIsMade) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}, {"add", R"({"n":3})"}}, Finish::tool_calls);
  play.left.tool_calls = 1;
  const auto over = play.loop->next(play.left);
  EXPECT_TRUE(over.calls.empty());
  EXPECT_EQ(over.end->error.message, "Budget exceeded: the model asks for 2 more tool calls, and 1 is left");
}

TEST(ToolLoop, CostsFollowWhatTheServerSaysOrTheWorst) {
  Play play;
  const auto request = play.loop->request_of(0);
  EXPECT_EQ(play.loop->cost_of(0, {.usage = model::Usage{.input = 100, .output = 10}}, request),
            (Spend{.tokens = 110, .nano_dollars = 200'000, .tool_calls = 0}));
  EXPECT_EQ(play.loop->cost_of(0, {}, request).tokens, model::prompt_token_bound(request) + usual_output_tokens);
}

TEST(ToolLoop, TheModelIsToldWhoItIsAndWhatItMayCall) {
  auto setup = usual();
  setup.settings.role = "a careful accountant";
  setup.settings.instructions = "Answer shortly.";
  setup.settings.temperature = 0.5;
  Play play(setup);
  const auto request = play.loop->request_of(0);
  EXPECT_EQ(request.model, "small");
  EXPECT_EQ(request.instructions, "You are a careful accountant.\n\nAnswer shortly.");
  EXPECT_EQ(request.tools.size(), 2U);
  EXPECT_EQ(request.temperature, 0.5);
  setup.settings.react = true;
  Play react(setup);
  EXPECT_TRUE(react.loop->request_of(0).tools.empty());
  EXPECT_NE(react.loop->request_of(0).instructions.find("Action Input:"), std::string::npos);
}

TEST(ToolLoop, ChosenStepsAskOtherModels) {
  auto setup = usual();
  setup.settings.reflect = true;
  setup.settings.output_schema = *parse_json(R"({"type":"integer"})");
  setup.settings.step_models = {.reflect = "test/reviewer", .repair = "test/mender", .summarise = {}};
  Play play(std::move(setup));
  play.model_says("four");
  play.model_says("4");
  play.model_says("It should be 5.");
  play.model_says("5");
  std::vector<std::string> asked;
  for (const auto& entry : play.journal) asked.emplace_back(entry.request->at("model").as_string());
  EXPECT_EQ(asked, (std::vector<std::string>{"test/small", "test/mender", "test/reviewer", "test/small"}));
  EXPECT_TRUE(play.end().success);
}

TEST(ToolLoop, AnAnswerCostsWhatTheModelCostsThatGaveIt) {
  auto setup = usual();
  setup.prices = setup.prices.with({{.model = "test/large", .input = 100, .output = 1000}});
  setup.answerers["test/small"] = {"test/small", "test/large"};
  Play play(std::move(setup));
  model::Response response{.message = {.role = model::Role::assistant, .parts = {model::Text{"5"}}},
                           .finish = Finish::stop,
                           .usage = model::Usage{.input = 100, .output = 10},
                           .answered_by = "test/large"};
  EXPECT_EQ(play.loop->cost_of(0, response, play.loop->request_of(0)).nano_dollars, 20'000'000U);
  (void)play.turn();
  play.answer(1, model::response_to_json(response));
  EXPECT_EQ(play.end().metadata.at("cost_usd"), 0.02);
}

TEST(ToolLoop, AModelOfAnotherNameCostsWhatItStandsFor) {
  auto setup = usual();
  setup.settings.model = "fast";
  setup.answerers["fast"] = {"test/small"};
  Play play(std::move(setup));
  play.left.nano_dollars = 1'000'000'000;
  EXPECT_GT(play.turn().calls.at(0).worst_case.nano_dollars, 0U);
  const model::Response response{.usage = model::Usage{.input = 100, .output = 10}};
  EXPECT_EQ(play.loop->cost_of(1, response, play.loop->request_of(1)).nano_dollars, 200'000U);
}

TEST(ToolLoop, AnAnswerFromACacheCostsNothingAndIsSaidToBe) {
  Play play;
  model::Response response{.message = {.role = model::Role::assistant, .parts = {model::Text{"5"}}},
                           .finish = Finish::stop,
                           .usage = model::Usage{.input = 100, .output = 10},
                           .cached = true};
  EXPECT_TRUE(play.loop->cost_of(0, response, play.loop->request_of(0)).none());
  (void)play.turn();
  play.answer(1, model::response_to_json(response));
  const auto end = play.end();
  EXPECT_EQ(end.metadata.at("cached_answers"), 1);
  EXPECT_EQ(end.metadata.at("cost_usd"), 0.0);
  EXPECT_EQ(to_json(end.metadata.at("usage")), R"({"input_tokens":0,"output_tokens":0})");
}

TEST(ToolLoop, AJournalThatMakesNoSenseIsReadAsNothing) {
  Play play;
  const auto begin = [&](std::uint32_t number, const char* request) {
    play.loop->started(number, CallKind::model, std::make_shared<const Json>(*parse_json(request)));
  };
  begin(7, R"({"model": 5, "max_output_tokens": "many", "forget": -1})");
  EXPECT_EQ(play.loop->model_of(7), "test/small");
  EXPECT_FALSE(play.loop->request_of(7).max_output_tokens);
  begin(8, R"({"max_output_tokens": 99999999999})");
  EXPECT_FALSE(play.loop->request_of(8).max_output_tokens);
  begin(9, R"({"model": "test/other", "max_output_tokens": 30})");
  EXPECT_EQ(play.loop->model_of(9), "test/other");
  EXPECT_EQ(play.loop->request_of(9).max_output_tokens, 30U);
  play.loop->answered(3, std::make_shared<const Json>("what nobody asked for"));
  EXPECT_EQ(play.loop->request_of(0).messages.size(), 1U);
  EXPECT_TRUE(play.turn().calls.empty()) << "calls are under way";
}

TEST(ToolLoop, WhatCannotBePricedHasNoCost) {
  auto setup = usual();
  setup.settings.model = "test/unknown";
  Play play(std::move(setup));
  play.model_says("", {{"add", R"({"n":2})"}}, Finish::tool_calls);
  play.tools_bring(2);
  play.model_says("2");
  const auto end = play.end();
  EXPECT_FALSE(end.metadata.contains("cost_usd"));
  EXPECT_EQ(end.metadata.at("usage").at("input_tokens"), 200);
  const model::Response response{.usage = model::Usage{.input = 100, .output = 10}};
  EXPECT_EQ(play.loop->cost_of(1, response, {}), (Spend{.tokens = 110, .nano_dollars = 0, .tool_calls = 0}));
}

TEST(ToolLoop, AServerMayNameItsModelAndKeepItsUsageToItself) {
  Play play;
  (void)play.turn();
  const model::Response response{
      .message = {.role = model::Role::assistant, .parts = {model::Text{"5"}}}, .finish = Finish::stop, .model = "small-2026-01-01"};
  play.answer(1, model::response_to_json(response));
  const auto end = play.end();
  EXPECT_EQ(end.metadata.at("model"), "small-2026-01-01");
  EXPECT_EQ(to_json(end.metadata.at("usage")), R"({"input_tokens":0,"output_tokens":0})");
}

TEST(ToolLoop, AToolMayBeCalledWithoutArguments) {
  auto setup = usual();
  setup.tools.push_back(std::make_shared<const tool::Spec>(
      tool::Spec{.name = "now", .description = "the time", .parameters = JsonObject{{"type", "object"}}}));
  Play play(std::move(setup));
  play.model_says("", {{"now", ""}}, Finish::tool_calls);
  const auto wanted = play.turn();
  ASSERT_EQ(wanted.calls.size(), 1U);
  EXPECT_EQ(to_json(wanted.calls[0].request), R"({"id":"c1","tool":"now","place":0,"arguments":{}})");
}

TEST(ToolLoop, OfACutAnswerOnlyTheLastCallIsCutOff) {
  Play play;
  play.model_says("", {{"add", R"({"n":)"}, {"add", R"({"n":2})"}}, Finish::length);
  (void)play.turn();
  play.answer(2, outcome_to_json(tool::Outcome::ok(2)));
  EXPECT_EQ(play.told().find("cut off"), std::string::npos) << play.told();
  EXPECT_NE(play.told().find("the arguments are not a JSON object"), std::string::npos);
}

TEST(ToolLoop, AResultThatIsNoTextIsCutToo) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}}, Finish::tool_calls);
  play.tools_bring(Json(std::string(most_of_a_result + 1, '\x80')));
  EXPECT_NE(play.told().find("[cut: this is the beginning, 0 of 65537 bytes"), std::string::npos);
}

TEST(ToolLoop, AnAnswerInAFenceIsReadWhereItIsWhole) {
  auto setup = usual();
  setup.settings.output_schema = *parse_json(R"({"type":"integer"})");
  for (const auto* text : {"```json\n5\n```", "Here:\n```\n5\n``` as you asked"}) {
    Play play(setup);
    play.model_says(text);
    EXPECT_EQ(play.end().result.at("output"), 5) << text;
  }
  for (const auto* text : {"```", "see ```5", "```json\n5", "```json\nfive\n```"}) {
    Play play(setup);
    play.model_says(text);
    EXPECT_NE(play.told().find("is not JSON"), std::string::npos) << text;
  }
}

TEST(ToolLoop, BudgetsOfTokensAndMoneyHoldTogether) {
  Play play;
  const auto prompt = model::prompt_token_bound(play.loop->request_of(0));
  play.left = {.tokens = prompt + 20, .nano_dollars = prompt * 1000 + 30 * 10'000, .tool_calls = {}};
  EXPECT_EQ(play.loop->next(play.left).calls.at(0).request.at("max_output_tokens"), 20);
  play.left.tokens = prompt + 40;
  const auto wanted = play.loop->next(play.left);
  EXPECT_EQ(wanted.calls.at(0).request.at("max_output_tokens"), 30);
  EXPECT_EQ(wanted.calls.at(0).worst_case, (Spend{.tokens = prompt + 30, .nano_dollars = prompt * 1000 + 30 * 10'000, .tool_calls = 0}));
}

TEST(ToolLoop, ABudgetOfToolCallsIsToldInNumbers) {
  Play play;
  play.model_says("", {{"add", R"({"n":2})"}}, Finish::tool_calls);
  play.left.tool_calls = 0;
  EXPECT_EQ(play.loop->next(play.left).end->error.message, "Budget exceeded: the model asks for 1 more tool call, and 0 are left");
  play.left.tool_calls = 1;
  EXPECT_EQ(play.loop->next(play.left).calls.size(), 1U);
}

TEST(ToolLoop, ACallOfNoToolIsNotAnEffect) {
  Play play;
  EXPECT_FALSE(play.loop->instead_of_repeating(5));
  const Error late{.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = true, .retry_after = {}};
  EXPECT_EQ(outcome_in(play.loop->failure(5, late).value).value, "Request timeout");
  const Error broken{.code = ErrorCode::internal, .message = "it threw", .context = {}, .retryable = false, .retry_after = {}};
  EXPECT_EQ(outcome_in(play.loop->failure(5, broken).value).value, "it threw");
  EXPECT_EQ(&play.loop->setup(), play.setup.get());
}

TEST(ToolLoop, ARoleMayStandAlone) {
  auto setup = usual();
  setup.settings.role = "a careful accountant";
  EXPECT_EQ(Play(setup).loop->request_of(0).instructions, "You are a careful accountant.");
}

TEST(LoopJournal, AnswersAreReadBack) {
  const model::Response response{.message = {.role = model::Role::assistant, .parts = {model::Text{"hi"}}},
                                 .finish = Finish::refusal,
                                 .usage = model::Usage{.input = 5, .cached_input = 1, .cache_write = 2, .output = 3, .reasoning = 1},
                                 .model = "m-1",
                                 .id = "r1",
                                 .answered_by = "test/m",
                                 .cached = true};
  const auto again = response_in(model::response_to_json(response));
  EXPECT_EQ(again.message, response.message);
  EXPECT_EQ(again.finish, response.finish);
  EXPECT_EQ(again.usage, response.usage);
  EXPECT_EQ(again.model, "m-1");
  EXPECT_EQ(again.id, "r1");
  EXPECT_EQ(again.answered_by, "test/m");
  EXPECT_TRUE(again.cached);
  EXPECT_TRUE(response_in(7).message.parts.empty());
  EXPECT_FALSE(response_in(JsonObject{{"message", 3}}).usage);
  EXPECT_FALSE(response_in(JsonObject{{"usage", {{"input", "x"}}}}).usage);
  EXPECT_FALSE(error_in(JsonObject{}));
  EXPECT_EQ(error_in(JsonObject{{"error", 4}})->code, ErrorCode::bad_response);
  EXPECT_TRUE(outcome_in(7).value.is_null());
  const auto odd = outcome_in(*parse_json(R"({"result": 1, "failed": "yes", "sources": ["a", 5]})"));
  EXPECT_FALSE(odd.failed);
  EXPECT_FALSE(outcome_in(*parse_json(R"({"failed": false})")).failed);
  EXPECT_EQ(odd.sources, std::vector<std::string>{"a"});
  EXPECT_TRUE(outcome_in(*parse_json(R"({"sources": "a"})")).sources.empty());
}

TEST(LoopJournal, UsageIsShownAsFarAsItIsKnown) {
  EXPECT_EQ(to_json(Json(usage_to_json({.input = 5, .cached_input = 1, .cache_write = 2, .output = 3, .reasoning = 4}))),
            R"({"input_tokens":5,"output_tokens":3,"cached_tokens":1,"cache_write_tokens":2,"reasoning_tokens":4})");
}

}  // namespace
}  // namespace skein::agent
