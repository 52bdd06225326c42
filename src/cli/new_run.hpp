#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/drive.hpp"

// What the commands share that make a run: run, retry, fork.
namespace skein::cli {

/// `-i name=value`: the inputs that were named, of the declared types.
[[nodiscard]] Result<JsonObject> named_inputs(const std::vector<std::string>& pairs, const workflow::Definition& definition);

/// Tells the id of a run that this process does not drive. Returns the exit code.
int say_accepted(Session& session, const CommonOptions& options, const runtime::Runtime& runtime, const workflow::Definition& definition,
                 RunId run);

struct NewRunOptions {
  DriveOptions drive;
  std::string run;                     ///< that it is made from
  std::string from;                    ///< a task
  bool detach = false;
};
void add_new_run_options(Command& command, NewRunOptions& options);

/// A run made from another; who drives it, or why there is none.
using MakeRun = std::function<Result<RunId>(runtime::Runtime&, RunId from, const workflow::Definition&, runtime::Runtime::Drive)>;
/// Makes it and drives it, or with --detach only makes it.
[[nodiscard]] Result<int> make_from(Session& session, const NewRunOptions& options, const MakeRun& make);

}  // namespace skein::cli
