#include <gtest/gtest.h>

#include "base/text.hpp"
#include "workflow/expression/test_scope.hpp"

namespace skein::workflow {
namespace {

struct Wrong {
  std::string_view text;
  std::size_t offset;
  std::string_view message;
};

TEST(Parsing, SaysWhatIsWrongAndWhere) {
  for (const auto& [text, offset, message] : std::initializer_list<Wrong>{
           {"", 0, "the expression is empty; write a value such as inputs.name"},
           {"   ", 3, "the expression is empty; write a value such as inputs.name"},
           {"1 +", 3, "expected a value, but the expression ends here"},
           {"(1", 2, "expected ')' to close '(', but the expression ends here"},
           {"(1]", 2, "expected ')' to close '(', but found ']'"},
           {"[1", 2, "expected ']' to close '[', but the expression ends here"},
           {"1 2", 2, "expected an operator or the end, but found '2'"},
           {"1 }", 2, "expected an operator or the end, but found '}'"},
           {"a b", 2, "expected an operator or the end, but found 'b'"},
           {"a = 1", 2, "'=' would assign; expressions only compute (compare with ==)"},
           {"a |= 1", 2, "'|=' would assign; expressions only compute (compare with ==)"},
           {"a += 1", 2, "'+=' would assign; expressions only compute (compare with ==)"},
           {"a # b", 2, "comments are not part of this language; put them beside the expression"},
           {"a | @base64", 4, "formats such as @base64 are not part of this language"},
           {"..", 0, "'..' is not part of this language; name the path"},
           {"a | ..", 4, "'..' is not part of this language; name the path"},
           {"1 < 2 < 3", 6, "comparisons cannot be chained; join them with 'and'"},
           {"1 == 2 != 3", 7, "comparisons cannot be chained; join them with 'and'"},
           {"a | b; c", 5, "expected an operator or the end, but found ';'"},
           {"é", 0, "expected a value, but found 'é'"},
           {"\xff", 0, "expected a value, but found '\xEF\xBF\xBD'"},
           {"a !", 2, "expected an operator or the end, but found '!'"},
           {"then", 0, "expected a value, but found 'then'"},
           {"or", 0, "expected a value, but found 'or'"},
           {"elif", 0, "expected a value, but found 'elif'"},
           {"else", 0, "expected a value, but found 'else'"},
           {"end", 0, "expected a value, but found 'end'"},
           {"as", 0, "expected a value, but found 'as'"},
           {"1 == == 2", 5, "expected a value, but found '=='"},
           {"1e", 1, "expected an operator or the end, but found 'e'"},
           {"1e+", 1, "expected an operator or the end, but found 'e'"},
           {"1e+x", 1, "expected an operator or the end, but found 'e'"},
           {"$1", 0, "expected a value, but found '$'"},
           {"'a", 0, "the string is not closed; add \"'\""},
           {"env as $x | 1", 0, "the environment as a whole cannot be read; name one variable, as in env.NAME"},
           {"1 | and", 4, "expected a value, but found 'and'"},
           {".", 0, "'.' has no input here; begin with a name, as in 'name | '.''"},
           {".[0]", 0, "'.' has no input here; begin with a name, as in 'name | '.''"},
           {".[]", 0, "'.' has no input here; begin with a name, as in 'name | '.''"},
           {".[", 2, "expected a value, but the expression ends here"},
           {".[[1]]", 0, "'.' has no input here; begin with a name, as in 'name | '.''"},
           {".\"a\\(1)\"", 0, "'.' has no input here; begin with a name, as in 'name | '.''"},
           {"{\"a\\(1)\"}", 1, "'.' has no input here; begin with a name, as in 'name | '.''"},
           {"length", 0, "length has no input here; begin with a name, as in 'name | length'"},
           {"1 + keys", 4, "keys has no input here; begin with a name, as in 'name | keys'"},
           {"map(.)", 0, "map has no input here; begin with a name, as in 'name | map'"},
           {"any(. > 1)", 4, "'.' has no input here; begin with a name, as in 'name | '.''"},
           {"lenght(a)", 0, "unknown function 'lenght'; did you mean 'length'?"},
           {"a | foo(1)", 4, "unknown function 'foo'"},
           {"a | zzzzzz(1)", 4, "unknown function 'zzzzzz'"},
           {"a | split", 10, "none"},
           {"a | split(1; 2; 3)", 4, "'split' takes 1 arguments, not 3 (they are separated by ';')"},
           {"a | length(1)", 4, "'length' takes 0 arguments, not 1 (they are separated by ';')"},
           {"a | any(1; 2; 3)", 4, "'any' takes 0, 1 or 2 arguments, not 3 (they are separated by ';')"},
           {"a | first(1", 11, "expected ')' or ';' after an argument, but the expression ends here"},
           {"a | first()", 10, "expected a value, but found ')'"},
           {"now", 0,
            "'now' is not part of this language: a workflow must decide the same way when it is replayed; pass the time in as an input or "
            "a task's result"},
           {"input", 0, "'input' is not part of this language: expressions read only names, such as inputs.name or a task's result"},
           {"a | debug", 4, "'debug' is not part of this language: expressions read only names, such as inputs.name or a task's result"},
           {"a | sub(\"a\"; \"b\")", 4, "'sub' is not part of this language: of regular expressions there is only test"},
           {"def f: 1; f", 0,
            "'def' is not part of this language: expressions always end, so there are no definitions, loops or recursion; use map, select, "
            "range or several tasks"},
           {"reduce a[] as $x (0; . + $x)", 0,
            "'reduce' is not part of this language: expressions always end, so there are no definitions, loops or recursion; use map, "
            "select, range or several tasks"},
           {"a | transpose", 4, "'transpose' is not part of this language: docs/expressions.md lists what is"},
           {"env", 0, "the environment as a whole cannot be read; name one variable, as in env.NAME"},
           {"1 + env | keys", 4, "the environment as a whole cannot be read; name one variable, as in env.NAME"},
           {"$ENV.HOME", 0, "$ENV is not available; name one variable, as in env.NAME"},
           {"$x", 0, "$x is not defined; bind it with '… as $x | …'"},
           {"1 as $item | $itm", 13, "$itm is not defined; bind it with '… as $itm | …'; did you mean '$item'?"},
           {"(1 as $x | 2) | $x", 16, "$x is not defined; bind it with '… as $x | …'"},
           {"{$x}", 1, "$x is not defined; bind it with '… as $x | …'"},
           {"1 as x | 2", 5, "expected a variable such as $x after 'as', but found 'x'"},
           {"1 as [$x] | 2", 5, "patterns are not part of this language; bind the whole value with 'as $name' and take it apart later"},
           {"1 as {a: $x} | 2", 5, "patterns are not part of this language; bind the whole value with 'as $name' and take it apart later"},
           {"1 as $x", 7, "expected '|' after the variable, but the expression ends here"},
           {"1 as $x | ", 10, "expected a value, but the expression ends here"},
           {"a.", 2, "expected a name, a string or '[' after '.', but the expression ends here"},
           {"a.\"b", 2, "the string is not closed; add '\"'"},
           {".\"b", 1, "the string is not closed; add '\"'"},
           {"a[1", 3, "expected ':' or ']' in a subscript, but the expression ends here"},
           {"a[", 2, "expected a value, but the expression ends here"},
           {"a[:]", 3, "expected a number on at least one side of ':', but found ']'"},
           {"a[1:", 4, "expected a value, but the expression ends here"},
           {"a[1:2", 5, "expected ']' after a slice, but the expression ends here"},
           {"if 1", 4, "expected 'then', but the expression ends here"},
           {"if", 2, "expected a value, but the expression ends here"},
           {"if 1 then", 9, "expected a value, but the expression ends here"},
           {"if 1 then 2", 11, "expected 'elif', 'else' or 'end', but the expression ends here"},
           {"if 1 then 2 end", 12, "'if' without 'else' gives its input, and there is none here; add 'else'"},
           {"if 1 then 2 elif", 16, "expected a value, but the expression ends here"},
           {"if 1 then 2 else 3", 18, "expected 'end', but the expression ends here"},
           {"if 1 then 2 else", 16, "expected a value, but the expression ends here"},
           {"{a", 2,
            "expected '}' or ',' in an object (put a name with other characters than letters, digits and _ in quotes), but the expression "
            "ends here"},
           {"{a-b: 1}", 2,
            "expected '}' or ',' in an object (put a name with other characters than letters, digits and _ in quotes), but found '-'"},
           {"{1: 2}", 1, "keys of objects are strings; put the number in quotes"},
           {"{(1)}", 4, "expected ':' after the key of an object, but found '}'"},
           {"{(1", 3, "expected ')' to close '(', but the expression ends here"},
           {"{a: }", 4, "expected a value, but found '}'"},
           {"{a: 1,}", 6, "expected a key of an object, but found '}'"},
           {"{\"a", 1, "the string is not closed; add '\"'"},
           {"\"abc", 0, "the string is not closed; add '\"'"},
           {"\"a\\", 2, R"(unknown escape in a string; known are \" \' \\ \/ \b \f \n \r \t \uXXXX and \(…); write \\ for a backslash)"},
           {"\"a\\d\"", 2, R"(unknown escape in a string; known are \" \' \\ \/ \b \f \n \r \t \uXXXX and \(…); write \\ for a backslash)"},
           {"\"\\u12\"", 1, "\\u needs four hexadecimal digits"},
           {"\"\\u12", 1, "\\u needs four hexadecimal digits"},
           {"\"\\u", 1, "\\u needs four hexadecimal digits"},
           {"\"\\ud800\\uzzzz\"", 7, "\\u needs four hexadecimal digits"},
           {"\"\\(1\"", 4, "expected ')' to close '\\(', but found '\"'"},
           {"\"\\(1 2)\"", 5, "expected ')' to close '\\(', but found '2'"},
           {"\"\\()\"", 3, "expected a value, but found ')'"},
           {"\"a\xff\"", 1, "the string is not valid UTF-8"},
           {"[\"\"].a", 0, "a name cannot be empty"},
           {".\"\"", 0, "a name cannot be empty"},
           {"-", 1, "expected a value, but the expression ends here"},
           {"1 | ", 4, "expected a value, but the expression ends here"},
           {"1, ", 3, "expected a value, but the expression ends here"},
           {"{a: (1}", 6, "expected ')' to close '(', but found '}'"},
       }) {
    const auto parsed = Expression::parse(text);
    if (message == "none") {
      EXPECT_TRUE(parsed) << text;
      continue;
    }
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message, message) << text;
    EXPECT_EQ(parsed.error().offset, offset) << text;
  }
}

TEST(Parsing, IsBounded) {
  const auto error = [](const std::string& text) {
    const auto parsed = Expression::parse(text);
    return parsed ? std::string("none") : parsed.error().message;
  };
  constexpr std::string_view nested = "nested more than 200 levels deep; split the expression";
  EXPECT_EQ(error(std::string(60'000, '(')), nested);
  EXPECT_EQ(error(std::string(60'000, '[')), nested);
  EXPECT_EQ(error(std::string(60'000, '-')), nested);
  std::string text;
  for (int i = 0; i < 9000; ++i) text += "{a:";
  EXPECT_EQ(error(text), nested);
  text.clear();
  for (int i = 0; i < 9000; ++i) text += "\"\\(";
  EXPECT_EQ(error(text), nested);
  text.clear();
  for (int i = 0; i < 9000; ++i) text += "1//";
  EXPECT_EQ(error(text + "1"), nested);
  text.clear();
  for (int i = 0; i < 500; ++i) text += "if 1 then 2 el";
  EXPECT_EQ(error(text), "too many branches; split the expression");
  text = "1";
  for (int i = 0; i < 500; ++i) text += "+1";
  EXPECT_EQ(error(text), "more than 400 operators inside each other; split the expression");
  text = "a";
  for (int i = 0; i < 500; ++i) text += ".a";
  EXPECT_EQ(error(text), "more than 400 operators inside each other; split the expression");
  constexpr std::string_view size = "an expression may have at most 65536 bytes";
  EXPECT_EQ(error("[" + std::string(70'000, ' ') + "1]"), size);
  EXPECT_EQ(error("1 " + std::string(70'000, ' ') + "+ 1"), size);
  text = "[1";
  for (int i = 0; i < 40'000; ++i) text += ",1";
  EXPECT_EQ(error(text + "]"), size);
  text = "[1";
  for (int i = 0; i < 20'000; ++i) text += ",1";
  EXPECT_EQ(test::evaluate(text + "] | length"), "20001");
}

TEST(Parsing, CountsWhatIsBuiltAroundOperators) {
  std::string highest = "1";
  while (Expression::parse(highest + "+1")) highest += "+1";
  constexpr std::string_view too_high = "more than 400 operators inside each other; split the expression";
  for (const auto& around : {"0 as $x | " + highest, "[] | has(" + highest + ")"}) {
    const auto parsed = Expression::parse(around);
    ASSERT_FALSE(parsed) << around;
    EXPECT_EQ(parsed.error().message, too_high);
  }
}

TEST(Parsing, PrecedenceIsThatOfJq) {
  for (const auto& [text, result] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"1 + 2 * 3 - 4 / 2", "5"},
           {"10 - 2 - 3", "5"},
           {"2 * -1", "-2"},
           {"-2 * 3 + 1", "-5"},
           {"true or false and false", "true"},
           {"null // 1 == 1", "true"},
           {"1 == 1 and 2 == 2", "true"},
           {"null // null // 3", "3"},
           {"1 as $x | 2 as $y | $x + $y", "3"},
           {"{a: 1 + 2, b: 1 | . + 1}", R"({"a":3,"b":2})"},
           {"{a: (1, 2) | tostring} | .a", "error"},
           {R"~("a\("b\("c")")d")~", R"("abcd")"},
           {R"("\u00e9\n\ud83d\ude00\ud800x\udc00\ud800\u0041")", "\"é\\n😀\uFFFDx\uFFFD\uFFFD\""},
           {"[1, 2 as $x | $x, 3]", "[1,2,3]"},
           {"{if: 1, \"a b\": 2} | .if", "1"},
           {"{(\"a\" + \"b\"): 1} | .ab", "1"},
           {"1 as $x | {$x, y: 2}", R"({"x":1,"y":2})"},
           {"{} | {a, \"b\"}", R"({"a":null,"b":null})"},
           {"{a: if true then 1, 2 else 3 end}.a?", "error"},
           {"[]", "[]"},
           {"null", "null"},
           {R"("\ue000")", "\"\xEE\x80\x80\""},
           {"1E2\t+\r\n2e+1 + 100e-2", "121"},
           {"[1, 2 | .] | first ", "1"},
           {"1 | .e? // \"\" * 3", "\"\""},
           {"[\"a\\(1)\"][0]?", "\"a1\""},
           {"[1][0]", "1"},
           {"[1,2,3] | .[1:][0]", "2"},
           {"[1,2] | .[-1:]", "[2]"},
           {"[1,2] | .[:1]", "[1]"},
           {"{a: [1]} | .a.[0]", "1"},
           {"{a: 1} | .\"a\"", "1"}}) {
    const auto value = test::evaluate(text);
    if (result == "error") EXPECT_TRUE(value.starts_with("error: it gives several")) << text << value;
    else EXPECT_EQ(value, result) << text;
  }
}

}  // namespace
}  // namespace skein::workflow
