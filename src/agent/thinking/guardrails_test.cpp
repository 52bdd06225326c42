#include "agent/thinking/guardrails.hpp"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

Guards guards(GuardrailSettings settings) { return Guards::make({std::move(settings)}).value(); }

std::string passed(const Guards& guards, Json value) {
  const auto out = guards.pass(std::move(value), "the answer");
  return out ? to_json(*out) : out.error().message;
}

TEST(Guardrails, NothingIsLookedForWhereNobodyAsks) {
  EXPECT_TRUE(Guards().none());
  EXPECT_EQ(passed(Guards(), "anything"), R"("anything")");
  EXPECT_EQ(passed(guards({}), 7), "7");
  EXPECT_TRUE(guardrails_to_json({}).empty());
  EXPECT_TRUE(Guards::make({})->none());
  EXPECT_TRUE(GuardrailsSettings{}.none());
  EXPECT_FALSE((GuardrailsSettings{.tool_results = {{}}}).none());
  EXPECT_FALSE((GuardrailsSettings{.output = {{}}}).none());
}

TEST(Guardrails, WordsAreWholeAndInAnyCase) {
  const auto refusing = guards({.forbidden_words = {"secret", "c++"}});
  EXPECT_EQ(passed(refusing, "no secretary here"), R"("no secretary here")");
  EXPECT_EQ(passed(refusing, "the SECRET plan").find("a guardrail refuses the answer: it matches"), 0U);
  EXPECT_EQ(passed(refusing, "use C++ now").find("a guardrail refuses"), 0U);
  EXPECT_EQ(refusing.pass("secret", "it").error().code, ErrorCode::rejected);
  EXPECT_FALSE(refusing.pass("secret", "it").error().retryable);
  const auto redacting = guards({.forbidden_words = {"secret"}, .action = GuardAction::redact});
  EXPECT_EQ(passed(redacting, *parse_json(R"({"a":["Secret!",1,null],"b":"fine"})")), R"({"a":["[removed]!",1,null],"b":"fine"})");
}

TEST(Guardrails, WordsBeginAndEndWithWhateverTheyHave) {
  for (const std::string word : {"Zed", "zed", "9mm", "_x_", "{x}", "[x]", ":x:", "~", "@x"}) {
    const auto refusing = guards({.forbidden_words = {word}});
    EXPECT_EQ(passed(refusing, Json("a " + word + " b")).find("a guardrail refuses"), 0U) << word;
    const bool ends_in_a_letter = std::string_view("dmx_").contains(word.back());
    EXPECT_EQ(passed(refusing, Json("a " + word + "z")).find("a guardrail refuses"), ends_in_a_letter ? std::string::npos : 0U) << word;
  }
}

TEST(Guardrails, PatternsAreForbiddenOrRequired) {
  EXPECT_EQ(passed(guards({.forbidden_patterns = {"[0-9]{4}"}, .message = "no card numbers"}), "1234"),
            "a guardrail refuses the answer: no card numbers");
  EXPECT_EQ(passed(guards({.forbidden_patterns = {"[0-9]{4}"}, .action = GuardAction::redact}), "a 1234 b 5678"),
            R"("a [removed] b [removed]")");
  const auto signed_off = guards({.required_patterns = {"Regards", "Skein"}});
  EXPECT_EQ(passed(signed_off, "Regards, Skein"), R"("Regards, Skein")");
  EXPECT_EQ(passed(signed_off, "Regards"), "a guardrail refuses the answer: nothing in it matches Skein");
  EXPECT_EQ(passed(signed_off, nullptr), "a guardrail refuses the answer: nothing in it matches Regards");
}

TEST(Guardrails, LengthsCountCharacters) {
  EXPECT_EQ(passed(guards({.max_length = 3}), "äöü"), R"("äöü")");
  EXPECT_EQ(passed(guards({.max_length = 2}), "äöü"), "a guardrail refuses the answer: it is 3 characters long, and 2 may be");
  EXPECT_EQ(passed(guards({.max_length = 2, .action = GuardAction::redact}), "äöü"), R"("äö[removed]")");
  EXPECT_EQ(passed(guards({.max_length = 2, .action = GuardAction::redact}), JsonArray{1, 2}),
            "a guardrail refuses the answer: it is 5 characters long, and 2 may be");
}

TEST(Guardrails, ASchemaIsForValuesAndForTextsThatAreJson) {
  const auto integer = guards({.schema = JsonObject{{"type", "integer"}}});
  EXPECT_EQ(passed(integer, 3), "3");
  EXPECT_EQ(passed(integer, "3"), R"("3")");
  EXPECT_EQ(passed(integer, "three").find("a guardrail refuses the answer: "), 0U);
}

TEST(Guardrails, ThatMakeNoSenseAreRefused) {
  EXPECT_NE(Guards::make({{.forbidden_patterns = {"("}}}).error().message.find("'(' is no regular expression"), std::string::npos);
  EXPECT_FALSE(Guards::make({{.required_patterns = {"["}}}));
  EXPECT_FALSE(Guards::make({{.forbidden_words = {""}}}));
  const auto too_much = Guards::make({{.forbidden_words = {std::string(2'000'000, 'x')}}});
  EXPECT_NE(too_much.error().message.find("is no regular expression: pattern too large"), std::string::npos) << too_much.error().message;
  EXPECT_FALSE(Guards::make({{.required_patterns = {"a"}, .action = GuardAction::redact}}));
  EXPECT_FALSE(Guards::make({{.schema = JsonObject{}, .action = GuardAction::redact}}));
}

TEST(Guardrails, AreReadAsTheyAreWritten) {
  const auto written = *parse_json(
      R"({"input":[{"max_length":5,"forbidden_words":["a"],"forbidden_patterns":["b"],"action":"redact"}],)"
      R"("tool_results":[{"required_patterns":["c"],"schema":{"type":"string"},"action":"refuse","message":"no"}],"output":[{"action":"refuse"}]})");
  GuardrailsSettings settings;
  describe::Problems problems;
  describe::parse_object(settings, written, describe::Path(), problems);
  EXPECT_TRUE(problems.empty()) << problems.front().message;
  EXPECT_FALSE(settings.none());
  EXPECT_EQ(to_json(guardrails_to_json(settings)), to_json(written));
}

}  // namespace
}  // namespace skein::agent
