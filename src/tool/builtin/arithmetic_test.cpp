#include "tool/builtin/arithmetic.hpp"

#include <string>

#include <gtest/gtest.h>

namespace skein::tool {
namespace {

/// The result as JSON, or "! " and the error.
std::string result(std::string_view text) {
  const auto value = calculate(text);
  return value ? to_json(*value) : "! " + value.error().message;
}

TEST(Arithmetic, FollowsPrecedence) {
  EXPECT_EQ(result("2 + 3 * 4"), "14");
  EXPECT_EQ(result("(2 + 3) * 4"), "20");
  EXPECT_EQ(result("10 - 4 - 3"), "3");
  EXPECT_EQ(result("-2^2"), "-4");
  EXPECT_EQ(result("2^3^2"), "512");
  EXPECT_EQ(result("2**-1"), "0.5");
  EXPECT_EQ(result("2*-3"), "-6");
  EXPECT_EQ(result("--3"), "3");
  EXPECT_EQ(result("7 % 3 * 2"), "2");
  EXPECT_EQ(result("-7 % 3"), "-1");
  EXPECT_EQ(result(" \t1\n+\r1 "), "2");
}

TEST(Arithmetic, IntegersAreExact) {
  EXPECT_EQ(result("9007199254740993 + 2"), "9007199254740995");
  EXPECT_EQ(result("3^39"), "4052555153018976267");
  EXPECT_EQ(result("123456789 * 1000000007"), "123456789864197523");
  EXPECT_EQ(result("9223372036854775806 / 2"), "4611686018427387903");
  EXPECT_EQ(result("(-1)^1000000000000000001"), "-1");
  EXPECT_EQ(result("0^0"), "1");
  EXPECT_EQ(result("6 / 3"), "2");
  EXPECT_EQ(result("7 / 2"), "3.5");
  EXPECT_EQ(result("1e3"), "1000");
  EXPECT_EQ(result("sqrt(16)"), "4");
  EXPECT_EQ(result("-9223372036854775808"), "-9223372036854775808.0");  // its digits alone are one too many for an integer
  EXPECT_EQ(result("(-9223372036854775807 - 1) / -1"), "9223372036854775808.0");
  EXPECT_EQ(result("(-9223372036854775807 - 1) % -1"), "0");
  EXPECT_EQ(result("abs(-9223372036854775807 - 1)"), "9223372036854775808.0");
}

TEST(Arithmetic, BecomesRealWhereIntegersEnd) {
  EXPECT_EQ(result("9223372036854775807 + 1"), "9223372036854775808.0");
  EXPECT_EQ(result("2^100"), "1.2676506002282294e+30");
  EXPECT_EQ(result("0.1 + 0.2"), "0.3");
  EXPECT_EQ(result("1.1 * 1.1"), "1.21");
  EXPECT_EQ(result("-0.0"), "0");
  EXPECT_EQ(result("5.5 % 2"), "1.5");
  EXPECT_EQ(result(".5 + 5."), "5.5");
}

TEST(Arithmetic, KnowsFunctions) {
  EXPECT_EQ(result("abs(-3)"), "3");
  EXPECT_EQ(result("abs(-2.5)"), "2.5");
  EXPECT_EQ(result("floor(-2.5) + ceil(-2.5)"), "-5");
  EXPECT_EQ(result("round(2.5)"), "3");
  EXPECT_EQ(result("round(3.14159, 2)"), "3.14");
  EXPECT_EQ(result("round(1234, -2)"), "1200");
  EXPECT_EQ(result("round(1e300, 300)"), "1e+300");
  EXPECT_EQ(result("min(3, 1.5, 2) + max(1, 2)"), "3.5");
  EXPECT_EQ(result("log(exp(2))"), "2");
  EXPECT_EQ(result("log(8, 2)"), "3");
  EXPECT_EQ(result("log10(1000) + log2(8)"), "6");
  EXPECT_EQ(result("sin(0) + cos(0)"), "1");
  EXPECT_EQ(result("sin(pi)"), "1.22464679914735e-16");
  EXPECT_EQ(result("SQRT(2)"), "1.4142135623731");
  EXPECT_EQ(result("pow(2, 10)"), "1024");
}

TEST(Arithmetic, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(result(""), "! the expression is empty; write one, such as (2 + 3) * 4");
  EXPECT_EQ(result("2 +"), "! at character 4: expected a number, got the end");
  EXPECT_EQ(result("2 + * 3"), "! at character 5: expected a number, got '* 3'");
  EXPECT_EQ(result("(2 + 3"), "! at character 7: expected ')', got the end");
  EXPECT_EQ(result("2 3"), "! at character 3: expected an operator or the end, got '3'");
  EXPECT_EQ(result("1 / (2 - 2)"), "! at character 3: division by zero");
  EXPECT_EQ(result("5 % 0"), "! at character 3: division by zero");
  EXPECT_EQ(result("sqrt(-1)"), "! at character 1: 'sqrt' has no real value here");
  EXPECT_EQ(result("log(0)"), "! at character 1: the result of 'log' is infinite or too large");
  EXPECT_EQ(result("10^400"), "! at character 3: the result of '^' is infinite or too large");
  EXPECT_EQ(result("1e999"), "! at character 1: the number is too large or too small for a double");
  EXPECT_EQ(result("sqrt 4"), "! at character 6: expected '(' after sqrt, got '4'");
  EXPECT_EQ(result("sqrt()"), "! at character 6: expected a number, got ')'");
  EXPECT_EQ(result("sqrt(1, 2)"), "! at character 1: sqrt takes 1 value, got 2");
  EXPECT_EQ(result("log(1, 2, 3)"), "! at character 1: log takes 1 to 2 values, got 3");
  EXPECT_EQ(result("system(1)").substr(0, 51), "! at character 1: 'system' is unknown; known are pi");
  EXPECT_EQ(result("."), "! at character 1: expected a number, got '.'");
}

TEST(Arithmetic, IsBounded) {
  EXPECT_EQ(result(std::string(99, '(') + "1" + std::string(99, ')')), "1");
  EXPECT_NE(result(std::string(101, '(') + "1" + std::string(101, ')')).find("more than 100 levels"), std::string::npos);
  EXPECT_EQ(result(std::string(1'999, '-') + "1"), "-1");
  EXPECT_EQ(result(std::string(2'001, '1')), "! the expression has 2001 bytes, at most 2000 are allowed; split the calculation");
  std::string tower = "1";
  for (int i = 0; i < 200; ++i) tower += "^1";
  EXPECT_NE(result(tower).find("more than 100 levels"), std::string::npos);
  EXPECT_EQ(result("2^9223372036854775807").find("too large") != std::string::npos, true);
}

}  // namespace
}  // namespace skein::tool
