#pragma once

#include <functional>

#include "cli/drive.hpp"

namespace skein::cli {

/// Says something to a run that has not ended, and drives it on where no other process does. `say` returns what to tell the person.
[[nodiscard]] Result<int> tell_run(Session& session, const DriveOptions& options, const std::string& run,
                                   const std::function<Result<std::string>(runtime::Runtime&, const runtime::RunReport&)>& say);

/// A person's words as the value that a question asks for, or what is wrong with them.
[[nodiscard]] Result<Json> parse_answer(const Json& schema, std::string_view words);

}  // namespace skein::cli
