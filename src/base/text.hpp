#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

/// The candidate nearest to `word` by edit distance (insert, delete, replace, swap of neighbours), or empty where none is
/// near enough (more than a third of the word, at least one edit) to be worth suggesting.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string> candidates);
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "; did you mean 'fetch'?" or an empty string.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// "a, b and c".
[[nodiscard]] std::string list_of(std::span<const std::string> words, std::string_view last_separator = " and ");

/// At most `max` bytes of `text`, cut at a UTF-8 boundary with "…" added where something was cut.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t max);

/// Whether `text` is valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);
/// `text` with each invalid byte replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// ASCII only.
[[nodiscard]] std::string to_lower(std::string_view text);
/// ASCII, case-insensitive, as for HTTP header names.
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);

}  // namespace skein
