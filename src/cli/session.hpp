#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "runtime/runtime.hpp"

namespace skein::cli {

/// What every command may use.
struct Session {
  Output output;
  Interrupts interrupts;
  SystemClock clock;
};

/// Options that mean the same everywhere.
struct CommonOptions {
  std::string store;  ///< as given; empty: `SKEIN_STORE`, then the default
  bool json = false;
};
void add_json_option(Command& command, CommonOptions& options, std::string help);
void add_store_option(Command& command, CommonOptions& options);

/// The store's file: `--store`, `SKEIN_STORE`, or the default.
[[nodiscard]] std::string store_path(const CommonOptions& options);
/// " --store PATH" where the user named one, for commands that are suggested.
[[nodiscard]] std::string store_hint(const CommonOptions& options);

/// Opens the store for a command that needs what is in it; a store that does not exist yet is `not_found`.
[[nodiscard]] Result<std::unique_ptr<runtime::Runtime>> open_existing(const CommonOptions& options, runtime::RuntimeOptions wanted = {});
/// Opens or makes the store.
[[nodiscard]] Result<std::unique_ptr<runtime::Runtime>> open_or_create(const CommonOptions& options, runtime::RuntimeOptions wanted);

/// The run meant by an id, a beginning of one (at least 4 characters) or "last".
[[nodiscard]] Result<RunId> find_run(runtime::Runtime& runtime, std::string_view text);

/// Whether the run could go on, now or at its time, and no living process drives it; not so while it waits for a person or a signal.
[[nodiscard]] bool nobody_drives(const store::RunRow& row);
/// A sentence that says so and names the commands that go on with it.
[[nodiscard]] std::string how_to_drive(RunId run, const CommonOptions& options);

/// 0 completed, 1 failed or cancelled, 3 partially completed where `strict`, 4 not at its end.
[[nodiscard]] int exit_code_of(RunStatus status, bool strict);

}  // namespace skein::cli
