// What an evaluation gives; tests/conformance/jq checks most of the language against jq itself.
#include <limits>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "workflow/expression/test_scope.hpp"

namespace skein::workflow {
namespace {

using test::error_of;
using test::evaluate;

struct Case {
  std::string_view text;
  std::string_view result;
};

void expect_all(std::initializer_list<Case> cases) {
  for (const auto& [text, result] : cases) EXPECT_EQ(evaluate(text), result) << text;
}
void expect_errors(std::initializer_list<Case> cases) {
  for (const auto& [text, message] : cases) EXPECT_EQ(error_of(text), message) << text;
}

TEST(Numbers, KeepSixtyFourBits) {
  expect_all({
      {"9007199254740993 + 2", "9007199254740995"},
      {"inputs.big - 1", "9007199254740992"},
      {"18446744073709551615", "18446744073709551615"},
      {"18446744073709551615 + 1", "18446744073709551616.0"},
      {"18446744073709551615 + 1 | tostring", "\"18446744073709551616\""},
      {"9223372036854775807 + 1", "9223372036854775808"},
      {"-9223372036854775807 - 1", "-9223372036854775808"},
      {"-9223372036854775807 - 2", "-9223372036854775808"},
      {"4294967296 * 4294967296", "18446744073709551616.0"},
      {"4294967295 * 4294967297", "18446744073709551615"},
      {"18446744073709551615 * 18446744073709551615", "3.402823669209385e+38"},
      {"6 / 2", "3"},
      {"7 / 2", "3.5"},
      {"1e3", "1000"},
      {"1.5e0 * 2", "3"},
      {"1e300 * 1e300", "1.7976931348623157e+308"},
      {"-1e300 * 1e300", "-1.7976931348623157e+308"},
      {"1e999", "1.7976931348623157e+308"},
      {"1e-999", "0"},
      {"100000000000000000000", "1e+20"},
      {"9007199254740993 == 9007199254740992", "false"},
      {"9007199254740993 > 9007199254740992.0", "true"},
      {"18446744073709551615 < 18446744073709551616.0", "true"},
      {"1e300 > 18446744073709551615", "true"},
      {"0.5 < 1", "true"},
      {"1 < 0.5", "false"},
      {"0.5 == 0.5", "true"},
      {"18446744073709551615 % 10", "5"},
      {"1e20 % 1e19", "0"},
      {"5e37 % 3e37", "1.9999999999999997e+37"},
      {"1e300 % 7", "1"},
      {"-9223372036854775808 | length", "9223372036854775808"},
      {"-0.5 | length", "0.5"},
      {"-1e20 | abs", "1e+20"},
      {"-3 | abs", "3"},
      {".5 + 1.", "1.5"},
      {"inputs.three | tostring", R"("3")"},
      {"\"\\(inputs.three)\"", R"("3")"},
      {"[inputs.three, {a: inputs.half}] | tojson", R"("[3,{\"a\":0.5}]")"},
      {"2.5 | floor", "2"},
      {"inputs.three | ceil", "3"},
      {"4 | round", "4"},
      {"\"18446744073709551615\" | tonumber", "18446744073709551615"},
  });
  expect_errors({
      {"-1 | sqrt", "number (-1) has no square root"},
      {"null | floor", "null is not a number"},
      {"\"a\" | sqrt", "string (\"a\") is not a number"},
      {"null | abs", "null is not a number"},
      {"1 / 0", "number (1) and number (0) cannot be divided because the divisor is zero"},
      {"1 % 0.5", "number (1) and number (0.5) cannot be divided because the divisor is zero"},
      {"1 % \"a\"", "number (1) and string (\"a\") cannot be divided"},
      {"\"a\" % 1", "string (\"a\") and number (1) cannot be divided"},
      {"1 / \"a\"", "number (1) and string (\"a\") cannot be divided"},
      {"-\"a\"", "string (\"a\") cannot be negated"},
  });
}

TEST(Results, AreExactlyOne) {
  expect_errors({
      {"1, 2", "it gives several results; collect them with [ … ] or choose one with first( … )"},
      {"empty", "it gives no result; provide one with '// …', or collect what there is with [ … ]"},
      {"inputs.city.name", "cannot index string with \"name\""},
      {"inputs.n[\"a\"]", "cannot index number with \"a\""},
      {"fetch.result.items.name", "cannot index array with \"name\""},
      {"fetch.result[0]", "cannot index object with number (0)"},
      {"error(\"no luck\")", "no luck"},
      {"error({a: 1})", R"({"a":1})"},
      {"{(1, 2): 3}", "number (1) cannot be the key of an object; keys are strings"},
  });
  EXPECT_EQ(evaluate("inputs.city + 1"), "error: string (\"Oslo\") and number (1) cannot be added (in the expression 'inputs.city + 1')");
  const std::string long_text = "1 + \"" + std::string(200, 'x') + "\"";
  EXPECT_LT(evaluate(long_text).size(), 300U);
  const auto failed = Expression::parse("1 + \"a\"").value().evaluate(test::JsonScope(test::names()));
  EXPECT_EQ(failed.error().code, ErrorCode::expression_failed);
  EXPECT_FALSE(failed.error().retryable);
}

TEST(Results, KeepWhatAnEarlierStepMayCatch) {
  expect_all({
      {"[1 | (., error(\"x\"))?]", "[1]"},
      {"[(1, 2) | if . == 1 then error(\"x\") else . end]?",
       "error: it gives no result; provide one with '// …', or collect what there is with [ … ] (in the expression '[(1, 2) | if . == 1 "
       "then error(\"x\") else . end]?')"},
      {"[inputs.n.a?] ", "[]"},
      {"inputs.n.a? // 7", "7"},
      {"inputs.n.a?//7", "7"},
      {"[inputs.n[0]?, inputs.n[1:]?, inputs.n[]?]", "[]"},
      {"[inputs.n[]??, (inputs.n[])?]", "[]"},
      {"[fetch.result.items[]?]", "[3,1,2]"},
      {"[inputs.city?]", "[\"Oslo\"]"},
  });
  // The `?` is behind the second step only.
  EXPECT_EQ(error_of("[inputs.n.a.b?]"), "cannot index number with \"a\"");
  // What fails later is not the `?`'s.
  EXPECT_EQ(error_of("[(1?) | error(\"later\")]"), "later");
  EXPECT_EQ(error_of("[(1, 2 | .)? | error(\"later\")]"), "later");
}

TEST(Functions, DifferFromJqOnPurpose) {
  expect_all({
      {"\"aé,b\" | index(\",\")", "2"},
      {"\"aaa\" | indices(\"aa\")", "[0,1]"},
      {"\"abc\" | indices(\"\")", "[]"},
      {"[1] | indices([])", "[]"},
      {"[1, 2, 3] | map_values(empty)", "[]"},
      {"{a: 1, b: 2} | map_values(if . == 1 then empty else . end)", R"({"b":2})"},
      {"any(true, error(\"x\"); .)", "true"},
      {"[limit(0; 1, 2)]", "[]"},
      {"[1, 2] | any(. == 1, error(\"x\"))", "true"},
      {"\" a \" | trim, ltrim, rtrim | length",
       "error: it gives several results; collect them with [ … ] or choose one with first( … ) (in the expression '\" a \" | trim, ltrim, "
       "rtrim | length')"},
      {"[\" a \", \"  \" | trim, ltrim, rtrim]", R"(["a","a "," a","","",""])"},
      {"[{k: \"a\", v: 1}, {K: \"b\", V: 2}] | from_entries", R"({"a":1,"b":2})"},
      {"if true then 1 else 2 end", "1"},
      {"1 | if false then 2 end", "1"},
  });
  expect_errors({
      {"1 | trim", "only strings can be trimmed, not number (1)"},
      {"1 | utf8bytelength", "only strings have a length in bytes, not number (1)"},
      {"1 | ascii_upcase", "only strings have upper and lower case, not number (1)"},
      {"true | length", "boolean (true) has no length"},
      {"1 | keys", "number (1) has no keys"},
      {"1 | to_entries", "number (1) has no keys"},
      {"1 | has(\"a\")", "cannot check whether number has a string key"},
      {"1 | from_entries", "number (1) cannot be made an object, as it is not an array of entries"},
      {"[1] | from_entries", "number (1) is not an entry; entries look like {\"key\": …, \"value\": …}"},
      {"[{}] | from_entries", "the entry {} has no key that is a string"},
      {"[{key: 1}] | from_entries", "the entry {\"key\":1} has no key that is a string"},
      {"1 | with_entries(.)", "number (1) has no keys"},
      {"{a: 1} | with_entries(1)", "number (1) is not an entry; entries look like {\"key\": …, \"value\": …}"},
      {"{a: 1} | with_entries(error(\"x\"))", "x"},
      {"1 | map_values(.)", "cannot iterate over number (1)"},
      {"[1] | map_values(error(\"x\"))", "x"},
      {"{a: 1} | map_values(error(\"x\"))", "x"},
      {"1 | map(.)", "cannot iterate over number (1)"},
      {"[1] | map(error(\"x\"))", "x"},
      {"null | .[]", "cannot iterate over null"},
      {"1 | sort", "number (1) cannot be sorted, as it is not an array"},
      {"1 | unique", "number (1) cannot be made unique, as it is not an array"},
      {"1 | group_by(.)", "number (1) cannot be grouped, as it is not an array"},
      {"1 | min", "number (1) cannot be searched for its least or greatest item, as it is not an array"},
      {"[1] | sort_by(error(\"x\"))", "x"},
      {"1 | reverse", "number (1) cannot be reversed, as it is not an array"},
      {"1 | flatten", "cannot iterate over number (1)"},
      {"[1] | flatten(\"a\")", "the depth of flatten must be a number"},
      {"[1] | flatten(-1)", "the depth of flatten must not be negative"},
      {"1 | split(\",\")", "split needs a string as input and a string as separator"},
      {"1 | startswith(\"a\")", "startswith and endswith need a string as input and a string as argument"},
      {"\"a\" | test(1)", "test needs strings; it got string (\"a\") to look in, the pattern 1 and the flags null"},
      {"\"a\" | test([])", "an array as the argument of test holds a pattern and flags"},
      {"\"a\" | test(\"a\"; \"x\")", "unknown flag \"x\" of a regular expression; known are g, i, l, p and s"},
      {"\"a\" | test(\"(\")", "\"(\" is not a regular expression: missing ): ("},
      {"\"a\" | test(\"a\" * 20000)", "a regular expression may have at most 16384 bytes"},
      {"1 | fromjson", "only strings can be parsed as JSON, not number (1)"},
      {"\"{\" | fromjson", "\"{\" is not JSON: incomplete JSON at line 1, column 2"},
      {"\"x\" | tonumber", "string (\"x\") cannot be parsed as a number"},
      {"1 | index(\"a\")", "cannot look for string (\"a\") in number (1)"},
      {"1 | .[1:]", "cannot take a slice of number (1); only arrays, strings and null have slices"},
      {"[1] | .[\"a\":]", "start and end of a slice must be numbers"},
      {"[1] | .[:\"a\"]", "start and end of a slice must be numbers"},
      {"[1] | .[{}]", "an object as an index needs the keys start and end"},
      {"[1] | .[{start: 1}]", "an object as an index needs the keys start and end"},
      {"range(\"a\")", "the bounds of range must be numbers"},
      {"[limit(\"a\"; 1)]", "limit needs a number, not string (\"a\")"},
      {"nth(-1; 1)", "nth needs a number that is not negative, not number (-1)"},
      {"last(error(\"x\"))", "x"},
      {"isempty(error(\"x\"))", "x"},
      {"first(error(\"x\"))", "x"},
      {"1 | contains(\"a\")", "number (1) and string (\"a\") cannot have their containment checked"},
      {"1 - \"a\"", "number (1) and string (\"a\") cannot be subtracted"},
      {"[range(100)] * 2", "array ([0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,…) and number (2) cannot be multiplied"},
      {"[] * 2", "array ([]) and number (2) cannot be multiplied"},
      {"[1, \"a\"] | add", "number (1) and string (\"a\") cannot be added"},
      {"[[1], 2] | join(\",\")", "string (\"\") and array ([1]) cannot be added"},
  });
}

TEST(Limits, EndEveryEvaluation) {
  const ExpressionLimits small{.max_steps = 20'000, .max_bytes = 100'000};
  constexpr std::string_view steps = "it takes more steps than are allowed; work on less data at once";
  constexpr std::string_view bytes = "its values take more memory than is allowed; work on less data at once";
  for (const std::string_view text : {"last(range(1e18))",
                                      "[range(1e18)] | length",
                                      "first(range(1e18) | select(. < 0))",
                                      "last(range(9007199254740992; 1e300))",
                                      "[range(200)] | map(. as $x | [range(200)]) | length",
                                      "any(range(1e18); . < 0)",
                                      "[range(1000)] | . as $a | map($a | contains([-1]))",
                                      "[range(1000)] | . as $a | map($a == [1]) | map($a | any(. < 0))",
                                      "([range(300)] | . as $a | $a | map([$a, .] | length)) | length",
                                      "last(range(0; 1; 1e-300))",
                                      "[range(900)] | . as $a | map($a - $a)",
                                      "[range(900)] | . as $a | map($a | indices(3))",
                                      "(\"a\" * 5000) as $s | [range(300)] | map($s | length, indices(\"b\"))",
                                      "[limit(1e18; range(1e18))]",
                                      "(\"a\" * 90000) as $s | [range(900)] | map($s | length)",
                                      "(\"a\" * 90000) as $s | [range(900)] | map($s | test(\"b\"))",
                                      "(\"a\" * 90000) as $s | [range(900)] | map($s | contains(\"b\"))",
                                      "(\"a\" * 90000) as $s | [range(900)] | map($s | .[0:1])",
                                      "[range(900)] | . as $a | [$a[] | $a | sort] | length",
                                      "[range(900)] | . as $a | $a | map($a | keys)",
                                      "[range(900)] | . as $a | $a | map($a | [.[]?])",
                                      "[range(900)] | . as $a | $a | map($a == ($a | map(.)))",
                                      "[range(900)] | . as $a | map($a | flatten)"}) {
    const auto message = error_of(text, small);
    EXPECT_TRUE(message == steps || message == bytes) << text << ": " << message;
  }
  for (const std::string_view text : {"\"x\" * 1e9",
                                      "\"x\" * 1e300",
                                      "\"xyz\" * 9e15",
                                      "1e9 * \"ab\"",
                                      "(\"ab\" * 30000) | split(\"\")",
                                      "(\"a\" * 30000) | [., ., ., .]",
                                      "(\"a\" * 30000) | . + . + . + .",
                                      "(\"[\" * 3000) | fromjson",
                                      "(\"1,\" * 30000) | fromjson",
                                      "(\"a\" * 30000) | {a: ., b: ., c: ., d: .}",
                                      "(\"a\" * 40000) | \"\\(.)\\(.)\\(.)\"",
                                      "(\"a\" * 60000) | ascii_upcase",
                                      "(\"a\" * 60000) | ltrimstr(\"a\")",
                                      "(\"a\" * 60000) | [.] | tojson",
                                      "[range(2000)] | to_entries",
                                      "{a: (\"a\" * 30000)} | . * {b: .a} * {c: .a}",
                                      "(\"a\" * 30000) | [., .] | join(\"-\")",
                                      "(\"a\" * 30000) | [[.]] | map_values([., .])",
                                      "[range(1000)] | to_entries | map({key: \"a\\(.key)\", value}) | from_entries",
                                      "[range(3500)] | reverse",
                                      "[range(3500)] | sort",
                                      "[range(3500)] | unique",
                                      "[range(3500)] | group_by(.)",
                                      "[range(3500)] | keys | keys",
                                      "[range(3500)] | .[1:] | .[1:]",
                                      "[range(3500)] | map(.) | map(.)",
                                      "[range(3500)] | flatten",
                                      "[range(3500)] | . - []",
                                      "(\"a\" * 60000) | tojson",
                                      "[range(3500)] | map(\"a\") | indices(\"a\")",
                                      "(\"a\" * 3900) | indices(\"a\")",
                                      "(\"a,\" * 4000) | split(\",\")",
                                      "(\"a\" * 50000) | tostring | .[1:]",
                                      "[range(3500)] | with_entries(.)",
                                      "[range(3500)] | tojson | fromjson",
                                      "{a: 1} | {(\"a\" * 60000): 1} | keys",
                                      "(\"a\" * 60000) | {b: .} | to_entries"}) {
    const auto message = error_of(text, small);
    EXPECT_TRUE(message == steps || message == bytes) << text << ": " << message;
  }
  // A limit is not something to catch.
  EXPECT_EQ(error_of("[(range(1e18) | select(. < 0))?] // 1", small), steps);
  EXPECT_EQ(error_of("[(\"x\" * 1e9)?]", small), bytes);
}

// Wherever a limit strikes, the answer is the limit's error, never a wrong result or a caught failure.
TEST(Limits, MayStrikeAnywhere) {
  for (const std::string_view text :
       {"[3, 1, 2] | sort, unique, reverse, sort_by(-.), group_by(. % 2), unique_by(. % 2), min_by(.), max",
        "{b: [1], a: {c: 2}} | keys, keys_unsorted, to_entries, length", "[1, [2, [3]]] | flatten, flatten(1), tojson, map(tostring)",
        "{a: 1, b: {c: 2}} | with_entries({key: \"x\\(.key)\", value}), map_values([.]), . * {b: {d: 3}}, . + {e: 4}",
        "\"a,b,a,\" | split(\",\"), split(\"\"), indices(\"a\"), ascii_upcase, ltrimstr(\"a\"), .[1:], length, test(\"A\"; \"i\"), "
        "test(\"b+\"), \"<\\(.)>\", [.] | tojson",
        "[1, 2, 1] | indices(1), indices([1, 2]), . - [2], .[1:], contains([1]), (. == [1, 2, 1]), (map(. * 2) | add), join(\"-\"), any(. "
        "> 1), all, to_entries",
        "\"[1,{\\\"a\\\":2}]\" | fromjson, (fromjson | .[1] | {a, b: [.a]} | contains({b: [2]}))",
        "[range(3), range(0; 4; 2), limit(2; 7, 8, 9), first(1, 2), last(3, 4), nth(1; 5, 6), isempty(empty)]",
        "(1, 2) as $x | [$x, (3, 4)] | if .[0] == 1 then .[]? else {(\"k\", \"l\"): .[]} end",
        "(\"ab\" * 40) | tostring, (. / \"b\"), contains(\"ba\"), ([.] | contains([\"ba\"])), ({a: .} | tojson), length",
        "[(null, 1, false) // 2, (true, false | . and (true, null), . or false)] | map(select(. != null)) | [.[:2][]]",
        "[1, {a: 2} | (.a?, .[0]?, .[]?)]",
        "{a: [1, 2]} | .a[1], .a[0:1], .[\"a\"][0, 1], (to_entries | from_entries), ([.] | add), ([.a, .a] | add)"}) {
    const auto wrapped = "[" + std::string(text) + "]";
    const auto full = evaluate(wrapped);
    ASSERT_TRUE(full.starts_with('[')) << text << full;
    const auto check = [&](const ExpressionLimits& limits, std::string_view message) {
      const auto result = evaluate(wrapped, limits);
      EXPECT_TRUE(result == full || result == "error: " + std::string(message) + result.substr(std::min(result.size(), 7 + message.size())))
          << text << "\n"
          << result;
    };
    for (std::size_t steps = 0; steps < 600; ++steps)
      check({.max_steps = steps}, "it takes more steps than are allowed; work on less data at once");
    for (std::size_t bytes = 0; bytes < 6000; bytes += 4)
      check({.max_bytes = bytes}, "its values take more memory than is allowed; work on less data at once");
  }
}

TEST(Regexes, AreCachedAndBounded) {
  EXPECT_EQ(evaluate("[\"ab\", \"b\", \"c\"] | map(test(\"^a\"), test(\"^A\"; \"i\"))"), "[true,true,false,false,false,false]");
  EXPECT_EQ(evaluate("[range(100)] | map(. as $n | \"x\" | test(\"x{\\($n)}\")) | map(select(.)) | length"), "2");
  testing::internal::CaptureStderr();
  const std::string_view huge =
      R"~([("((a{100}){100}){10}", "(((((x{9}){9}){9}){9}){9})", "[^\\x00-\\x{10FFFF}]{1000}", "(\\pL{900}|\\pN{900})+$", "(\\pL?){20}y") as $r | ("a" * 5000 | test($r))?])~";
  EXPECT_TRUE(evaluate(huge).starts_with('[')) << evaluate(huge);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Limits, BytesComeBack) {
  const ExpressionLimits small{.max_steps = 1'000'000, .max_bytes = 100'000};
  EXPECT_EQ(evaluate("[range(1000)] | map((\"a\" * 20000) | length) | add", small), "20000000");
  EXPECT_EQ(evaluate("[limit(2000; range(1e18))] | length", small), "2000");
}

TEST(Limits, BoundTheDepthOfValuesAndOfSteps) {
  std::string deep = "1";
  for (int i = 0; i < 150; ++i) deep += "|[.]";
  EXPECT_EQ(error_of(deep), "a value may nest at most 128 levels deep");
  EXPECT_EQ(error_of("[(" + deep + ")?]"), "a value may nest at most 128 levels deep");
  deep = "1";
  for (int i = 0; i < 150; ++i) deep += "|{a:.}";
  EXPECT_EQ(error_of(deep), "a value may nest at most 128 levels deep");
  std::string streams = "1";
  for (int i = 0; i < 5000; ++i) streams += "|(.,.)";
  EXPECT_EQ(error_of("first(" + streams + ")"), "too many nested steps; split the expression over several tasks");
  for (const std::string_view shift : {"1", "1|(.,.)"}) {
    std::string inside(shift);
    for (int i = 0; i < 1000; ++i) inside += "|((.,.),.)";
    EXPECT_EQ(error_of("first(" + inside + ")"), "too many nested steps; split the expression over several tasks");
  }
  std::string longer = "1";
  for (int i = 0; i < 5000; ++i) longer += "|.";
  EXPECT_EQ(evaluate(longer), "1");
}

TEST(Values, OfEveryTypeMeetEveryOperator) {
  // No combination may crash or give two different answers.
  constexpr std::string_view values[] = {"null",
                                         "true",
                                         "0",
                                         "-1",
                                         "2.5",
                                         "1e300",
                                         "18446744073709551615",
                                         "\"\"",
                                         "\"a,b\"",
                                         "\"x\" * 20",
                                         "[]",
                                         "[1,2]",
                                         "[[1],\"a\"]",
                                         "{}",
                                         "{a: 1}",
                                         "{start: 0, end: 1}",
                                         "{\"a\": {b: []}}"};
  constexpr std::string_view operations[] = {"%a + %b",
                                             "%a - %b",
                                             "%a * %b",
                                             "%a / %b",
                                             "%a % %b",
                                             "%a == %b",
                                             "%a < %b",
                                             "%a and %b",
                                             "%a // %b",
                                             "%a | .[%b]",
                                             "%a | .[%b:]",
                                             "%a | .[:%b]",
                                             "%a | has(%b)",
                                             "%a | in(%b)",
                                             "%a | contains(%b)",
                                             "%a | index(%b)",
                                             "%a | join(%b)",
                                             "%a | split(%b)",
                                             "%a | test(%b)",
                                             "%a | test(\"a\"; %b)",
                                             "%a | ltrimstr(%b)",
                                             "%a | rtrimstr(%b)",
                                             "%a | startswith(%b)",
                                             "%a | endswith(%b)",
                                             "%a | flatten(%b)",
                                             "[limit(%a; %b)]",
                                             "[nth(%a; %b)]",
                                             "[limit(5; range(%a; %b))]",
                                             "[limit(5; range(0; %a; %b))]",
                                             "{(%a): %b}",
                                             "%a | nth(%b)",
                                             "[%a, %b] | sort, unique, group_by(.), add",
                                             "%a | map_values(%b)",
                                             "%a | with_entries(%b)",
                                             "%a | map(%b)",
                                             "%a | error(%b)",
                                             "\"\\(%a)\\(%b)\"",
                                             "%a | rindex(%b)",
                                             "%a | inside(%b)",
                                             "%a | [floor?, ceil?, round?, sqrt?, abs?, fabs?, length?, trim?, ltrim?, rtrim?, tonumber?, "
                                             "tojson, fromjson?, keys?, add?, any?, min?, first?, %b]"};
  const auto fill = [](std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
      text.replace(at, what.size(), "(" + std::string(with) + ")");
    return text;
  };
  for (const auto operation : operations) {
    for (const auto a : values) {
      for (const auto b : values) {
        const auto text = "[" + fill(fill(std::string(operation), "%a", a), "%b", b) + "]";
        const auto result = evaluate(text, {.max_steps = 10'000, .max_bytes = 100'000});
        EXPECT_EQ(result, evaluate(text, {.max_steps = 10'000, .max_bytes = 100'000})) << text;
        EXPECT_TRUE(is_utf8(result)) << text;
        EXPECT_EQ(result.find('@'), std::string::npos) << "does not parse: " << text << result;
      }
    }
  }
}

TEST(Values, WithNumbersThatJsonCannotSayAreOrdered) {
  JsonObject odd;
  odd["x"] = JsonArray{1, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), -1};
  const Json names = odd;
  const test::JsonScope scope(names);
  const auto on = [&](std::string_view text) { return to_json(Expression::parse(text).value().evaluate(scope).value()); };
  EXPECT_EQ(on("x | sort"), "[null,-1,1,null]");
  EXPECT_EQ(on("x | map(. == .)"), "[true,true,true,true]");
  EXPECT_EQ(on("x[2] as $n | x | [.[$n], .[$n:] | length]"), "[0,4]");
  EXPECT_EQ(on("x[2] as $n | [5 % (x[1]), \"a\" * $n, ([1] | has($n))]"), "[5,null,false]");
  EXPECT_EQ(on("x[2] as $n | [$n + 1, $n % 5]"), "[null,0]");
}

TEST(Limits, HoldForValuesThatWereThereBefore) {
  Json deep = 1;
  for (std::size_t i = 0; i <= max_json_depth; ++i) deep = JsonArray{deep};
  JsonObject given;
  given["deep"] = std::move(deep);
  given["long"] = std::string(8000, 'a');
  const Json names = std::move(given);
  const auto on = [&](std::string_view text, std::size_t steps = 2000) {
    const auto value = Expression::parse(text).value().evaluate(test::JsonScope(names), {.max_steps = steps, .max_bytes = 100'000});
    return value ? to_json(*value) : value.error().message.substr(0, value.error().message.find(" (in"));
  };
  constexpr std::string_view too_deep = "a value may nest at most 128 levels deep";
  EXPECT_EQ(on("deep | group_by(1)"), too_deep);
  EXPECT_EQ(on("{a: 1} | with_entries(deep)"), too_deep);
  EXPECT_EQ(on("long[0:2]"), R"("aa")");
  EXPECT_EQ(on("long | test(\"b\")"), "false");
  // Reading a long text costs steps; `?` does not silence a limit.
  constexpr std::string_view too_many_steps = "it takes more steps than are allowed; work on less data at once";
  EXPECT_EQ(on("long | test(\"b\")", 500), too_many_steps);
  EXPECT_EQ(on("[long[0:2]?]", 100), too_many_steps);
  EXPECT_EQ(on("long * 1e300"), "its values take more memory than is allowed; work on less data at once");
}

TEST(Strings, ThatAreNoNumbersAndPatternsWithTooManyParts) {
  expect_errors({
      {R"("null" | tonumber)", R"(string ("null") cannot be parsed as a number)"},
      {R"("a" | test(["a", "i", "x"]))", "an array as the argument of test holds a pattern and flags"},
  });
  EXPECT_TRUE(error_of(R"("1" * 1000 | tonumber)").ends_with("cannot be parsed as a number"));
}

}  // namespace
}  // namespace skein::workflow
