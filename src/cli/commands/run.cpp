#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/new_run.hpp"
#include "cli/workflow_file.hpp"
#include "config/config.hpp"

namespace skein::cli {
namespace {

struct RunOptions {
  DriveOptions drive;
  std::string file;
  std::vector<std::string> inputs;
  std::string inputs_file;
  std::string durability = "full";
  bool detach = false;
};

constexpr std::size_t most_input_bytes = 32U << 20;

std::string read_at_most(std::istream& from, std::size_t limit) {
  std::string text;
  char part[65536];
  while (text.size() < limit && (from.read(part, sizeof part) || from.gcount() > 0))
    text.append(part, static_cast<std::size_t>(from.gcount()));
  return text;
}

Result<JsonObject> read_inputs_file(const std::string& path) {
  std::string text;
  if (path == "-") {
    text = read_at_most(std::cin, most_input_bytes + 1);
  } else {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
      return fail(ErrorCode::invalid_argument, fmt::format("--inputs: {} is a directory; name a JSON file with one object", path));
    std::ifstream file(path, std::ios::binary);
    if (file) text = read_at_most(file, most_input_bytes + 1);
    if (!file && !file.eof())
      return fail(ErrorCode::invalid_argument, fmt::format("--inputs: {} cannot be read; it is a JSON file with one object", path));
  }
  if (text.size() > most_input_bytes)
    return fail(ErrorCode::invalid_argument,
                fmt::format("--inputs: {} is larger than 32 MiB; pass the name of a file instead of its content", path));
  auto parsed = parse_json(text);
  if (!parsed) return fail(ErrorCode::invalid_argument, fmt::format("--inputs: {}: {}", path, parsed.error().message));
  if (!parsed->is_object())
    return fail(ErrorCode::invalid_argument, fmt::format("--inputs: {} holds {} instead of an object of inputs", path, type_name(*parsed)));
  return parsed->get_object();
}

/// What the user gave, by name and of the declared types; -i wins over the file.
Result<JsonPtr> gather_inputs(const RunOptions& options, const workflow::Definition& definition) {
  JsonObject given;
  if (!options.inputs_file.empty()) {
    auto from_file = read_inputs_file(options.inputs_file);
    if (!from_file) return std::unexpected(from_file.error());
    given = std::move(*from_file);
  }
  auto named = named_inputs(options.inputs, definition);
  if (!named) return std::unexpected(named.error());
  for (auto& [name, value] : *named) given[name] = std::move(value);
  auto checked = config::check_inputs(definition, std::move(given));
  if (!checked) return std::unexpected(checked.error());
  return std::make_shared<const Json>(std::move(*checked));
}

Result<int> detach(Session& session, const RunOptions& options, runtime::Runtime& runtime, const workflow::DefinitionPtr& definition,
                   const JsonPtr& inputs) {
  const auto run = runtime.enqueue(definition, inputs);
  if (!run) return std::unexpected(run.error());
  return say_accepted(session, options.drive.common, runtime, *definition, *run);
}

Result<int> run(Session& session, const RunOptions& options) {
  configure_logs(options.drive.debug);
  if (options.detach && options.drive.in_memory)
    return fail(ErrorCode::invalid_argument, "--detach needs a store that outlives this process; leave out --durability memory");
  const auto loaded = load_valid(session, options.file, options.drive.common.json);
  if (!loaded) return std::unexpected(loaded.error());
  const auto inputs = gather_inputs(options, **loaded);
  if (!inputs) return std::unexpected(inputs.error());
  auto wanted = options_to_drive(options.drive);
  if (options.durability == "normal") wanted.durability = runtime::Durability::normal;
  if (options.durability == "memory") wanted.durability = runtime::Durability::memory;
  const auto runtime = open_or_create(options.drive.common, std::move(wanted));
  if (!runtime) return std::unexpected(runtime.error());
  if (options.detach) return detach(session, options, **runtime, *loaded, *inputs);
  if (const auto able = (*runtime)->can_drive(**loaded); !able) return std::unexpected(able.error());
  return drive(session, **runtime, options.drive, [&] { return (*runtime)->start(*loaded, *inputs); });
}

}  // namespace

void register_run(CommandLine& line, Session& session) {
  auto options = std::make_shared<RunOptions>();
  auto& command = line.command("run", "Run", "Run a workflow file and show its progress");
  command
      .details(
          "Every step is journaled in the store, so that an interrupted run goes on with `skein resume`. Exit codes: 0 completed (also "
          "partially, "
          "where the failure strategy allows it), 1 failed, 2 wrong usage or file, 3 partially completed with --strict, 4 waiting or "
          "detached, 130 interrupted.")
      .positional("FILE", options->file, Need::required, "The workflow file (YAML or JSON)")
      .repeated("-i,--input", options->inputs, "NAME=VALUE", "An input of the workflow; may be given several times")
      .option("--inputs", options->inputs_file, "FILE", "A JSON file with an object of inputs; - reads standard input")
      .flag("-d,--detach", options->detach, "Only accept the run and print its id; a worker drives it")
      .choice("--durability", options->durability, {"full", "normal", "memory"},
              "full survives a power cut, normal survives a crash of the process, memory survives nothing (default: full)");
  add_drive_options(command, options->drive);
  command.example("skein run report.yaml", "Run a workflow with the defaults of its inputs")
      .example("skein run report.yaml -i city=Lima -i days=3", "Give inputs by name")
      .example("skein run report.yaml --json --strict > result.json",
               "For scripts: the whole report as JSON, exit code 3 if anything is missing")
      .example("skein run report.yaml --detach; skein worker", "Accept now, run later or elsewhere on this machine")
      .action([options, &session]() -> Result<int> {
        options->drive.in_memory = options->durability == "memory";
        return run(session, *options);
      });
}

}  // namespace skein::cli
