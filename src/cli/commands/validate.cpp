#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/workflow_file.hpp"

namespace skein::cli {
namespace {

struct ValidateOptions {
  CommonOptions common;
  std::vector<std::string> files;
};

Json to_document(const config::Problem& problem) {
  JsonObject out;
  out["file"] = problem.file;
  if (problem.line > 0) out["line"] = problem.line;
  if (problem.column > 0) out["column"] = problem.column;
  out["pointer"] = problem.pointer;
  out["severity"] = problem.severity == config::Severity::warning ? "warning" : "error";
  out["message"] = problem.message;
  return out;
}

Result<int> validate(Session& session, const ValidateOptions& options) {
  auto& output = session.output;
  bool all_valid = true;
  JsonArray documents;
  for (const auto& file : options.files) {
    const auto loaded = config::load_workflow_file(file);
    const auto& problems = loaded ? loaded->warnings : loaded.error();
    all_valid = all_valid && loaded.has_value();
    if (options.common.json) {
      JsonObject document;
      document["file"] = file;
      document["valid"] = loaded.has_value();
      if (loaded) document["workflow"] = loaded->definition->name;
      JsonArray listed;
      for (const auto& problem : problems) listed.push_back(to_document(problem));
      document["problems"] = std::move(listed);
      documents.emplace_back(std::move(document));
      continue;
    }
    for (const auto& problem : problems) output.note(problem_text(problem, output.err().color));
    if (loaded) {
      const auto& definition = *loaded->definition;
      output.print(fmt::format("{}: valid; workflow '{}' with {} {} and {} {}", file, definition.name, definition.own_tasks,
                               definition.own_tasks == 1 ? "task" : "tasks", definition.agents.size(),
                               definition.agents.size() == 1 ? "agent" : "agents"));
    } else {
      output.note(fmt::format("{}: {} {}", file, problems.size(), problems.size() == 1 ? "problem" : "problems"));
    }
  }
  if (options.common.json) {
    JsonObject out;
    out["valid"] = all_valid;
    out["files"] = std::move(documents);
    output.print_json(out);
  }
  return all_valid ? 0 : 2;
}

}  // namespace

void register_validate(CommandLine& line, Session& session) {
  auto options = std::make_shared<ValidateOptions>();
  auto& command = line.command("validate", "Write", "Check workflow files and report every problem");
  command
      .details(
          "Each problem is file:line:column: what is wrong; what to do. Nothing is run and no store is opened. Exit code 2 where any file "
          "has problems.")
      .positional("FILE", options->files, Need::required, "Workflow files (YAML or JSON)");
  add_json_option(command, options->common, "Print the files and their problems as one JSON document");
  command.example("skein validate report.yaml", "Check a file")
      .example("skein validate workflows/*.yaml --json | jq '.files[] | select(.valid | not)'", "Check many, for scripts")
      .action([options, &session] { return validate(session, *options); });
}

}  // namespace skein::cli
