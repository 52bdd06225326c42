#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>
#include <skein/json.hpp>

#include "base/error.hpp"

namespace skein {

/// A shared immutable value: a result is referred to by the state, its event and the readers without being copied.
using JsonPtr = std::shared_ptr<const Json>;

/// Limits of every JSON text that comes from outside.
inline constexpr std::size_t max_json_depth = 128;
/// Of what Skein itself has written: it puts values from outside into others.
inline constexpr std::size_t max_record_depth = 16 * max_json_depth;

/// Strict RFC 8259, at most `max_depth` deep. An error says line, column and what is wrong.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::size_t max_depth = max_json_depth);

/// Compact, keys in insertion order, integers exact. Numbers that JSON cannot say (infinities, NaN) become null.
[[nodiscard]] std::string to_json(const Json& value);
/// As `to_json`, appended to `out`.
void append_json(std::string& out, const Json& value);
/// For people: two spaces a level, keys in insertion order.
[[nodiscard]] std::string to_pretty_json(const Json& value);

/// "null", "boolean", "number", "string", "array", "object": the words of jq and JSON Schema.
[[nodiscard]] std::string_view type_name(const Json& value);

/// The value a JSON Pointer (RFC 6901) leads to, or null where there is none.
[[nodiscard]] const Json* at_pointer(const Json& root, std::string_view pointer);
/// `pointer` + "/" + `key` with `~` and `/` escaped.
[[nodiscard]] std::string pointer_to(std::string_view pointer, std::string_view key);
[[nodiscard]] std::string pointer_to(std::string_view pointer, std::size_t index);

}  // namespace skein
