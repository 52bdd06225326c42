#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/values.hpp"
#include "workflow/driver/day_budget.hpp"

namespace skein::cli {
namespace {

struct PruneOptions {
  CommonOptions common;
  std::string older_than;
  std::string status;
  bool dry_run = false;
  bool yes = false;
};

Result<int> prune(Session& session, const PruneOptions& options) {
  configure_logs(false);
  if (options.older_than.empty())
    return fail(ErrorCode::invalid_argument,
                "--older-than is missing; say how old a run must be to go, such as: skein prune --older-than 30d");
  const auto age = parse_duration(options.older_than);
  if (!age) return fail(age.error().code, "--older-than: " + age.error().message);
  const auto opened = open_existing(options.common);
  if (!opened) return std::unexpected(opened.error());
  store::PruneFilter filter;
  filter.finished_before = session.clock.now() - *age;
  if (!options.status.empty()) filter.status = run_status_from(options.status);
  filter.dry_run = options.dry_run || !options.yes;
  auto done = (*opened)->store().prune(filter);
  if (!done && done.error().code == ErrorCode::store_full)
    done.error().message = fmt::format(
        "there is no room left beside the store {}, and deleting runs needs a little to begin with; free some, then "
        "prune again",
        store_path(options.common));
  if (!done) return std::unexpected(done.error());
  const auto old = workflow::days_before(session.clock.now(), filter.finished_before);
  const auto days = (*opened)->store().forget_accounts(old.first, old.end, filter.dry_run);
  if (!days) return std::unexpected(days.error());
  if (options.common.json) {
    JsonObject out;
    out["dry_run"] = filter.dry_run;
    out["runs"] = done->runs;
    out["blobs"] = done->blobs;
    out["bytes"] = done->bytes;
    out["days"] = *days;
    session.output.print_json(out);
  } else {
    const auto what = fmt::format("{} {} with {} of payloads", done->runs, done->runs == 1 ? "run" : "runs", human_bytes(done->bytes)) +
                      (*days == 0 ? "" : fmt::format(", and {} daily {} of agents", *days, *days == 1 ? "account" : "accounts"));
    session.output.print(filter.dry_run ? fmt::format("Would delete {}.", what) : fmt::format("Deleted {}.", what));
  }
  if (options.dry_run || options.yes || done->runs + *days == 0) return 0;
  session.output.note("Nothing was deleted; add --yes to do it.");
  return 2;
}

}  // namespace

void register_prune(CommandLine& line, Session& session) {
  auto options = std::make_shared<PruneOptions>();
  auto& command = line.command("prune", "Keep", "Delete runs that ended long ago");
  command
      .details(
          "Only runs that have ended are deleted, with their events and the large payloads that no other run uses. With them go the "
          "daily accounts of agents with a daily budget that are as old.")
      .option("--older-than", options->older_than, "AGE", "How long ago a run must have ended: 30d, 12h, 2w")
      .choice("--status", options->status, {"completed", "partially_completed", "failed", "cancelled"}, "Only runs that ended like this")
      .flag("--dry-run", options->dry_run, "Only say what would be deleted")
      .flag("-y,--yes", options->yes, "Really delete");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print {\"dry_run\", \"runs\", \"blobs\", \"bytes\", \"days\"} as one JSON document");
  command.example("skein prune --older-than 30d --dry-run", "What would go")
      .example("skein prune --older-than 7d --status completed --yes", "Delete; failed runs stay for a look")
      .action([options, &session] { return prune(session, *options); });
}

}  // namespace skein::cli
