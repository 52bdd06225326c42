#include <skein/tool.hpp>

#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace shop {

struct SearchArgs {
  std::string query;
  int max_results = 5;
};
SKEIN_DESCRIBE(SearchArgs, (query, "What to look for"), (max_results, "How many results"))

struct Found {
  std::string title;
  std::optional<double> price;
};
SKEIN_DESCRIBE(Found, (title, "Its name"), (price, "In euro"))

std::string greet(const SearchArgs& arguments) { return "hello " + arguments.query; }

}  // namespace shop

namespace skein {
namespace {

using shop::Found;
using shop::SearchArgs;
std::string said(const Result<ToolAnswer>& answer) {
  if (!answer) return "! " + answer.error().message;
  const auto* text = answer->value.if_string();
  return text != nullptr ? std::string(text->data(), text->size()) : to_json(answer->value);
}

/// What a tool of `function` answers when it is asked for "x", or for nothing.
template <class Function>
std::string answer(Function function) {
  const auto made = tool("name", "about", std::move(function));
  return said(made.call(made.parameters().at("properties").get_object().empty() ? JsonObject{} : JsonObject{{"query", "x"}}));
}

TEST(FunctionTool, OneLineMakesATool) {
  const auto search = tool("web_search", "Search the web", [](SearchArgs a) { return a.query + " × " + std::to_string(a.max_results); });
  EXPECT_EQ(search.name(), "web_search");
  EXPECT_EQ(search.description(), "Search the web");
  EXPECT_EQ(
      to_json(search.parameters()),
      R"({"type":"object","properties":{"query":{"type":"string","description":"What to look for"},)"
      R"("max_results":{"type":"integer","description":"How many results","default":5}},"required":["query"],"additionalProperties":false})");
  EXPECT_EQ(said(search.call({{"query", "geese"}})), "geese × 5");
  EXPECT_EQ(said(search.call({{"query", "geese"}, {"max_results", 2}})), "geese × 2");
  EXPECT_EQ(said(search.call({{"query", "geese"}, {"max_results", 4'000'000'000}})),
            "! 'max_results' must be an integer from -2147483648 to 2147483647");
  EXPECT_EQ(said(search.call()),
            "! web_search: 'arguments' must be an object, with the members \"query\", without members that are not declared, got an empty "
            "object");
}

TEST(FunctionTool, TakesManyFormsOfFunctions) {
  EXPECT_EQ(answer([] { return 1; }), "1");
  EXPECT_EQ(answer([](const SearchArgs& a) noexcept { return a.query.size(); }), "1");
  EXPECT_EQ(answer([](SearchArgs&& a) { return std::move(a.query); }), "x");
  EXPECT_EQ(answer([](SearchArgs a, const ToolCall& call) { return a.query + call.idempotency_key + call.run_id + call.agent; }), "x");
  EXPECT_EQ(answer([](const ToolCall& call) { return call.agent; }), "");
  EXPECT_EQ(answer(&shop::greet), "hello x");
  EXPECT_EQ(answer(shop::greet), "hello x");
  EXPECT_EQ(answer(std::function<int(SearchArgs)>([](const SearchArgs&) { return 2; })), "2");
  EXPECT_EQ(answer([only = std::make_unique<int>(3)] { return *only; }), "3");
}

TEST(FunctionTool, TakesManyFormsOfAnswers) {
  EXPECT_EQ(answer([] { return "text"; }), "text");
  EXPECT_EQ(answer([] { return std::string_view("text"); }), "text");
  EXPECT_EQ(answer([] { return true; }), "true");
  EXPECT_EQ(answer([] { return 2.5; }), "2.5");
  EXPECT_EQ(answer([] {}), "null");
  EXPECT_EQ(answer([] { return JsonObject{{"a", 1}}; }), R"({"a":1})");
  EXPECT_EQ(answer([] { return Json(nullptr); }), "null");
  EXPECT_EQ(answer([] { return Found{.title = "t", .price = {}}; }), R"({"title":"t","price":null})");
  EXPECT_EQ(answer([] { return std::vector<Found>{{.title = "t", .price = 2}}; }), R"([{"title":"t","price":2.0}])");
  EXPECT_EQ(answer([] { return std::map<std::string, int>{{"a", 1}}; }), R"({"a":1})");
  EXPECT_EQ(answer([]() -> Result<std::string> { return "fine"; }), "fine");
  EXPECT_EQ(answer([]() -> Result<void> { return {}; }), "null");
  EXPECT_EQ(answer([] { return std::string("\xff"); }), "\xEF\xBF\xBD");
  EXPECT_EQ(answer([] { return std::vector<std::string>{"\xff"}; }), "[\"\xEF\xBF\xBD\"]");
  const auto cited = tool("a", "b", [] { return ToolAnswer{.value = "v", .sources = {"https://example.org"}}; }).call();
  EXPECT_EQ(said(cited), "v");
  EXPECT_EQ(cited->sources, std::vector<std::string>{"https://example.org"});
}

TEST(FunctionTool, FailuresAreToldToTheModel) {
  EXPECT_EQ(answer([]() -> Result<int> { return fail(ErrorCode::not_found, "nothing there; ask for something else"); }),
            "! nothing there; ask for something else");
  EXPECT_EQ(answer([]() -> int { throw std::runtime_error("broken"); }), "! the tool failed: broken");
  EXPECT_EQ(answer([]() -> int { throw 1; }), "! the tool failed and did not say why");
}

TEST(FunctionTool, RunsOnThePool) {
  auto there = std::this_thread::get_id();
  EXPECT_TRUE(tool("a", "b", [&there] { there = std::this_thread::get_id(); }).call());
  EXPECT_NE(there, std::this_thread::get_id());
}

TEST(FunctionTool, CanBeTriedWithoutAnAgent) {
  const auto find = tool("find", "b", [](SearchArgs a) { return a.query; });
  EXPECT_EQ(find.name(), "find");
  EXPECT_EQ(find.call({{"query", "x"}})->value, Json("x"));
  EXPECT_EQ(find.call({{"querry", "x"}}).error().code, ErrorCode::invalid_argument);
  const auto broken = tool("a", "b", []() -> int { throw std::runtime_error("broken"); });
  EXPECT_EQ(broken.call().error().code, ErrorCode::agent_failed);
  EXPECT_EQ(broken.call().error().message, "the tool failed: broken");
  EXPECT_EQ(tools::calculator().call({{"expression", "6 * 7"}})->value, Json(42));
  EXPECT_EQ(tools::read_file("/nowhere").call({{"path", "x"}}).error().code, ErrorCode::agent_failed);
  EXPECT_TRUE(tools::current_time().call());
}

TEST(FunctionTool, ATrialEndsWithTheTimeout) {
  std::promise<void> released;
  auto wait = released.get_future().share();
  const auto slow = tool("slow", "b", [wait] { wait.wait_for(std::chrono::milliseconds{300}); }, {.timeout = std::chrono::milliseconds{1}});
  const auto answer = slow.call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::timeout);
  EXPECT_EQ(answer.error().message, "slow took longer than 1ms");
}

}  // namespace
}  // namespace skein
