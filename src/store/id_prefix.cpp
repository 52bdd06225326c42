#include "store/id_prefix.hpp"

#include <string>

#include <fmt/format.h>

namespace skein::store {

Result<std::optional<IdRange>> prefix_range(std::string_view prefix) {
  if (prefix.size() < 4) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is too short for the beginning of a run's id: give at least 4 characters", prefix));
  }
  constexpr std::string_view low = "00000000-0000-0000-0000-000000000000";
  constexpr std::string_view high = "ffffffff-ffff-ffff-ffff-ffffffffffff";
  if (prefix.size() > low.size()) return std::optional<IdRange>{};
  const auto first = RunId::parse(std::string(prefix) + std::string(low.substr(prefix.size())));
  const auto last = RunId::parse(std::string(prefix) + std::string(high.substr(prefix.size())));
  if (!first || !last) return std::optional<IdRange>{};
  return IdRange{*first, *last};
}

}  // namespace skein::store
