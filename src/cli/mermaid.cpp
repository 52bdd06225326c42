#include <set>

#include <fmt/format.h>

#include "cli/drawing.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

/// In a quoted label Mermaid takes everything but quotes as it is, once HTML's signs are written as entities.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '"': out += "#quot;"; break;
      case '<': out += "#lt;"; break;
      case '>': out += "#gt;"; break;
      case '#': out += "#35;"; break;
      case '&': out += "#amp;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string_view style_of(TaskStatus status) {
  switch (status) {
    case TaskStatus::completed: return "fill:#d4edda,stroke:#28a745";
    case TaskStatus::failed: return "fill:#f8d7da,stroke:#dc3545";
    case TaskStatus::running:
    case TaskStatus::retrying:
    case TaskStatus::waiting: return "fill:#fff3cd,stroke:#ffc107";
    case TaskStatus::compensated:
    case TaskStatus::cancelled:
    case TaskStatus::skipped: return "fill:#e9ecef,stroke:#6c757d,stroke-dasharray:4";
    case TaskStatus::pending: break;
  }
  return "fill:#ffffff,stroke:#adb5bd";
}

}  // namespace

std::string to_mermaid(const Drawing& drawing) {
  std::string out = "flowchart TD\n";
  std::set<TaskStatus> seen;
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const auto& box = drawing.boxes[i];
    std::string state;
    if (box.status) {
      seen.insert(*box.status);
      state = fmt::format("<br/><i>{}{}{}</i>", to_string(*box.status), box.progress.empty() ? "" : ", ", escaped(box.progress));
    }
    out += fmt::format("  t{}[\"{}<br/><small>{}</small>{}\"]{}\n", i, escaped(box.name), escaped(box.about), state,
                       box.status ? fmt::format(":::{}", to_string(*box.status)) : "");
  }
  const auto node = [](const std::optional<std::size_t>& box, std::string_view otherwise) {
    return box ? fmt::format("t{}", *box) : std::string(otherwise);
  };
  for (const auto& arrow : drawing.arrows) {
    out += fmt::format("  {} {}{} {}\n", node(arrow.from, "begin((start))"), arrow.kind == Drawing::Kind::order ? "-.->" : "-->",
                       arrow.label.empty() ? "" : fmt::format("|\"{}\"|", escaped(arrow.label)), node(arrow.to, "finish((end))"));
  }
  for (const auto status : seen) out += fmt::format("  classDef {} {}\n", to_string(status), style_of(status));
  return out;
}

}  // namespace skein::cli
