#include "cli/workflow_file.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {

std::string problem_text(const config::Problem& problem, bool color) {
  const bool warning = problem.severity == config::Severity::warning;
  auto out = paint(printable(config::to_string(problem)), warning ? Style::yellow : Style::plain, color);
  if (!problem.excerpt.empty()) {
    for (const auto line : split(problem.excerpt, '\n')) out += "\n    " + paint(printable(line), Style::dim, color);
  }
  return out;
}

Result<workflow::DefinitionPtr> load_valid(Session& session, const std::string& file, bool quiet) {
  const bool color = session.output.err().color;
  auto loaded = config::load_workflow_file(file);
  if (!loaded) {
    std::string text;
    for (const auto& problem : loaded.error()) text += (text.empty() ? "" : "\n") + problem_text(problem, color);
    return fail(ErrorCode::invalid_definition, std::move(text));
  }
  if (!quiet) {
    for (const auto& warning : loaded->warnings) session.output.note(problem_text(warning, color));
  }
  return loaded->definition;
}

}  // namespace skein::cli
