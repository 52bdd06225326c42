// Every row of docs/expressions.md that has an example and what it gives is true.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "workflow/expression/expression.hpp"

namespace skein::conformance {
namespace {

class NoNames : public workflow::Scope {
 public:
  Result<const Json*> find(std::string_view head, std::string_view, Json&) const override {
    return fail(ErrorCode::not_found, "unknown name '" + std::string(head) + "'");
  }
};

/// The code spans of a cell, with the table's escapes undone.
std::string code_of(std::string_view cell) {
  cell = trim(cell);
  if (cell.size() < 2 || cell.front() != '`' || cell.back() != '`' || cell.substr(1, cell.size() - 2).find('`') != std::string_view::npos)
    return {};
  std::string text(cell.substr(1, cell.size() - 2));
  for (auto at = text.find("\\|"); at != std::string::npos; at = text.find("\\|", at)) text.erase(at, 1);
  return text;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) cells.emplace_back();
    else cells.back() += line[i];
  }
  return cells;
}

TEST(Documentation, ExamplesGiveWhatItSays) {
  std::ifstream file(SKEIN_SOURCE_DIR "/docs/expressions.md");
  ASSERT_TRUE(file);
  int checked = 0;
  for (std::string line; std::getline(file, line);) {
    const auto cells = cells_of(line);
    if (cells.size() != 5) continue;
    const auto example = code_of(cells[2]);
    const auto gives = code_of(cells[3]);
    if (example.empty() || gives.empty()) continue;
    const auto expression = workflow::Expression::parse(example);
    ASSERT_TRUE(expression) << example << ": " << expression.error().message;
    const auto result = expression->evaluate(NoNames());
    ASSERT_TRUE(result) << example << ": " << result.error().message;
    EXPECT_EQ(to_json(*result), gives) << example;
    ++checked;
  }
  EXPECT_GT(checked, 50);
}

}  // namespace
}  // namespace skein::conformance
