#include "store/session.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "store/session_turns.hpp"

namespace skein::store {

Result<void> check_session_name(std::string_view name) {
  const auto wrong = [](std::string_view what) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the name of a session {}; use up to {} bytes of text, such as a user's name", what, most_session_name));
  };
  if (name.empty()) return wrong("is empty");
  if (name.size() > most_session_name) return wrong(fmt::format("has {} bytes", name.size()));
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return wrong("has a control character in it");
  if (name.front() == ' ' || name.back() == ' ') return wrong("begins or ends with a blank");
  if (!is_utf8(name)) return wrong("is not UTF-8");
  return {};
}

Result<void> check_exchanges(const std::vector<Exchange>& exchanges,
                             const std::function<std::optional<SessionPoint>(const std::string& name)>& stands) {
  for (auto one = exchanges.begin(); one != exchanges.end(); ++one) {
    const auto& from = one->from;
    if (auto named = check_session_name(from.name); !named) return named;
    auto now = stands(from.name).value_or(SessionPoint{.name = from.name, .id = from.id, .length = 0});
    for (auto earlier = exchanges.begin(); earlier != one; ++earlier) {
      if (earlier->from.name != from.name) continue;
      now.id = earlier->from.id;
      now.length += earlier->messages.size();
    }
    if (now != from) return std::unexpected(session_moved(from, now.id == from.id || from.length == 0 ? now.length : 0));
  }
  return {};
}

Error session_moved(const SessionPoint& began, std::uint64_t now) {
  const auto message =
      now == 0 ? fmt::format("the session '{}' was deleted while this turn was under way; run it again to begin a new one", began.name)
               : fmt::format(
                     "the session '{}' went on while this turn was under way: it had {} messages and has {} now, so the turn was "
                     "not added; run it again",
                     began.name, began.length, now);
  return {.code = ErrorCode::conflict, .message = message, .context = {}, .retryable = false, .retry_after = {}};
}

std::unexpected<Error> no_such_session(std::string_view name) {
  return fail(ErrorCode::not_found, fmt::format("there is no session '{}'", name));
}

std::unexpected<Error> session_exists(std::string_view name) {
  return fail(ErrorCode::conflict, fmt::format("there is a session '{}' already; choose another name, or delete it first", name));
}

std::unexpected<Error> no_such_turn(std::string_view name, std::uint64_t turn, std::uint64_t turns) {
  return fail(ErrorCode::invalid_argument, fmt::format("the session '{}' has no turn {}; its turns are 1 to {}", name, turn, turns));
}

std::string origin_of_branch(std::string_view name, std::uint64_t turn) { return fmt::format("{} at turn {}", name, turn); }

}  // namespace skein::store
