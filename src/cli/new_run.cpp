#include "cli/new_run.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config.hpp"

namespace skein::cli {

Result<JsonObject> named_inputs(const std::vector<std::string>& pairs, const workflow::Definition& definition) {
  JsonObject given;
  std::vector<std::string> names;
  for (const auto& input : definition.inputs) names.push_back(input.name);
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::invalid_argument, fmt::format("-i {}: write it as name=value", pair));
    const auto name = pair.substr(0, equals);
    const auto declared = std::ranges::find(definition.inputs, name, &workflow::InputDefinition::name);
    if (declared == definition.inputs.end()) {
      const auto has = names.empty() ? std::string("it has none") : "it has " + list_of(names);
      return fail(ErrorCode::invalid_argument,
                  fmt::format("-i {}: the workflow has no input '{}'{} ({})", pair, name, did_you_mean(name, names), has));
    }
    auto value = config::parse_input_value(*declared, pair.substr(equals + 1));
    if (!value) return std::unexpected(value.error());
    given[name] = std::move(*value);
  }
  return given;
}

int say_accepted(Session& session, const CommonOptions& options, const runtime::Runtime& runtime, const workflow::Definition& definition,
                 RunId run) {
  if (options.json) {
    JsonObject out;
    out["run_id"] = run.str();
    out["workflow"] = definition.name;
    out["status"] = to_string(RunStatus::pending);
    session.output.print_json(out);
  } else {
    session.output.print(run.str());
    const auto hint = store_hint(options);
    const auto able = runtime.can_drive(definition);
    session.output.note(
        able ? fmt::format("Accepted. `skein worker{0}` drives it, `skein show {1}{0}` tells how it stands.", hint, short_id(run))
             : fmt::format("Accepted, but `skein worker` leaves it alone: {}.", able.error().message));
  }
  return 4;
}

void add_new_run_options(Command& command, NewRunOptions& options) {
  command.positional("RUN", options.run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .option("--from", options.from, "TASK", "The task to begin from; it and everything that follows from it is done again")
      .flag("-d,--detach", options.detach, "Only make the run and print its id; a worker drives it");
}

Result<int> make_from(Session& session, const NewRunOptions& options, const MakeRun& make) {
  configure_logs(options.drive.debug);
  const auto runtime = open_existing(options.drive.common, options_to_drive(options.drive));
  if (!runtime) return std::unexpected(runtime.error());
  const auto old = find_run(**runtime, options.run);
  if (!old) return std::unexpected(old.error());
  const auto row = (*runtime)->store().find_run(*old);
  if (!row) return std::unexpected(row.error());
  const auto definition = (*runtime)->definition(row->definition_hash);
  if (!definition) return std::unexpected(definition.error());
  if (options.detach) {
    const auto made = make(**runtime, *old, **definition, runtime::Runtime::Drive::later);
    if (!made) return std::unexpected(made.error());
    return say_accepted(session, options.drive.common, **runtime, **definition, *made);
  }
  return drive(session, **runtime, options.drive, [&]() -> Result<RunId> {
    const auto made = make(**runtime, *old, **definition, runtime::Runtime::Drive::here);
    if (made && !options.drive.common.json && !options.drive.quiet)
      session.output.note(fmt::format("Run {}, made from {}.", made->str(), short_id(*old)));
    return made;
  });
}

}  // namespace skein::cli
