#include <charconv>
#include <memory>
#include <optional>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/report_view.hpp"

namespace skein::cli {
namespace {

struct ReplayOptions {
  CommonOptions common;
  std::string run;
  std::string to;
};

/// What the index says that the journal does not; empty where they agree.
std::string differs(const store::RunRow& row, const workflow::Replay& replay) {
  const auto& state = replay.state();
  if (row.last_seq != replay.events()) return fmt::format("the index says {} events, the journal has {}", row.last_seq, replay.events());
  const bool nobody_began = row.summary.status == RunStatus::pending && replay.events() == 1;
  if (row.summary.status != state.status() && !nobody_began)
    return fmt::format("the index says {}, the journal {}", to_string(row.summary.status), to_string(state.status()));
  if (row.summary.error != state.error()) return "the index has another error than the journal";
  if (row.summary.tasks_completed != state.completed_tasks() || row.summary.tasks_failed != state.failed_tasks())
    return "the index counts other tasks than the journal";
  return {};
}

Result<int> replay(Session& session, const ReplayOptions& options) {
  configure_logs(false);
  std::optional<std::uint64_t> to;
  if (!options.to.empty()) {
    to = 0;
    const auto* end = options.to.data() + options.to.size();
    if (std::from_chars(options.to.data(), end, *to).ptr != end || *to == 0)
      return fail(ErrorCode::invalid_argument, fmt::format("--to takes the number of an event, from 1, not '{}'", options.to));
  }
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, options.run);
  if (!run) return std::unexpected(run.error());
  const auto row = (*runtime)->store().find_run(*run);  // before the journal, which may grow meanwhile
  if (!row) return std::unexpected(row.error());
  const auto replayed = (*runtime)->replay(*run, to ? to : std::optional(row->last_seq));
  if (!replayed) {
    auto error = replayed.error();
    error.message = fmt::format("the journal of run {} is not sound: {}", short_id(*run), error.message);
    return std::unexpected(std::move(error));
  }
  auto& output = session.output;
  if (to) {
    const auto report = runtime::report_of(*run, replayed->state());
    if (options.common.json) {
      output.print_json(to_json_value(report));
    } else {
      output.print(report_text(report, output.out(), session.clock.now()));
      output.note(fmt::format("As it stood at event {} of {}.", replayed->events(), row->last_seq));
    }
    return 0;
  }
  if (const auto wrong = differs(*row, *replayed); !wrong.empty()) return fail(ErrorCode::store_failed, wrong);
  if (options.common.json) {
    JsonObject out;
    out["run_id"] = run->str();
    out["sound"] = true;
    out["events"] = replayed->events();
    out["checked"] = replayed->checked();
    output.print_json(out);
  } else {
    output.print(fmt::format("{} events, {} decisions checked: the journal of run {} is sound.", replayed->events(), replayed->checked(),
                             short_id(*run)));
  }
  return 0;
}

}  // namespace

void register_replay(CommandLine& line, Session& session) {
  auto options = std::make_shared<ReplayOptions>();
  auto& command = line.command("replay", "Look", "Fold a run's journal again and check it, or see the run as it stood");
  command
      .details(
          "Nothing runs. Each event must follow from those before it, each start and decision must have been offered by them, and the "
          "state at "
          "the end must be what the index says. Exit code 1: something is not so; the first such event is named.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .option("--to", options->to, "N", "Show the run as it stood at event N (`skein events` has the numbers)");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print the result as one JSON document");
  command.example("skein replay last", "Is the journal of the newest run sound?")
      .example("skein replay 0190163d-8694 --to 12", "The run as it stood at event 12")
      .action([options, &session] { return replay(session, *options); });
}

}  // namespace skein::cli
