// Compares the evaluator with Debian's jq 1.6. Where they differ on purpose (docs/expressions.md, "Differences from jq"), no case is here:
// integers beyond 2^53 stay exact, errors of later steps are never caught by an earlier `?`, `index` counts code points and finds
// overlapping places, `any` and `all` stop early, `limit(0; …)` gives nothing, a bracketed string before a path is a name,
// `map_values(empty)` drops the value.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include "conformance/jq/cases.hpp"
#include "workflow/expression/expression.hpp"

namespace skein::conformance {
namespace {

using workflow::Expression;
using workflow::Scope;

bool jq_is_here() { return std::system("jq --version >/dev/null 2>&1") == 0; }

class OneName : public Scope {
 public:
  explicit OneName(Json value) : value_(std::move(value)) {}
  Result<const Json*> find(std::string_view, std::string_view, Json&) const override { return &value_; }

 private:
  Json value_;
};

/// jq's numbers are doubles with 17 digits, and it does not promise an order of keys.
bool same(const Json& a, const Json& b) {  // NOLINT(misc-no-recursion)
  if (a.is_number() && b.is_number()) {
    const auto x = a.to_number<double>();
    const auto y = b.to_number<double>();
    return x == y || std::fabs(x - y) <= 1e-13 * std::fabs(x);
  }
  if (a.is_array() && b.is_array()) {
    if (a.get_array().size() != b.get_array().size()) return false;
    for (std::size_t i = 0; i < a.get_array().size(); ++i) {
      if (!same(a.get_array()[i], b.get_array()[i])) return false;
    }
    return true;
  }
  if (a.is_object() && b.is_object()) {
    if (a.get_object().size() != b.get_object().size()) return false;
    for (const auto& member : a.get_object()) {
      const auto* other = b.get_object().if_contains(member.key());
      if (other == nullptr || !same(member.value(), *other)) return false;
    }
    return true;
  }
  return a == b;
}

struct Pair {
  std::string expression;
  std::string input;
};

/// One line for each pair: the array of its results, or "error".
std::vector<std::string> ask_jq(const std::vector<Pair>& pairs) {
  const auto path = testing::TempDir() + "skein_jq_" + std::to_string(getpid()) + ".jq";
  std::ofstream program(path);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    program << (i == 0 ? "" : ",\n") << "((" << pairs[i].input << ") | (try [" << pairs[i].expression << "] catch \"error\"))";
  }
  program.close();
  std::vector<std::string> lines;
  FILE* pipe = popen(("jq -n -c -f '" + path + "' 2>&1").c_str(), "r");
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c == '\n') lines.push_back(std::exchange(line, {}));
    else line += static_cast<char>(c);
  }
  EXPECT_EQ(pclose(pipe), 0) << (lines.empty() ? "" : lines.front());
  std::remove(path.c_str());
  return lines;
}

/// Without the sign of zero, which Skein does not keep.
std::string without_negative_zero(std::string line) {
  for (std::size_t at = line.find("-0"); at != std::string::npos; at = line.find("-0", at + 1)) {
    const char next = at + 2 < line.size() ? line[at + 2] : ' ';
    if (next != '.' && (next < '0' || next > '9')) line.erase(at, 1);
  }
  return line;
}

std::string ask_skein(const Pair& pair) {
  const auto expression = Expression::parse("x | [" + pair.expression + "]");
  if (!expression) return "parse: " + expression.error().message + " at " + std::to_string(expression.error().offset);
  const auto result = expression->evaluate(OneName(parse_json(pair.input).value()));
  return result ? to_json(*result) : "\"error\" " + result.error().message;
}

void expect_agreement(const Pair& pair, const std::string& theirs) {
  const auto ours = ask_skein(pair);
  bool agrees = ours.starts_with("\"error\"");
  if (theirs != "\"error\"") {
    const auto a = parse_json(ours);
    const auto b = parse_json(without_negative_zero(theirs));
    agrees = a && b && same(*a, *b);
  }
  EXPECT_TRUE(agrees) << "expression: " << pair.expression << "\ninput: " << pair.input << "\nskein: " << ours << "\njq:    " << theirs;
}

void compare_all(const std::vector<Pair>& pairs) {
  const auto theirs = ask_jq(pairs);
  ASSERT_EQ(theirs.size(), pairs.size()) << (theirs.empty() ? "" : theirs.front());
  for (std::size_t i = 0; i < pairs.size(); ++i) expect_agreement(pairs[i], theirs[i]);
}

constexpr std::string_view absent = "jq is not installed, so the evaluator is NOT compared with it; install the package jq";

TEST(JqConformance, WrittenCasesGiveWhatJqGave) {
  for (const auto& c : cases()) expect_agreement({std::string(c.expression), std::string(document())}, std::string(c.results));
}

TEST(JqConformance, WrittenCasesGiveWhatJqGives) {
  if (!jq_is_here()) GTEST_SKIP() << absent;
  std::vector<Pair> pairs;
  for (const auto& c : cases()) pairs.push_back({std::string(c.expression), std::string(document())});
  compare_all(pairs);
}

TEST(JqConformance, GeneratedExpressions) {
  if (!jq_is_here()) GTEST_SKIP() << absent;
  const char* seed_text = std::getenv("SKEIN_SEED");
  const char* count_text = std::getenv("SKEIN_JQ_CASES");
  const auto seed = static_cast<unsigned>(seed_text == nullptr ? 1 : std::atoi(seed_text));
  const int count = count_text == nullptr ? 4000 : std::atoi(count_text);
  constexpr int batch = 250;
  std::mt19937 random(seed);
  for (int done = 0; done < count && !testing::Test::HasFailure(); done += batch) {
    std::vector<Pair> pairs;
    for (int i = 0; i < batch; ++i) pairs.push_back({generate(random), std::string(generated_input())});
    compare_all(pairs);
  }
  if (testing::Test::HasFailure()) std::cerr << "repeat with SKEIN_SEED=" << seed << "\n";
}

}  // namespace
}  // namespace skein::conformance
