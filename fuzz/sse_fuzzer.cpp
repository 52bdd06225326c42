// Arbitrary bytes as a stream of server-sent events and as lines: however they are split, the same comes out. The first byte chooses the
// split and the limit.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/lines.hpp"
#include "http/sse.hpp"

namespace {

using namespace skein;

/// What was told, and how it ended.
struct Told {
  std::string events;
  bool too_large = false;
  bool operator==(const Told&) const = default;
};

Told events_of(std::string_view bytes, std::size_t step, std::size_t limit) {
  Told told;
  http::SseParser parser(limit);
  while (!bytes.empty() && !told.too_large) {
    const auto chunk = bytes.substr(0, step);
    bytes.remove_prefix(chunk.size());
    told.too_large = !parser.push(chunk, [&](const http::SseEvent& event) {
      if (event.data.size() > limit) std::abort();
      told.events.append(event.name).append("|").append(event.data).append("|").append(event.id).append("\n");
      return event.data != "[DONE]";
    });
  }
  return told;
}

Told lines_of(std::string_view bytes, std::size_t step, std::size_t limit) {
  Told told;
  http::LineParser parser(limit);
  const auto take = [&](std::string_view line) {
    if (line.empty() || line.size() > limit) std::abort();
    told.events.append(line).append("\n");
    return true;
  };
  while (!bytes.empty() && !told.too_large) {
    const auto chunk = bytes.substr(0, step);
    bytes.remove_prefix(chunk.size());
    told.too_large = !parser.push(chunk, take);
  }
  if (!told.too_large) parser.finish(take);
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = 1 + (data[0] & 31);
  const std::size_t limit = (data[0] & 32) != 0 ? 64 : std::size_t{1} << 20;
  const auto whole = std::max<std::size_t>(bytes.size(), 1);
  if (events_of(bytes, step, limit) != events_of(bytes, whole, limit)) std::abort();
  if (lines_of(bytes, step, limit) != lines_of(bytes, whole, limit)) std::abort();
  return 0;
}
