#pragma once

#include <string>

#include "base/json.hpp"

namespace skein::workflow::expression {

/// As `tojson`: compact JSON, where numbers that are integers look like integers.
[[nodiscard]] std::string json_text(const Json& value);
/// As `tostring` and interpolation: strings as they are, everything else as `json_text`.
[[nodiscard]] std::string plain_text(const Json& value);

/// For messages: the JSON text of `value`, cut after about 60 bytes, however large the value is.
[[nodiscard]] std::string preview(const Json& value);
/// For messages: `number (5)`.
[[nodiscard]] std::string describe(const Json& value);

}  // namespace skein::workflow::expression
