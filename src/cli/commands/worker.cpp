#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "base/log.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/metrics_file.hpp"

namespace skein::cli {
namespace {

constexpr milliseconds look_every{100};
constexpr std::size_t claim_at_once = 256;
constexpr microseconds write_metrics_every = seconds{5};
constexpr std::size_t most_runs = 20'000;
/// A run that waits longer than this leaves memory until its time comes.
constexpr microseconds sleep_after = seconds{5};

struct WorkerOptions {
  CommonOptions common;
  std::uint32_t shards = 1;
  bool idle_exit = false;
  bool quiet = false;
  bool debug = false;
  std::string metrics;
  std::string prices;
};

Result<int> work(Session& session, const WorkerOptions& options) {
  configure_logs(options.debug);
  session.interrupts.listen();
  if (options.shards < 1 || options.shards > 256) return fail(ErrorCode::invalid_argument, "--shards is a number of threads from 1 to 256");
  runtime::RuntimeOptions wanted;
  wanted.shards = options.shards;
  wanted.sleep_after = sleep_after;
  wanted.thinking.prices = options.prices;
  const auto opened = open_or_create(options.common, std::move(wanted));
  if (!opened) return std::unexpected(opened.error());
  auto& runtime = **opened;
  std::shared_ptr<Progress> progress;
  if (options.common.json || !options.quiet) {
    progress =
        std::make_shared<Progress>(options.common.json ? ProgressMode::json : ProgressMode::tagged, session.output.err(), session.clock);
    runtime.add_listener(progress);
  }
  if (!options.quiet) {
    session.output.note(
        fmt::format("Worker on {} with {} {}{}", store_path(options.common), options.shards, options.shards == 1 ? "thread" : "threads",
                    options.idle_exit ? "; it leaves when nothing can go on." : "; Ctrl-C stops it, runs go on where they stand."));
  }
  const MetricsFile metrics(options.metrics, runtime);
  auto metrics_due = session.clock.boot_now();
  std::optional<Error> failure;
  std::uint64_t claimed_in_all = 0;
  while (!session.interrupts.requested()) {
    std::size_t claimed = 0;
    if (const auto room = most_runs - std::min<std::size_t>(most_runs, runtime.active_runs()); room > 0) {
      const auto got = runtime.claim_runnable(std::min(room, claim_at_once));
      if (got) {
        claimed = *got;
        failure.reset();
      } else {
        // A full disk, a lock held long: it may pass, so the worker stays. What it says is said once.
        if (!failure) session.output.error(got.error().message);
        failure = got.error();
        if (options.idle_exit) break;
      }
    }
    claimed_in_all += claimed;
    if (session.clock.boot_now() >= metrics_due) {
      if (const auto written = metrics.write(); !written) return std::unexpected(written.error());
      metrics_due = session.clock.boot_now() + write_metrics_every;
    }
    if (options.idle_exit && claimed == 0 && runtime.active_runs() == 0) break;
    if (claimed == claim_at_once) continue;
    if (session.interrupts.wait_for(look_every)) break;
  }
  const auto left = runtime.active_runs();
  runtime.stop();
  (void)metrics.write();
  if (progress) progress->finish(Progress::Ending::ended);
  if (failure && options.idle_exit) return fail(failure->code, "the worker left because the store cannot be read");
  if (!options.quiet) {
    session.output.note(fmt::format("Worker stopped; it took {} {}{}", claimed_in_all, claimed_in_all == 1 ? "run" : "runs",
                                    left > 0 ? fmt::format(", {} of them unfinished: any worker goes on with them.", left) : "."));
  }
  return 0;
}

}  // namespace

void register_worker(CommandLine& line, Session& session) {
  auto options = std::make_shared<WorkerOptions>();
  auto& command = line.command("worker", "Run", "Drive runs that nobody drives: detached ones and those of dead processes");
  command
      .details(
          "Any number of workers may share a store; a run has one owner at a time. A worker stopped with Ctrl-C or SIGTERM exits with 0 "
          "after it "
          "has let go of its runs.")
      .flag("--idle-exit", options->idle_exit, "Leave when no run can go on now (runs that wait for a later time stay in the store)")
      .option("--shards", options->shards, "N", "Threads that drive runs (default: 1)")
      .flag("-q,--quiet", options->quiet, "Say nothing about runs")
      .option("--metrics", options->metrics, "FILE", "Write metrics there every 5 seconds, in the Prometheus text format")
      .flag("--debug", options->debug, "Log on standard error what the engine does");
  add_prices_option(command, options->prices);
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print every event as a line of JSON on standard output");
  command.example("skein worker", "Work until Ctrl-C")
      .example("skein run job.yaml --detach; skein worker --idle-exit", "For scripts: accept work, then do all of it")
      .example("skein worker --shards 4 --quiet", "Drive many runs on four threads")
      .action([options, &session] { return work(session, *options); });
}

}  // namespace skein::cli
