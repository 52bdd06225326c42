#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/uuid.hpp"

namespace skein::store {

/// Where a conversation stands: which one it is, and how many messages it has. It only grows at its end, so that a point names what was
/// said before it for as long as the session exists.
struct SessionPoint {
  std::string name;
  Uuid id;                         ///< chosen by whoever speaks first; another one where the name was deleted and taken again
  std::uint64_t length = 0;        ///< 0: nobody has spoken yet, so there is no such session

  friend bool operator==(const SessionPoint&, const SessionPoint&) = default;
};

/// What one turn adds to a session.
struct Exchange {
  SessionPoint from;               ///< where the turn began; refused with `conflict` where the session stands elsewhere now
  std::string agent;
  std::vector<std::string> messages;  ///< JSON texts, at least one
};

struct SessionRow {
  SessionPoint point;
  std::uint64_t turns = 0;
  Instant created{};
  Instant updated{};
  std::string agent;               ///< of the latest turn
  std::string origin;              ///< "NAME at turn N" of a branch; empty otherwise
};

struct SessionMessage {
  std::uint64_t position = 0;      ///< from 0
  std::uint64_t turn = 1;          ///< from 1
  RunId run;                       ///< that added it; it may be gone
  std::string agent;
  Instant at{};
  std::string text;                ///< JSON
};

struct SessionFilter {
  std::string prefix;              ///< of the name
  std::uint32_t limit = 100;
};

inline constexpr std::size_t most_session_name = 200;
/// Messages that are longer are kept by their content, so that branches share them.
inline constexpr std::size_t max_inline_message = std::size_t{64} << 10;

/// Whether a text can name a session: 1 to 200 bytes of UTF-8 without control characters and blanks at the ends. Errors: invalid_argument.
[[nodiscard]] Result<void> check_session_name(std::string_view name);

/// Why a turn cannot be added: the session stands at `now`, or is gone where that has no messages.
[[nodiscard]] Error session_moved(const SessionPoint& began, std::uint64_t now);
[[nodiscard]] std::unexpected<Error> no_such_session(std::string_view name);
[[nodiscard]] std::unexpected<Error> session_exists(std::string_view name);
[[nodiscard]] std::unexpected<Error> no_such_turn(std::string_view name, std::uint64_t turn, std::uint64_t turns);
[[nodiscard]] std::string origin_of_branch(std::string_view name, std::uint64_t turn);

}  // namespace skein::store
