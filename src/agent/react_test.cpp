#include "agent/react.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace skein::agent {
namespace {

using model::ToolSpec;

std::vector<ToolSpec> tools() {
  const auto schema = [](std::string_view text) { return parse_json(text).value(); };
  return {{.name = "search",
           .description = "Searches the web",
           .parameters =
               schema(R"({"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"integer"}},"required":["query"]})")},
          {.name = "add",
           .description = "Adds",
           .parameters = schema(R"({"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},"required":["a","b"]})")},
          {.name = "square", .description = "Squares", .parameters = schema(R"({"type":"object","properties":{"x":{"type":"number"}}})")},
          {.name = "now", .description = "The time", .parameters = schema(R"({"type":"object","properties":{}})")}};
}

ReactStep parse(std::string_view text) { return parse_react(text, tools()); }

ReactStep::Call call_in(std::string_view text) {
  const auto step = parse(text);
  EXPECT_TRUE(step.call) << text;
  EXPECT_EQ(step.answer, "") << text;
  return step.call.value_or(ReactStep::Call{});
}

const ReactStep::Call add_two{.tool = "add", .arguments = R"({"a": 1, "b": 2})"};

TEST(ReactParse, AnAction) {
  const auto step = parse("Thought: I must add.\nIt is easy.\nAction: add\nAction Input: {\"a\": 1, \"b\": 2}\n");
  EXPECT_EQ(step, (ReactStep{.thought = "I must add.\nIt is easy.", .call = add_two, .answer = {}}));
}

TEST(ReactParse, AnAnswer) {
  const auto step = parse("Thought: I know.\nFinal Answer: It is 3.\n\nAction: in the answer is a word like others.\n");
  EXPECT_EQ(step, (ReactStep{.thought = "I know.", .call = {}, .answer = "It is 3.\n\nAction: in the answer is a word like others."}));
}

TEST(ReactParse, WithoutAFinalAnswerTheTextIsIt) {
  EXPECT_EQ(parse("It is 3.\nReally."), (ReactStep{.thought = {}, .call = {}, .answer = "It is 3.\nReally."}));
  EXPECT_EQ(parse("Thought: It is 3."), (ReactStep{.thought = {}, .call = {}, .answer = "It is 3."}));
  EXPECT_EQ(parse("Observation: geese fly."), (ReactStep{.thought = {}, .call = {}, .answer = "Observation: geese fly."}));
  EXPECT_EQ(parse(""), ReactStep{});
  EXPECT_EQ(parse("Reactions: many. My action: none of note."),
            (ReactStep{.thought = {}, .call = {}, .answer = "Reactions: many. My action: none of note."}));
}

TEST(ReactParse, OnlyTheFirstActionCountsAndWhatFollowsIsMadeUp) {
  for (const auto* more : {"Observation: 3\nThought: done\nFinal Answer: 3", "Observation: 3", "Action: square\nAction Input: {\"x\": 3}",
                           "Thought: then\nAction: now", "Final Answer: 3", "Action Input: {\"a\": 9, \"b\": 9}"}) {
    EXPECT_EQ(call_in("Action: add\nAction Input: {\"a\": 1, \"b\": 2}\n" + std::string(more)), add_two) << more;
  }
  EXPECT_EQ(call_in("Action: now\nObservation: noon\nFinal Answer: noon"), (ReactStep::Call{.tool = "now", .arguments = "{}"}));
}

TEST(ReactParse, FencesAndMarkdownAreLookedThrough) {
  for (const auto* text :
       {"```\nThought: x\nAction: add\nAction Input: {\"a\": 1, \"b\": 2}\n```",
        "Thought: x\n\nAction: add\nAction Input:\n```json\n{\"a\": 1, \"b\": 2}\n```\n",
        "Action: `add`\nAction Input: ```{\"a\": 1, \"b\": 2}```", "Action: add\nAction Input: ```json {\"a\": 1, \"b\": 2}\n```",
        "**Thought:** x\n**Action:** **add**\n**Action Input:** {\"a\": 1, \"b\": 2}",
        "**Action**: [add]\n**Action Input**: {\"a\": 1, \"b\": 2}", "### Action 1: \"add\".\n### Action Input 1: {\"a\": 1, \"b\": 2}",
        "action: add\naction_input: {\"a\": 1, \"b\": 2}", "- Action：add\r\n- Action Input：{\"a\": 1, \"b\": 2}\r\n",
        "<think>\nAction: now\n</think>\nAction: add\nAction Input: {\"a\": 1, \"b\": 2}",
        "Action: add\nAction Input: {\"a\": 1, \"b\": 2} (this adds the two)",
        "Action: add\nAction Input: {\"a\": 1, \"b\": 2}\n\nI now wait for the result.", "Action: add({\"a\": 1, \"b\": 2})"}) {
    EXPECT_EQ(call_in(text), add_two) << text;
  }
}

TEST(ReactParse, AnActionWrittenAsJson) {
  const ReactStep::Call compact{.tool = "add", .arguments = R"({"a":1,"b":2})"};
  for (const auto* text : {"Action:\n```json\n{\"action\": \"add\", \"action_input\": {\"a\": 1, \"b\": 2}}\n```",
                           "Action: {\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": 2}}",
                           "Action: {\"tool\": \"add\", \"arguments\": \"{\\\"a\\\":1,\\\"b\\\":2}\"}"}) {
    EXPECT_EQ(call_in(text), compact) << text;
  }
}

TEST(ReactParse, InputThatIsNoObjectBecomesTheOnlyArgument) {
  const auto arguments = [](std::string_view action) { return call_in(action).arguments; };
  EXPECT_EQ(arguments("Action: search\nAction Input: wild geese"), R"({"query":"wild geese"})");
  EXPECT_EQ(arguments("Action: search\nAction Input: \"wild geese\""), R"({"query":"wild geese"})");
  EXPECT_EQ(arguments("Action: search\nAction Input: 42"), R"({"query":"42"})");
  EXPECT_EQ(arguments("Action: search[wild geese]"), R"({"query":"wild geese"})");
  EXPECT_EQ(arguments("Action: square\nAction Input: 7"), R"({"x":7})");
  EXPECT_EQ(arguments("Action: now"), "{}");
  EXPECT_EQ(arguments("Action: now\nAction Input:\n"), "{}");
  // Nothing is guessed: the model is told that these are no arguments.
  EXPECT_EQ(arguments("Action: add\nAction Input: 1 and 2"), "1 and 2");
  EXPECT_EQ(arguments("Action: search\nAction Input: {'query': 'geese'}"), "{'query': 'geese'}");
  EXPECT_EQ(arguments("Action: search\nAction Input: {\"query\": \"wild"), "{\"query\": \"wild");
  EXPECT_EQ(arguments("Action: unknown\nAction Input: geese"), "geese");
}

TEST(ReactParse, InputMayHoldWhatLooksLikeStructure) {
  EXPECT_EQ(call_in("Action: search\nAction Input: {\"query\": \"a } b \\\" {\"} trailing").arguments, R"({"query": "a } b \" {"})");
  EXPECT_EQ(call_in("Action: search\nAction Input: {\n  \"query\": \"x\"\n}\nObservation: y").arguments, "{\n  \"query\": \"x\"\n}");
}

TEST(ReactParse, ActionsThatAreNone) {
  EXPECT_EQ(parse("Thought: x\nAction: None\nFinal Answer: 3"), (ReactStep{.thought = "x\nAction: None", .call = {}, .answer = "3"}));
  EXPECT_EQ(parse("Action: none\nAction Input: none\nFinal Answer: 3").answer, "3");
  EXPECT_EQ(parse("Thought: x\nAction: Final Answer\nAction Input: 3"), (ReactStep{.thought = "x", .call = {}, .answer = "3"}));
  EXPECT_EQ(parse("It is 3.\nAction: none").answer, "It is 3.\nAction: none");
  EXPECT_EQ(call_in("Action:\nAction Input: {}"), (ReactStep::Call{.tool = "", .arguments = "{}"}));
}

TEST(ReactParse, LabelsNeedTheirColon) {
  EXPECT_EQ(parse("Action now\nAction 12").answer, "Action now\nAction 12");
  EXPECT_EQ(call_in("Action 12: now").tool, "now");
}

TEST(ReactParse, WhatIsWrappedMayBeUnfinishedOrNoProtocol) {
  EXPECT_EQ(parse("<think>It is 3.").answer, "<think>It is 3.");
  EXPECT_EQ(parse("```\nint x;\n```").answer, "```\nint x;\n```");
}

TEST(ReactParse, BracesNest) {
  EXPECT_EQ(call_in(R"(Action: search
Action Input: {"query": {"any": ["a"]}} and more)")
                .arguments,
            R"({"query": {"any": ["a"]}})");
}

TEST(ReactParse, AnActionAsJsonMayLackItsParts) {
  EXPECT_EQ(call_in(R"(Action: {"action": "now"})"), (ReactStep::Call{.tool = "now", .arguments = "{}"}));
  EXPECT_EQ(call_in(R"(Action: {"query": "geese"})").tool, R"({"query": "geese"})")
      << "no name: the model is told that there is no such tool";
  EXPECT_EQ(call_in(R"(Action: {"name": 5})").tool, R"({"name": 5})");
}

TEST(ReactParse, ACallNeedsANameAndBothBrackets) {
  EXPECT_EQ(call_in("Action: (geese)").tool, "(geese)");
  EXPECT_EQ(call_in("Action: search(geese").tool, "search(geese");
  EXPECT_EQ(call_in("Action: se)arch(geese").tool, "se)arch(geese");
  EXPECT_EQ(call_in("Action: '(geese)").tool, "(geese)");
  EXPECT_EQ(call_in("Action: I will search(geese)").tool, "I will search(geese)");
  EXPECT_EQ(call_in("Action: ...").tool, "");
}

TEST(ReactParse, AFinishIsAnAnswerWhereItHasOne) {
  EXPECT_EQ(parse("Action: Finish\nAction Input: 3").answer, "3");
  EXPECT_EQ(call_in("Action: finish").tool, "finish");
  EXPECT_EQ(call_in("Action: finish\nAction Input: \n").tool, "finish");
}

TEST(ReactParse, WhatStandsBeforeAThoughtBelongsToTheAnswer) {
  EXPECT_EQ(parse("Well.\nThought: It is 3.").answer, "Well.\nThought: It is 3.");
}

TEST(ReactParse, TheOnlyArgumentIsFoundInWhateverTheSchemaSays) {
  const auto arguments = [](std::string_view schema) {
    const std::vector<ToolSpec> one{{.name = "f", .description = "", .parameters = parse_json(schema).value()}};
    return parse_react("Action: f\nAction Input: 7", one).call.value().arguments;
  };
  EXPECT_EQ(arguments(R"({"required":["q"]})"), R"({"q":7})") << "nobody says that it is a text";
  EXPECT_EQ(arguments(R"({"required":["q"],"properties":{"q":{"type":["string","null"]}}})"), R"({"q":7})");
  EXPECT_EQ(arguments(R"({"required":["q"],"properties":{"q":{"type":"string"}}})"), R"({"q":"7"})");
  EXPECT_EQ(arguments(R"({"required":[],"properties":{"q":{"type":"integer"}}})"), R"({"q":7})");
  EXPECT_EQ(arguments(R"({"required":"q","properties":{"q":{}}})"), R"({"q":7})");
  for (const auto* unclear : {R"({"required":[5],"properties":{"a":{},"b":{}}})", R"({"required":[5]})", R"({"properties":["q"]})", "{}",
                              R"({"properties":{"a":{},"b":{}}})"}) {
    EXPECT_EQ(arguments(unclear), "7") << unclear;
  }
}

TEST(ReactInstructions, NameEveryToolInAFixedOrder) {
  const auto text = react_instructions(tools());
  EXPECT_EQ(react_instructions({}), "");
  EXPECT_NE(text.find("out of: add, now, search, square\n"), std::string::npos) << text;
  EXPECT_NE(text.find("- search: Searches the web\n  Arguments, as JSON Schema: {\"type\":\"object\""), std::string::npos) << text;
  auto shuffled = tools();
  std::swap(shuffled.front(), shuffled.back());
  EXPECT_EQ(react_instructions(shuffled), text);
}

TEST(ReactRequest, SaysTheSameInTexts) {
  model::Request request;
  request.instructions = "Be short.";
  request.tools = tools();
  request.tool_choice = model::ToolChoice::required;
  request.output = model::OutputSchema{.name = "answer", .schema = JsonObject{{"type", "object"}}};
  request.messages = {model::user_says("1 + 2?")};
  request.messages.push_back({.role = model::Role::assistant,
                              .parts = {model::Reasoning{.text = "I add.", .provider = "react", .kept = nullptr},
                                        model::ToolCall{.id = "c", .name = "add", .arguments = "{}", .kept = nullptr}}});
  request.messages.push_back({.role = model::Role::user,
                              .parts = {model::ToolResult{.call_id = "c", .name = "add", .text = "a is missing", .failed = true},
                                        model::Image{.media_type = "image/png", .data = "AAAA", .url = {}}}});
  const auto react = to_react(request);
  EXPECT_TRUE(react.tools.empty());
  EXPECT_FALSE(react.output);
  EXPECT_EQ(react.tool_choice, model::ToolChoice::automatic);
  EXPECT_EQ(react.stop, std::vector<std::string>{"\nObservation:"});
  EXPECT_TRUE(react.instructions.starts_with("Be short.\n\nYou can use these tools:"));
  EXPECT_NE(react.instructions.find("Use a tool now"), std::string::npos);
  EXPECT_NE(react.instructions.find(R"(fits this JSON Schema: {"type":"object"})"), std::string::npos);
  EXPECT_EQ(model::text_of(react.messages[1]), "Thought: I add.\nAction: add\nAction Input: {}");
  EXPECT_EQ(model::text_of(react.messages[2]), "Observation: Error: a is missing");
  EXPECT_TRUE(std::holds_alternative<model::Image>(react.messages[2].parts.front()));
}

TEST(ReactRequest, WithoutToolsNothingIsAdded) {
  model::Request request;
  request.messages = {model::user_says("Hello")};
  const auto react = to_react(request);
  EXPECT_EQ(react.instructions, "");
  EXPECT_TRUE(react.stop.empty());
  EXPECT_EQ(react.messages, request.messages);
}

TEST(ReactRequest, WhatHasNoTextInTheProtocolStaysAPart) {
  model::Request request;
  const model::Part kept = model::Reasoning{.text = "signed", .provider = "anthropic", .kept = JsonObject{{"signature", "x"}}};
  request.messages.push_back({.role = model::Role::assistant, .parts = {kept}});
  request.messages.push_back(
      {.role = model::Role::assistant, .parts = {model::ToolCall{.id = "c", .name = "now", .arguments = " ", .kept = {}}}});
  request.messages.push_back({.role = model::Role::user, .parts = {model::ToolResult{.call_id = "c", .name = "now", .text = "noon"}}});
  const auto react = to_react(request);
  EXPECT_EQ(react.messages[0].parts, std::vector<model::Part>{kept});
  EXPECT_EQ(model::text_of(react.messages[1]), "Action: now\nAction Input: {}");
  EXPECT_EQ(model::text_of(react.messages[2]), "Observation: noon");
}

TEST(ReactRequest, WhereNoToolMayBeUsedNoneIsTold) {
  model::Request request;
  request.tools = tools();
  request.tool_choice = model::ToolChoice::none;
  request.output = model::OutputSchema{.name = "answer", .schema = JsonObject{{"type", "object"}}};
  const auto react = to_react(request);
  EXPECT_TRUE(react.instructions.starts_with("The Final Answer must be JSON")) << react.instructions;
  EXPECT_TRUE(react.tools.empty());
  EXPECT_TRUE(react.stop.empty());
  EXPECT_TRUE(to_react({}).messages.empty());
}

model::Response saying(std::string text, model::Finish finish = model::Finish::stop) {
  model::Response response;
  response.message = {.role = model::Role::assistant, .parts = {model::Text{std::move(text)}}};
  response.finish = finish;
  return response;
}

TEST(ReactResponse, LooksAsIfTheModelHadCalled) {
  const auto response = from_react(saying("Thought: I add.\nAction: add\nAction Input: {\"a\": 1, \"b\": 2}"), tools(), "c1");
  EXPECT_EQ(response.finish, model::Finish::tool_calls);
  const model::Message expected{.role = model::Role::assistant,
                                .parts = {model::Reasoning{.text = "I add.", .provider = "react", .kept = nullptr},
                                          model::ToolCall{.id = "c1", .name = "add", .arguments = R"({"a": 1, "b": 2})", .kept = nullptr}}};
  EXPECT_EQ(response.message, expected);
  EXPECT_EQ(parse(model::text_of(to_react({.messages = {expected}}).messages.front())).call, add_two);  // and goes back as it came
}

TEST(ReactResponse, AnAnswerIsText) {
  const auto response = from_react(saying("Thought: I know.\nFinal Answer: 3"), tools(), "c1");
  EXPECT_EQ(response.finish, model::Finish::stop);
  EXPECT_EQ(model::text_of(response.message), "3");
}

TEST(ReactResponse, WhatWasCutOffStaysSo) {
  const auto response = from_react(saying("Action: search\nAction Input: {\"query\": \"wi", model::Finish::length), tools(), "c1");
  EXPECT_EQ(response.finish, model::Finish::length);
  EXPECT_EQ(model::calls_of(response.message).size(), 1U);
}

TEST(ReactResponse, NativeCallsStayAsTheyAre) {
  auto response = saying("Action: add");
  response.message.parts.emplace_back(model::ToolCall{.id = "n", .name = "now", .arguments = "{}", .kept = nullptr});
  EXPECT_EQ(from_react(response, tools(), "c1").message, response.message);
}

TEST(ReactResponse, WithoutToolsNothingIsReadIntoIt) {
  EXPECT_EQ(from_react(saying("Action: add"), {}, "c1").message, saying("Action: add").message);
  EXPECT_TRUE(from_react(saying(""), tools(), "c1").message.parts.empty());
}

}  // namespace
}  // namespace skein::agent
