#pragma once

#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/json.hpp"

namespace skein::log {

enum class Level : unsigned char { debug, info, warning, error, off };
/// `text` is for people; `json` is one object a line: time, level, message and the fields.
enum class Format : unsigned char { text, json };

using Field = std::pair<std::string_view, Json>;

/// Logs go to standard error. Before the first call: warnings and errors as text. Not to be called concurrently.
void configure(Level level, Format format);
[[nodiscard]] bool enabled(Level level) noexcept;

/// Takes a line as it would have been printed, without its end; called from any thread, one line at a time.
using Sink = std::function<void(Level, std::string_view line)>;
/// Lines go to `sink` instead of standard error; an empty one gives them back. Not to be called while others log.
void redirect(Sink sink);

/// Structured: a constant message and fields. What looks like a secret is masked.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::debug, message, fields); }
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::info, message, fields); }
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::warning, message, fields); }
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::error, message, fields); }

}  // namespace skein::log
