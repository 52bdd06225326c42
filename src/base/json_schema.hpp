#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace skein {

/// Whether a value is as a JSON Schema (draft 7) says; each entry is a sentence about one place: "'days' must be …, got …". `name` is what
/// the value is called. A schema that makes no sense fits nothing. Patterns are RE2's, so they take linear time; one that RE2 does not know
/// is not checked.
[[nodiscard]] std::vector<std::string> schema_violations(std::string_view name, const Json& schema, const Json& value);
/// What a schema wants, in words: "an integer, at least 1".
[[nodiscard]] std::string schema_in_words(const Json& schema);

}  // namespace skein
