#include <filesystem>
#include <fstream>
#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drawing.hpp"
#include "cli/drive.hpp"
#include "cli/graphviz.hpp"
#include "cli/workflow_file.hpp"

namespace skein::cli {
namespace {

struct GraphOptions {
  CommonOptions common;
  std::string what;
  std::string format = "mermaid";
  std::string output;
};

/// `state`: of a run, whose progress is told too; null: of the workflow alone.
Json to_document(const workflow::Definition& definition, const workflow::RunState* state) {
  JsonArray nodes;
  JsonArray edges;
  const auto name_of = [&](workflow::TaskIndex task) { return definition.tasks.at(task).name; };
  for (workflow::TaskIndex i = 0; i < definition.own_tasks; ++i) {
    const auto& task = definition.tasks[i];
    JsonObject node{{"name", task.name}, {"agent", definition.agents.at(task.agent).name}, {"action", task.action}};
    if (state != nullptr) {
      const auto& now = state->tasks()[i];
      node["status"] = to_string(now.status);
      node["attempts"] = now.attempt;
      if (now.activation != 1) node["activations"] = now.activation;
    }
    nodes.emplace_back(std::move(node));
    for (const auto need : task.depends_on) edges.push_back(JsonObject{{"from", name_of(need)}, {"to", task.name}});
  }
  for (workflow::EdgeIndex i = 0; i < definition.edges.size(); ++i) {
    const auto& edge = definition.edges[i];
    JsonObject out{{"from", edge.from ? name_of(*edge.from) : "start"}, {"to", edge.to ? name_of(*edge.to) : "end"}};
    if (edge.when) out["when"] = edge.when->source();
    if (edge.max_iterations) out["max_iterations"] = *edge.max_iterations;
    if (state != nullptr) out["taken"] = state->fired(i);
    edges.emplace_back(std::move(out));
  }
  JsonObject out{{"workflow", definition.name}, {"parallel_execution", definition.parallel_execution}};
  if (state != nullptr) out["status"] = to_string(state->status());
  out["nodes"] = std::move(nodes);
  out["edges"] = std::move(edges);
  out["mermaid"] = to_mermaid(draw(definition, state));
  return out;
}

/// What names a run and not a file.
bool names_a_run(const std::string& what) {
  std::error_code ignored;
  if (std::filesystem::exists(what, ignored)) return false;
  return what == "last" || (what.find('.') == std::string::npos && what.find('/') == std::string::npos);
}

Result<int> give(Session& session, const GraphOptions& options, const Drawing& drawing) {
  auto text = options.format == "mermaid" ? to_mermaid(drawing) : to_dot(drawing);
  if (options.format == "svg") {
    auto svg = svg_of(text);
    if (!svg) return std::unexpected(svg.error());
    text = std::move(*svg);
  }
  if (options.output.empty()) {
    if (text.ends_with('\n')) text.pop_back();
    session.output.print(text);
    return 0;
  }
  std::ofstream file(options.output, std::ios::binary);
  file << text << std::flush;
  if (!file) return fail(ErrorCode::invalid_argument, fmt::format("--output: {} cannot be written", options.output));
  return 0;
}

Result<int> graph_of_run(Session& session, const GraphOptions& options) {
  configure_logs(false);
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, options.what);
  if (!run) return fail(run.error().code, fmt::format("there is no file {}, and as a run: {}", options.what, run.error().message));
  const auto state = (*runtime)->state(*run);
  if (!state) return std::unexpected(state.error());
  if (options.common.json) {
    session.output.print_json(to_document(state->definition(), &*state));
    return 0;
  }
  return give(session, options, draw(state->definition(), &*state));
}

Result<int> graph(Session& session, const GraphOptions& options) {
  if (options.common.json && (options.format != "mermaid" || !options.output.empty()))
    return fail(ErrorCode::invalid_argument, "--json prints one document; leave --format and --output away");
  if (names_a_run(options.what)) return graph_of_run(session, options);
  const auto loaded = load_valid(session, options.what, options.common.json);
  if (!loaded) return std::unexpected(loaded.error());
  if (!options.common.json) return give(session, options, draw(**loaded));
  session.output.print_json(to_document(**loaded, nullptr));
  return 0;
}

}  // namespace

void register_graph(CommandLine& line, Session& session) {
  auto options = std::make_shared<GraphOptions>();
  auto& command = line.command("graph", "Write", "Draw a workflow file, or a run with its state");
  command
      .details(
          "Mermaid: paste the text into a ```mermaid block of Markdown, or into mermaid.live. dot: the language of Graphviz. svg: a "
          "picture, "
          "drawn by Graphviz. Dotted arrows show the order of a sequential workflow. Of a run each box has its status, and each edge how "
          "often it was taken.")
      .positional("FILE", options->what, Need::required, "The workflow file (YAML or JSON), or a run: its id, its beginning, or: last")
      .choice("--format", options->format, {"mermaid", "dot", "svg"}, "What to write (default: mermaid)")
      .option("-o,--output", options->output, "FILE", "Where to (default: standard output)");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print nodes, edges and the Mermaid text as one JSON document");
  command.example("skein graph report.yaml > report.mmd", "Write the flowchart to a file")
      .example("skein graph last --format svg -o run.svg", "A picture of the newest run")
      .example("skein graph report.yaml --json | jq .edges", "Only the dependencies")
      .action([options, &session] { return graph(session, *options); });
}

}  // namespace skein::cli
