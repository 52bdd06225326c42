#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/new_run.hpp"

// `skein retry`: what failed once more, without what was done.
namespace skein::cli {

void register_retry(CommandLine& line, Session& session) {
  auto options = std::make_shared<NewRunOptions>();
  auto& command = line.command("retry", "Run", "Do again what a run that has ended did not complete");
  command.details(
      "Makes a new run of the same definition that keeps what completed: those steps do not run again. What failed, was cancelled or never "
      "began "
      "is done, and everything that depends on it. The old run stays as it is. Exit codes are those of `skein run`.");
  add_new_run_options(command, *options);
  add_drive_options(command, options->drive);
  command.example("skein retry last", "The service is back: go on where the newest run failed")
      .example("skein retry 0190163d-8694 --from summary", "Also do again a task that completed, and what follows from it")
      .example("skein retry last --detach", "Leave the driving to a worker")
      .action([options, &session] {
        return make_from(session, *options,
                         [&](runtime::Runtime& runtime, RunId old, const workflow::Definition&, runtime::Runtime::Drive drive) {
                           return runtime.retry(old, options->from, drive);
                         });
      });
}

}  // namespace skein::cli
