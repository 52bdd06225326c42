#include <algorithm>

#include <fmt/format.h>

#include "cli/drawing.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

/// A quoted string of Graphviz: only quotes and backslashes mean something in it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : one_line(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string_view colour_of(TaskStatus status) {
  switch (status) {
    case TaskStatus::completed: return "#d4edda";
    case TaskStatus::failed: return "#f8d7da";
    case TaskStatus::running:
    case TaskStatus::retrying:
    case TaskStatus::waiting: return "#fff3cd";
    case TaskStatus::compensated:
    case TaskStatus::cancelled:
    case TaskStatus::skipped: return "#e9ecef";
    case TaskStatus::pending: break;
  }
  return "#ffffff";
}

}  // namespace

std::string to_dot(const Drawing& drawing) {
  std::string out = fmt::format("digraph {} {{\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];\n",
                                quoted(drawing.title));
  out += "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const auto& box = drawing.boxes[i];
    auto label = quoted(box.name);
    label.pop_back();
    const auto add = [&](std::string_view line) {
      const auto text = quoted(line);
      label += "\\n" + text.substr(1, text.size() - 2);
    };
    add(box.about);
    if (box.status) add(fmt::format("{}{}{}", to_string(*box.status), box.progress.empty() ? "" : ", ", box.progress));
    out += fmt::format("  t{} [label={}\"{}];\n", i, label, box.status ? fmt::format(", fillcolor=\"{}\"", colour_of(*box.status)) : "");
  }
  const auto touches = [&](auto end) { return std::ranges::any_of(drawing.arrows, [&](const auto& arrow) { return !(arrow.*end); }); };
  if (touches(&Drawing::Arrow::from)) out += "  start [shape=circle];\n";
  if (touches(&Drawing::Arrow::to)) out += "  end [shape=doublecircle];\n";
  for (const auto& arrow : drawing.arrows) {
    std::string options = arrow.kind == Drawing::Kind::order ? "style=dotted" : "";
    if (!arrow.label.empty()) options += fmt::format("{}label={}", options.empty() ? "" : ", ", quoted(arrow.label));
    out += fmt::format("  {} -> {}{};\n", arrow.from ? fmt::format("t{}", *arrow.from) : "start",
                       arrow.to ? fmt::format("t{}", *arrow.to) : "end", options.empty() ? "" : fmt::format(" [{}]", options));
  }
  return out + "}\n";
}

}  // namespace skein::cli
