#include "cli/table.hpp"

#include <algorithm>

namespace skein::cli {

std::vector<std::string> Table::lines(std::size_t width, bool color) const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(display_width(heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i].text));
  }
  std::vector<std::string> out;
  const auto put = [&](const std::vector<Cell>& cells) {
    Line line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool last = i + 1 == cells.size();
      line.add(last ? cells[i].text : pad(cells[i].text, widths[i]), cells[i].style);
      if (!last) line.add("  ");
    }
    auto text = line.text(width, color);
    while (text.ends_with(' ')) text.pop_back();
    out.push_back(std::move(text));
  };
  std::vector<Cell> heading;
  for (const auto& text : headings_) heading.push_back({text, Style::dim});
  put(heading);
  for (const auto& row : rows_) put(row);
  return out;
}

}  // namespace skein::cli
