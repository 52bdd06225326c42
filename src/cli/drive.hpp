#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/progress.hpp"
#include "cli/session.hpp"

namespace skein::cli {

struct DriveOptions {
  CommonOptions common;
  bool strict = false;
  bool quiet = false;
  bool debug = false;
  bool in_memory = false;
  std::string metrics;                 ///< a file for them; empty: none
  std::string record;                  ///< a cassette to write; empty: none
  std::string prices;                  ///< a file of prices; empty: $SKEIN_PRICES, else the built-in ones
};

/// For commands that drive one run: it is left alone where only a person or a signal can move it.
[[nodiscard]] runtime::RuntimeOptions options_to_drive(const DriveOptions& drive);
/// Who answers questions: SKEIN_USER, else the name of the signed-in user.
[[nodiscard]] std::string user_name();

void add_drive_options(Command& command, DriveOptions& options);
/// `--prices` of the commands that charge for models.
void add_prices_option(Command& command, std::string& prices);
/// Logs at the level that the options ask for; as JSON lines where SKEIN_LOG_FORMAT is "json".
void configure_logs(bool debug);

/// How a run is shown where that is not as usual.
struct Presentation {
  std::shared_ptr<RunView> view;       ///< null: as usual
  std::function<int(const runtime::RunReport&)> outcome;  ///< says what came out and returns the exit code; empty: `show_outcome`
};

/// Begins or takes over a run, shows its progress, waits for its end and says what came out. Returns the exit code.
[[nodiscard]] Result<int> drive(Session& session, runtime::Runtime& runtime, const DriveOptions& options,
                                const std::function<Result<RunId>()>& begin, const Presentation& presentation = {});
/// What came out of a run that has ended or stands still, as `run` and `resume` show it.
int show_outcome(Session& session, const runtime::RunReport& report, const DriveOptions& options);

}  // namespace skein::cli
