#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/commands/commands.hpp"
#include "cli/mermaid.hpp"
#include "cli/workflow_file.hpp"

namespace skein::cli {
namespace {

struct GraphOptions {
  CommonOptions common;
  std::string file;
};

Json to_document(const workflow::Definition& definition) {
  JsonArray nodes;
  JsonArray edges;
  for (const auto& task : definition.tasks) {
    if (task.undoes) continue;
    JsonObject node;
    node["name"] = task.name;
    node["agent"] = definition.agents.at(task.agent).name;
    node["action"] = task.action;
    nodes.emplace_back(std::move(node));
    for (const auto need : task.depends_on) {
      JsonObject edge;
      edge["from"] = definition.tasks.at(need).name;
      edge["to"] = task.name;
      edges.emplace_back(std::move(edge));
    }
  }
  JsonObject out;
  out["workflow"] = definition.name;
  out["parallel_execution"] = definition.parallel_execution;
  out["nodes"] = std::move(nodes);
  out["edges"] = std::move(edges);
  out["mermaid"] = to_mermaid(definition);
  return out;
}

Result<int> graph(Session& session, const GraphOptions& options) {
  const auto loaded = load_valid(session, options.file, options.common.json);
  if (!loaded) return std::unexpected(loaded.error());
  if (options.common.json) {
    session.output.print_json(to_document(**loaded));
  } else {
    auto text = to_mermaid(**loaded);
    text.pop_back();
    session.output.print(text);
  }
  return 0;
}

}  // namespace

void register_graph(CommandLine& line, Session& session) {
  auto options = std::make_shared<GraphOptions>();
  auto& command = line.command("graph", "Write", "Draw a workflow file as a Mermaid flowchart");
  command
      .details(
          "Paste the text into a ```mermaid block of Markdown, or into mermaid.live. Dotted arrows show the order of a sequential "
          "workflow.")
      .positional("FILE", options->file, Need::required, "The workflow file (YAML or JSON)");
  add_json_option(command, options->common, "Print nodes, edges and the Mermaid text as one JSON document");
  command.example("skein graph report.yaml > report.mmd", "Write the flowchart to a file")
      .example("skein graph report.yaml --json | jq .edges", "Only the dependencies")
      .action([options, &session] { return graph(session, *options); });
}

}  // namespace skein::cli
