#include <gtest/gtest.h>

#include "agent/thinking/loop_play_test.hpp"

// Calls that wait for people: questions, and approvals of calls of tools.
namespace skein::agent {
namespace {

using testing::Play;
using testing::spec;
using testing::usual;

LoopSetup careful() {
  auto setup = usual();
  setup.approved = {"pay"};
  tool::Spec ask;
  ask.name = "ask_human";
  ask.parameters = *parse_json(R"({"type":"object","properties":{"question":{},"choices":{"type":"array"}}})");
  ask.asks_person = true;
  setup.tools.push_back(std::make_shared<const tool::Spec>(std::move(ask)));
  return setup;
}

/// What the model was told of its calls.
std::string results(const ToolLoop& loop) {
  std::string out;
  for (const auto& part : loop.request_of(0).messages.back().parts) {
    const auto& result = std::get<model::ToolResult>(part);
    out += (result.failed ? "failed: " : "ok: ") + result.text + "|";
  }
  return out;
}

TEST(ToolLoopPeople, AQuestionIsAskedAndItsAnswerIsTheResult) {
  Play play(careful());
  play.model_says("", {{"ask_human", R"({"question":"Which?"})"}, {"add", R"({"n":1})"}});
  const auto wanted = play.turn();
  ASSERT_EQ(wanted.calls.size(), 2U);
  EXPECT_EQ(wanted.calls[0].kind, CallKind::person);
  EXPECT_EQ(wanted.calls[0].timeout, microseconds{0});
  EXPECT_TRUE(wanted.calls[0].worst_case.none());
  EXPECT_EQ(to_json(wanted.calls[0].request), R"({"id":"c1","tool":"ask_human","place":0,"question":"Which?","answer":{"type":"string"}})");
  EXPECT_FALSE(asks_approval(wanted.calls[0].request));
  play.answer(3, outcome_to_json(tool::Outcome::ok(1)));
  EXPECT_TRUE(play.turn().calls.empty()) << "it waits for the person";
  play.answer(2, *parse_json(R"({"value":"The red one","by":"ann"})"));
  EXPECT_EQ(results(*play.loop), "ok: The red one|ok: 1|");
  EXPECT_EQ(results(*play.refolded()), "ok: The red one|ok: 1|");
}

TEST(ToolLoopPeople, AQuestionMayHaveChoicesAndNoAnswer) {
  Play play(careful());
  play.model_says("", {{"ask_human", R"({"question":"Which?","choices":["red","blue"]})"}, {"ask_human", R"({"choices":["a"]})"}});
  const auto wanted = play.turn();
  ASSERT_EQ(wanted.calls.size(), 2U);
  EXPECT_EQ(to_json(wanted.calls[0].request.at("answer")), R"({"enum":["red","blue"]})");
  EXPECT_EQ(wanted.calls[1].request.at("question"), R"({"choices":["a"]})");
  play.answer(2, *parse_json(R"({"rejected":true,"by":"ann","comment":"I do not know"})"));
  play.answer(3, *parse_json(R"({"by":"ann"})"));
  EXPECT_EQ(results(*play.loop), "failed: the person does not answer: I do not know|failed: the person does not answer|");
}

TEST(ToolLoopPeople, ACallIsMadeOnceItIsApproved) {
  auto setup = careful();
  setup.settings.approvers = {"ann", "ben"};
  Play play(std::move(setup));
  play.model_says("", {{"pay", R"({"n":1})"}});
  const auto asked = play.turn();
  ASSERT_EQ(asked.calls.size(), 1U);
  EXPECT_TRUE(asks_approval(asked.calls[0].request));
  EXPECT_EQ(asked.calls[0].request.at("question"), "May 'writer' call pay?");
  EXPECT_EQ(to_json(asked.calls[0].request.at("to")), R"(["ann","ben"])");
  EXPECT_EQ(to_json(asked.calls[0].request.at("arguments")), R"({"n":1})");
  EXPECT_EQ(asked.calls[0].request.at("answer"), play.setup->tools[1]->parameters);
  play.answer(2, *parse_json(R"({"value":{"n":1},"by":"ann"})"));
  EXPECT_EQ(play.refolded()->next({}).calls.size(), 1U);
  const auto made = play.turn();
  ASSERT_EQ(made.calls.size(), 1U);
  EXPECT_EQ(made.calls[0].kind, CallKind::tool);
  EXPECT_EQ(play.loop->use_of(3).name, "pay");
  EXPECT_TRUE(play.loop->instead_of_repeating(3)) << "an effect is not repeated because it was approved";
  play.answer(3, outcome_to_json(tool::Outcome::ok("paid")));
  EXPECT_EQ(results(*play.loop), "ok: paid|");
  play.model_says("Done.");
  EXPECT_EQ(play.end().metadata.at("tool_calls"), 1);
}

TEST(ToolLoopPeople, APersonChangesTheArgumentsAndTheModelIsTold) {
  Play play(careful());
  play.model_says("", {{"pay", R"({"n":1})"}});
  (void)play.turn();
  play.answer(2, *parse_json(R"({"value":{"n":2},"by":"ann"})"));
  (void)play.turn();
  EXPECT_EQ(to_json(play.loop->use_of(3).arguments), R"({"n":2})");
  play.answer(3, outcome_to_json(tool::Outcome::ok("paid")));
  EXPECT_EQ(results(*play.loop), "ok: (a person changed the arguments to {\"n\":2})\npaid|");
}

TEST(ToolLoopPeople, ChangedArgumentsThatDoNotFitAreNotRun) {
  Play play(careful());
  play.model_says("", {{"pay", R"({"n":1})"}});
  (void)play.turn();
  play.answer(2, *parse_json(R"({"value":{"n":"two"},"by":"ann"})"));
  EXPECT_EQ(results(*play.loop).find("failed: a person changed the arguments, and they do not fit: "), 0U);
}

TEST(ToolLoopPeople, TheModelIsToldOfANo) {
  Play play(careful());
  play.model_says("", {{"pay", R"({"n":1})"}});
  (void)play.turn();
  play.answer(2, *parse_json(R"({"rejected":true,"by":"ann","comment":"too much"})"));
  EXPECT_EQ(results(*play.loop), "failed: a person did not allow this call: too much|");
}

TEST(ToolLoopPeople, TwoApprovalsAtOnceAreEachForTheirOwnCall) {
  Play play(careful());
  play.model_says("", {{"pay", R"({"n":1})"}, {"add", R"({"n":7})"}, {"pay", R"({"n":2})"}});
  EXPECT_EQ(play.turn().calls.size(), 3U);
  play.answer(4, *parse_json(R"({"value":{"n":2},"by":"ann"})"));
  EXPECT_EQ(play.turn().calls.size(), 1U);
  EXPECT_EQ(to_json(play.loop->use_of(5).arguments), R"({"n":2})");
  play.answer(2, *parse_json(R"({"value":{"n":1},"by":"ann"})"));
  EXPECT_EQ(play.turn().calls.size(), 1U);
  play.answer(6, outcome_to_json(tool::Outcome::ok("first")));
  const auto after_crash = play.refolded();
  EXPECT_EQ(to_json(after_crash->use_of(5).arguments), R"({"n":2})") << "answers are folded in the order of calls, not of time";
  play.answer(3, outcome_to_json(tool::Outcome::ok("sum")));
  play.answer(5, outcome_to_json(tool::Outcome::ok("second")));
  EXPECT_EQ(results(*play.loop), "ok: first|ok: sum|ok: second|");
  EXPECT_EQ(results(*play.refolded()), "ok: first|ok: sum|ok: second|");
}

TEST(ToolLoopPeople, TheBudgetIsLookedAtWhenTheCallIsMade) {
  Play play(careful());
  play.left.tool_calls = 0;
  play.model_says("", {{"pay", R"({"n":1})"}});
  EXPECT_EQ(play.turn().calls.size(), 1U) << "asking costs nothing";
  play.answer(2, *parse_json(R"({"value":{"n":1},"by":"ann"})"));
  EXPECT_EQ(play.end().error.code, ErrorCode::budget_exceeded);
}

TEST(ToolLoopPeople, AJournalThatMakesNoSenseStartsNothing) {
  Play play(careful());
  play.model_says("", {{"pay", R"({"n":1})"}});
  for (const auto* request : {R"({})", R"({"place":9})", R"({"place":"x"})"})
    play.loop->started(9, CallKind::person, std::make_shared<const Json>(*parse_json(request)));
  EXPECT_EQ(play.turn().calls.size(), 1U);
}

}  // namespace
}  // namespace skein::agent
