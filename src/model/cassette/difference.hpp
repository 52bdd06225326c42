#pragma once

#include <cstddef>
#include <string>

#include "base/json.hpp"

namespace skein::model {

/// The same text for values that mean the same: members sorted by name, whole numbers without a fraction.
[[nodiscard]] std::string canonical_json(const Json& value);

/// How a value differs from a recorded one.
struct Difference {
  std::size_t count = 0;  ///< of values that stand in one and not in the other, or not the same
  std::string pointer;    ///< RFC 6901, to the first of them
  std::string asked;      ///< what stands there, shortened; "nothing" where it is missing
  std::string recorded;
};
[[nodiscard]] Difference difference(const Json& asked, const Json& recorded);

}  // namespace skein::model
