#pragma once

#include <string_view>

#include <skein/status.hpp>

#include "base/error.hpp"
#include "base/uuid.hpp"

namespace skein::store {

/// The fewest characters of a run id that may stand for it.
inline constexpr std::size_t shortest_prefix = 4;

/// The refusals that every implementation words alike.
[[nodiscard]] Error no_such_run(RunId run);
[[nodiscard]] Error run_exists(RunId run);
[[nodiscard]] Error not_the_owner(RunId run);
[[nodiscard]] Error owned_elsewhere(RunId run, std::string_view owner);
[[nodiscard]] Error run_is_over(RunId run, RunStatus status);
[[nodiscard]] Error no_such_definition(std::string_view hash);
[[nodiscard]] Error no_such_blob(std::string_view hash);
[[nodiscard]] Error prefix_too_short(std::string_view prefix);
[[nodiscard]] Error store_is_closed();

}  // namespace skein::store
