#pragma once

#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/uuid.hpp"

namespace skein::store {

struct IdRange {
  RunId first;
  RunId last;
};

/// The ids whose text begins with `prefix`; empty where no id can (a letter that is not hexadecimal, a dash at the wrong place).
/// `invalid_argument` for fewer than 4 characters.
[[nodiscard]] Result<std::optional<IdRange>> prefix_range(std::string_view prefix);

}  // namespace skein::store
