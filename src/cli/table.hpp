#pragma once

#include <string>
#include <vector>

#include "cli/screen_text.hpp"

namespace skein::cli {

/// Columns that are as wide as they need to be; the last one takes what is left of the width.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

  struct Cell {
    std::string text;
    Style style = Style::plain;
  };
  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// One string a line, headings first; `width` 0: nothing is cut.
  [[nodiscard]] std::vector<std::string> lines(std::size_t width, bool color) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace skein::cli
