#pragma once

#include "cli/session.hpp"

// What a run asks the person at the terminal.
namespace skein::cli {

/// Says what the run waits for and which command answers it; of runs that it began too.
void say_what_it_waits_for(Session& session, const runtime::Runtime& runtime, const runtime::RunReport& report,
                           const CommonOptions& options);
/// Asks the person at the terminal the questions that the run waits for. True where one was answered.
[[nodiscard]] bool ask_here(Session& session, runtime::Runtime& runtime, const runtime::RunReport& report);

}  // namespace skein::cli
