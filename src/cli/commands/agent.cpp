#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/agent_options.hpp"
#include "cli/agent_view.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/environment.hpp"
#include "cli/new_run.hpp"
#include "cli/report_view.hpp"
#include "cli/spend_text.hpp"
#include "cli/values.hpp"
#include "cli/workflow_file.hpp"
#include "config/config.hpp"
#include "model/provider.hpp"

namespace skein::cli {
namespace {

struct RunAgentOptions {
  DriveOptions drive;
  AgentOptions agent;
  std::string task;
  std::string file;
  std::string name;
  std::string root = ".";
  std::vector<std::string> inputs;
};

constexpr std::size_t most_task_bytes = 8U << 20;

Result<std::string> task_text(const std::string& given) {
  auto text = given;
  if (given == "-") {
    text.clear();
    char part[65536];
    while (text.size() <= most_task_bytes && (std::cin.read(part, sizeof part) || std::cin.gcount() > 0))
      text.append(part, static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > most_task_bytes)
      return fail(ErrorCode::invalid_argument, "TASK: standard input is larger than 8 MiB; let the agent read a file instead");
  }
  if (trim(text).empty()) return fail(ErrorCode::invalid_argument, "TASK is empty; say what the agent is to do");
  if (!is_utf8(text)) return fail(ErrorCode::invalid_argument, "TASK is not UTF-8 text");
  return std::string(trim(text));
}

/// Whether the model can be asked as far as can be told before: a key that is missing is no reason to begin a run.
Result<void> check_model(const JsonObject& agent) {
  const auto* text = agent.at("model").if_string();
  const auto name = text == nullptr ? fail(ErrorCode::invalid_argument, "") : model::parse_model_name(*text);
  const auto asked = model::network_providers();
  if (!name || std::ranges::find(asked, name->provider) == asked.end()) return {};  // a template, a name of the file's own, a cassette
  SecretValues unused;
  const auto provider = model::resolve_provider(*name, {}, environment, unused);
  if (!provider) return std::unexpected(provider.error());
  return {};
}

/// A workflow of the one task.
Result<workflow::DefinitionPtr> make_definition(Session& session, const RunAgentOptions& options) {
  Json around;
  JsonObject base;
  std::filesystem::path folder;
  if (!options.file.empty()) {
    const auto loaded = load_valid(session, options.file, true);
    if (!loaded) return std::unexpected(loaded.error());
    around = (*loaded)->document;
    folder = std::filesystem::path(options.file).parent_path();
    auto chosen = choose_agent(around, options.name, options.file);
    if (!chosen) return std::unexpected(chosen.error());
    base = std::move(*chosen);
  } else if (!options.name.empty()) {
    return fail(ErrorCode::invalid_argument, "--agent names an agent of a file; name that too, with --file");
  }
  auto agent = agent_of(options.agent, std::move(base), environment("SKEIN_MODEL").value_or(""), around);
  if (!agent) return std::unexpected(agent.error());
  if (const auto able = check_model(*agent); !able) return std::unexpected(able.error());
  const Json document = workflow_of(std::move(*agent), !options.agent.images.empty(), around);
  auto loaded = config::load_workflow_document(document, folder.empty() ? "." : folder);
  if (loaded) return loaded->definition;
  std::string text;
  for (const auto& problem : loaded.error()) text += (text.empty() ? "the agent cannot be made: " : "\n") + problem.message;
  return fail(ErrorCode::invalid_argument, std::move(text));
}

Result<JsonPtr> make_inputs(const RunAgentOptions& options, const workflow::Definition& definition) {
  const auto task = task_text(options.task);
  if (!task) return std::unexpected(task.error());
  auto inputs = named_inputs(options.inputs, definition);
  if (!inputs) return std::unexpected(inputs.error());
  (*inputs)["task"] = *task;
  if (!options.agent.images.empty()) {
    auto images = read_images(options.agent.images);
    if (!images) return std::unexpected(images.error());
    (*inputs)["images"] = std::move(*images);
  }
  auto checked = config::check_inputs(definition, std::move(*inputs));
  if (!checked) return std::unexpected(checked.error());
  return std::make_shared<const Json>(std::move(*checked));
}

/// "2 turns, 412 tokens, $0.0021, 1 tool call, 3.2s   skein show 0190163d-8694"
std::string summary(const runtime::RunReport& report, std::uint32_t turns, const DriveOptions& options) {
  std::string out = fmt::format("{} turn{}", turns, turns == 1 ? "" : "s");
  if (const auto spent = spend_text(report.spent); !spent.empty()) out += ", " + spent;
  if (report.finished) out += ", " + steady_duration(*report.finished - report.created);
  return out + fmt::format("   skein show {}{}", short_id(report.id), store_hint(options.common));
}

int show_answer(Session& session, const runtime::RunReport& report, const RunAgentOptions& options, const AgentView* view) {
  auto& output = session.output;
  const auto* answer = report.outputs ? at_pointer(*report.outputs, "/answer") : nullptr;
  if (options.drive.common.json || report.status != RunStatus::completed || answer == nullptr)
    return show_outcome(session, report, options.drive);
  if (view == nullptr || !view->answer_shown()) output.print(readable(*answer));
  if (view != nullptr && !options.drive.quiet)
    output.note(paint("\n" + summary(report, view->turns(), options.drive), Style::dim, output.err().color));
  return 0;
}

Result<int> run_agent(Session& session, RunAgentOptions& options) {
  configure_logs(options.drive.debug);
  const auto definition = make_definition(session, options);
  if (!definition) return std::unexpected(definition.error());
  const auto inputs = make_inputs(options, **definition);
  if (!inputs) return std::unexpected(inputs.error());
  auto wanted = options_to_drive(options.drive);
  wanted.thinking.tool_root = options.root;
  const auto runtime = open_or_create(options.drive.common, std::move(wanted));
  if (!runtime) return std::unexpected(runtime.error());
  if (const auto tools = (*runtime)->tools().select(options.agent.tools); !tools) return std::unexpected(tools.error());

  const auto& out = session.output.out();
  const auto& err = session.output.err();
  std::shared_ptr<AgentView> view;
  if (out.interactive && !options.drive.common.json && !options.drive.debug) {
    view = std::make_shared<AgentView>(AgentScreen::Options{.stream_answer = options.agent.output_schema.empty(),
                                                            .moving_line = err.interactive && !options.drive.quiet,
                                                            .color = err.color,
                                                            .utf8 = err.utf8,
                                                            .width = err.width},
                                       session.clock);
  }
  return drive(
      session, **runtime, options.drive, [&] { return (*runtime)->start(*definition, *inputs); },
      {.view = view, .outcome = [&](const runtime::RunReport& report) { return show_answer(session, report, options, view.get()); }});
}

}  // namespace

void register_agent(CommandLine& line, Session& session) {
  auto options = std::make_shared<RunAgentOptions>();
  auto& command = line.command("agent run", "Agents", "Give an agent a task and show how it works on it");
  command
      .details(
          "A run like any other: every answer of the model and every result of a tool is journaled, so that an interrupted one goes on "
          "with "
          "`skein resume` without asking twice. The answer goes to standard output, everything else to standard error. Exit codes are "
          "those "
          "of `skein run`.")
      .positional("TASK", options->task, Need::required, "What it is to do, in words; - reads standard input");
  add_agent_options(command, options->agent);
  command.option("--file", options->file, "FILE", "Take an agent of this workflow file; options above change it")
      .option("--agent", options->name, "NAME", "Which agent of the file (default: the only one with a model)")
      .repeated("-i,--input", options->inputs, "NAME=VALUE", "An input of the file that the agent refers to")
      .option("--root", options->root, "DIR", "The folder below which read_file reads (default: the working directory)");
  add_drive_options(command, options->drive);
  command
      .example("skein agent run \"How many seconds has a leap year?\" --model openai/gpt-5.4-mini --tool calculator",
               "Ask a model that may use a calculator")
      .example("skein agent run \"What does notes.txt say?\" -m ollama/llama3.2 -t read_file --root ~/notes",
               "Let a local model read files")
      .example("skein agent run - --file team.yaml --agent editor --budget-cost 0.10 < draft.md > final.md",
               "An agent of a file, in a script, at most ten cents")
      .action([options, &session] { return run_agent(session, *options); });
}

}  // namespace skein::cli
