#include "base/log.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/json/object.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "base/secrets.hpp"

namespace skein::log {
namespace {

std::atomic<Level> current_level{Level::warning};
std::atomic<Format> current_format{Format::text};

struct Redirection {
  std::mutex mutex;
  Sink sink;
};

Redirection& redirection() {
  static const auto instance = std::make_unique<Redirection>();
  return *instance;
}

spdlog::logger& standard_error() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("skein", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    default: return "error";
  }
}

}  // namespace

void configure(Level level, Format format) {
  current_level = level;
  current_format = format;
}

void redirect(Sink sink) {
  const std::lock_guard lock(redirection().mutex);
  redirection().sink = std::move(sink);
}

bool enabled(Level level) noexcept { return level >= current_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  const auto time = to_rfc3339(SystemClock{}.now());
  std::string line;
  if (current_format.load(std::memory_order_relaxed) == Format::json) {
    JsonObject object;
    object["time"] = time;
    object["level"] = name_of(level);
    object["message"] = message;
    for (const auto& [key, value] : fields) object[key] = value;
    line = to_json(object);
  } else {
    line = fmt::format("{} {:<7} {}", time, name_of(level), message);
    for (const auto& [key, value] : fields) line += fmt::format(" {}={}", key, to_json(value));
  }
  line = redact_patterns(line);
  auto& elsewhere = redirection();
  const std::lock_guard lock(elsewhere.mutex);
  if (elsewhere.sink) return elsewhere.sink(level, line);
  standard_error().log(spdlog::level::info, line);
}

}  // namespace skein::log
