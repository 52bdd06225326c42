#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace skein {

/// A UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits; sorts by creation time.
class Uuid {
 public:
  constexpr Uuid() = default;
  /// A new id; time and randomness come in from outside.
  [[nodiscard]] static Uuid make(Instant now, Random& random);
  /// Accepts 36 characters with dashes, any case; empty where `text` is anything else.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);

  /// Lower case with dashes, 36 characters.
  [[nodiscard]] std::string str() const;
  [[nodiscard]] constexpr bool nil() const { return *this == Uuid{}; }
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  [[nodiscard]] static Uuid from_bytes(const std::array<std::uint8_t, 16>& bytes);

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// The id of a run.
using RunId = Uuid;

}  // namespace skein

template <>
struct std::hash<skein::Uuid> {
  std::size_t operator()(const skein::Uuid& id) const noexcept {
    std::size_t h = 0;
    for (int i = 8; i < 16; ++i) h = h << 8 | id.bytes()[static_cast<std::size_t>(i)];
    return h;
  }
};
