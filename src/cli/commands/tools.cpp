#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "async/blocking_pool.hpp"
#include "async/timeout.hpp"
#include "base/duration.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/report_view.hpp"
#include "cli/table.hpp"
#include "cli/until_interrupted.hpp"
#include "cli/values.hpp"
#include "http/client.hpp"
#include "tool/builtin/builtin.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t usual_width = 100;

struct ToolsOptions {
  CommonOptions common;
  std::string root = ".";
  std::string tool;
  std::string arguments;
  std::string timeout;
  bool names = false;
};

using Tools = std::unique_ptr<const tool::Registry>;

Result<Tools> open_tools(const ToolsOptions& options) {
  auto builtin = tool::builtin_tools({.root = options.root});
  if (!builtin) return std::unexpected(builtin.error());
  auto registry = std::make_unique<tool::Registry>();
  for (auto& one : *builtin) {
    if (auto added = registry->add(std::move(one)); !added) return std::unexpected(added.error());
  }
  return registry;
}

Result<tool::ToolPtr> find_tool(const tool::Registry& registry, const std::string& name) {
  if (auto found = registry.find(name)) return found;
  std::vector<std::string> names;
  for (const auto& one : registry.all()) names.push_back(one->spec().name);
  auto advice = did_you_mean(name, names);
  if (advice.empty()) advice = "; there are " + list_of(names);
  return fail(ErrorCode::not_found, fmt::format("there is no tool '{}'{}", shorten(one_line(name), 80), advice));
}

std::string_view meaning_of(tool::Effect effect) {
  switch (effect) {
    case tool::Effect::pure: return "reads and computes only; a call that a crash interrupted is made again";
    case tool::Effect::idempotent: return "a call that a crash interrupted is made again with the same key, which changes nothing more";
    case tool::Effect::effect: return "a call that a crash interrupted is not made again: the model is told that its outcome is unknown";
  }
  return {};
}

std::string time_of(const tool::Spec& spec) { return spec.timeout.count() == 0 ? "none" : human_duration(spec.timeout); }

JsonObject document_of(const tool::Spec& spec) {
  return {{"name", spec.name},
          {"description", spec.description},
          {"effect", tool::to_string(spec.effect)},
          {"timeout", std::chrono::duration<double>(spec.timeout).count()},
          {"parameters", spec.parameters}};
}

Result<int> list(Session& session, const ToolsOptions& options) {
  const auto registry = open_tools(options);
  if (!registry) return std::unexpected(registry.error());
  auto& output = session.output;
  if (options.common.json) {
    JsonArray tools;
    for (const auto& one : (*registry)->all()) tools.emplace_back(document_of(one->spec()));
    output.print_json(JsonObject{{"tools", std::move(tools)}});
    return 0;
  }
  if (options.names) {
    for (const auto& one : (*registry)->all()) output.print(one->spec().name);
    return 0;
  }
  Table table({"TOOL", "EFFECT", "TIMEOUT", "WHAT IT DOES"});
  for (const auto& one : (*registry)->all()) {
    const auto& spec = one->spec();
    auto first = spec.description.substr(0, spec.description.find(". "));
    if (first.ends_with('.')) first.pop_back();
    table.add({{spec.name, Style::bold}, {std::string(tool::to_string(spec.effect))}, {time_of(spec)}, {one_line(first), Style::dim}});
  }
  for (const auto& line : table.lines(output.out().interactive ? output.out().width : 0, output.out().color)) output.print(line);
  output.note("One tool's parameters: skein tools show TOOL   An agent's tools: skein agent run \"…\" --tool TOOL");
  return 0;
}

/// "string, required", `integer, default 1`, "one of a or b".
std::string type_of(const Json& schema, bool required) {
  std::string out = "any";
  if (const auto* type = at_pointer(schema, "/type"); type != nullptr) {
    out = type->is_string() ? std::string(type->get_string()) : to_json(*type);
  }
  if (const auto* choices = at_pointer(schema, "/enum"); choices != nullptr) out = "one of " + to_json(*choices);
  if (required) out += ", required";
  if (const auto* value = at_pointer(schema, "/default"); value != nullptr) out += ", default " + to_json(*value);
  return out;
}

bool is_required(const tool::Spec& spec, std::string_view name) {
  const auto* required = at_pointer(spec.parameters, "/required");
  return required != nullptr && required->is_array() && std::ranges::find(required->get_array(), Json(name)) != required->get_array().end();
}

/// Arguments as somebody may begin with: what is required, to be filled in.
std::string call_example(const tool::Spec& spec) {
  JsonObject out;
  const auto* properties = at_pointer(spec.parameters, "/properties");
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [name, schema] : properties->get_object()) {
      if (!is_required(spec, std::string_view(name))) continue;
      const auto* type = at_pointer(schema, "/type");
      const bool number = type != nullptr && (*type == Json("integer") || *type == Json("number"));
      out[name] = number ? Json(1) : Json("…");
    }
  }
  return fmt::format("skein tools call {}{}", spec.name, out.empty() ? "" : " '" + to_json(out) + "'");
}

Result<int> show(Session& session, const ToolsOptions& options) {
  const auto registry = open_tools(options);
  if (!registry) return std::unexpected(registry.error());
  const auto found = find_tool(**registry, options.tool);
  if (!found) return std::unexpected(found.error());
  const auto& spec = (*found)->spec();
  auto& output = session.output;
  if (options.common.json) {
    output.print_json(document_of(spec));
    return 0;
  }
  const auto& out = output.out();
  const auto width = out.interactive ? out.width : usual_width;
  output.print(paint(spec.name, Style::bold, out.color));
  output.print(wrapped(printable(spec.description), 0, width));
  output.print();
  output.print(fmt::format("effect   {}: {}", tool::to_string(spec.effect), wrapped(meaning_of(spec.effect), 9, width - 20)));
  output.print("timeout  " + time_of(spec));
  output.print();
  Table table({"PARAMETER", "TYPE", "MEANING"});
  const auto* properties = at_pointer(spec.parameters, "/properties");
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [name, schema] : properties->get_object()) {
      const auto* about = at_pointer(schema, "/description");
      table.add({{std::string(name)},
                 {type_of(schema, is_required(spec, std::string_view(name))), Style::dim},
                 {about != nullptr && about->is_string() ? one_line(std::string_view(about->get_string())) : ""}});
    }
  }
  if (table.empty()) {
    output.print("No parameters.");
  } else {
    for (const auto& line : table.lines(0, out.color)) output.print(line);
  }
  output.note("\nTry it: " + call_example(spec));
  return 0;
}

/// The arguments as an object that fits the tool.
Result<Json> read_arguments(const std::string& given, const tool::Spec& spec) {
  std::string text = given.empty() ? "{}" : given;
  if (text == "-") text.assign(std::istreambuf_iterator<char>(std::cin), {});
  auto arguments = parse_json(text);
  const auto wrong = [&](std::string why) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}\nFor example: {}\nSee: skein tools show {}", std::move(why), call_example(spec), spec.name));
  };
  if (!arguments) return wrong("the arguments are not JSON: " + arguments.error().message);
  if (!arguments->is_object()) return wrong(fmt::format("the arguments must be an object, not {}", type_name(*arguments)));
  if (const auto misfits = tool::misfits(spec, *arguments); !misfits.empty()) {
    std::string why = fmt::format("the arguments do not fit {}", spec.name);
    for (const auto& misfit : misfits) why += "\n  " + one_line(misfit);
    return wrong(std::move(why));
  }
  return std::move(*arguments);
}

Result<int> call(Session& session, const ToolsOptions& options) {
  configure_logs(false);
  const auto registry = open_tools(options);
  if (!registry) return std::unexpected(registry.error());
  const auto found = find_tool(**registry, options.tool);
  if (!found) return std::unexpected(found.error());
  const auto& spec = (*found)->spec();
  const auto arguments = read_arguments(options.arguments, spec);
  if (!arguments) return std::unexpected(arguments.error());
  microseconds limit = spec.timeout;
  if (!options.timeout.empty()) {
    const auto given = parse_duration(options.timeout);
    if (!given) return std::unexpected(given.error());
    limit = *given;
  }

  session.interrupts.listen();
  boost::asio::io_context io;
  http::Client http(io.get_executor());
  async::BlockingPool pool(1);
  tool::Call call;
  call.arguments = &*arguments;
  SystemRandom random;
  call.idempotency_key = Uuid::make(session.clock.now(), random).str();
  const tool::Services services{.executor = io.get_executor(), .http = &http, .pool = &pool, .clock = &session.clock};
  const auto begun = session.clock.boot_now();
  std::optional<tool::Outcome> outcome;
  if (limit.count() > 0) {
    auto done = until_interrupted(io, session.interrupts, async::with_timeout((*found)->call(call, services), limit));
    if (done && !*done) {
      return fail(ErrorCode::timeout,
                  fmt::format("{} took longer than {} and was ended; --timeout gives it more", spec.name, human_duration(limit)));
    }
    if (done) outcome = std::move(*done);
  } else {
    outcome = until_interrupted(io, session.interrupts, (*found)->call(call, services));
  }
  if (!outcome) {
    session.output.note("Interrupted.");
    return session.interrupts.exit_code();
  }
  auto& output = session.output;
  if (options.common.json) {
    JsonArray sources(outcome->sources.begin(), outcome->sources.end());
    output.print_json(JsonObject{{"tool", spec.name},
                                 {"failed", outcome->failed},
                                 {"result", outcome->value},
                                 {"sources", std::move(sources)},
                                 {"execution_time", std::chrono::duration<double>(session.clock.boot_now() - begun).count()}});
  } else if (outcome->failed) {
    output.error(readable(outcome->value));
  } else {
    output.print(readable(outcome->value));
  }
  return outcome->failed ? 1 : 0;
}

void add_common(Command& command, ToolsOptions& options, std::string json_help) {
  command.option("--root", options.root, "DIR", "The folder below which read_file reads (default: the working directory)");
  add_json_option(command, options.common, std::move(json_help));
}

}  // namespace

void register_tools(CommandLine& line, Session& session) {
  auto options = std::make_shared<ToolsOptions>();
  auto& list_command = line.command("tools list", "Agents", "List the tools that agents may be given");
  list_command.flag("--names", options->names, "Only the names, one a line");
  add_common(list_command, *options, "Print the tools with their schemas as one JSON document");
  list_command.example("skein tools list", "What there is")
      .example("skein tools list --json | jq '.tools[].name'", "For scripts")
      .action([options, &session] { return list(session, *options); });

  auto& show_command = line.command("tools show", "Agents", "Explain a tool and its parameters");
  show_command.positional("TOOL", options->tool, Need::required, "The tool's name");
  add_common(show_command, *options, "Print name, description, effect, timeout in seconds and the JSON Schema of the parameters");
  show_command.example("skein tools show read_file", "Its parameters, and what a crash may repeat")
      .example("skein tools show calculator --json | jq .parameters", "The schema as a model gets it")
      .action([options, &session] { return show(session, *options); });

  auto& call_command = line.command("tools call", "Agents", "Call a tool as an agent would, and print what it brings");
  call_command
      .details(
          "The arguments are checked against the tool's schema before the call. Exit codes: 0 done, 1 the tool failed or took too long, 2 "
          "no "
          "such tool or arguments that do not fit, 130 interrupted.")
      .positional("TOOL", options->tool, Need::required, "The tool's name")
      .positional("ARGUMENTS", options->arguments, Need::optional, "A JSON object (default: {}); - reads standard input")
      .option("--timeout", options->timeout, "DURATION", "How long it may take, such as 30s; 0s: any time (default: what the tool says)");
  add_common(call_command, *options, "Print {tool, failed, result, sources, execution_time}");
  call_command.example("skein tools call calculator '{\"expression\": \"(1200 - 350) * 1.19\"}'", "Do a sum")
      .example("skein tools call read_file '{\"path\": \"notes.txt\", \"limit\": 20}' --root ~/notes",
               "Read what an agent could read there")
      .action([options, &session] { return call(session, *options); });
}

}  // namespace skein::cli
