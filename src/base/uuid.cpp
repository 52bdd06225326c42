#include "base/uuid.hpp"

namespace skein {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool dash_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

Uuid Uuid::make(Instant now, Random& random) {
  Uuid id;
  const auto ms = static_cast<std::uint64_t>(to_micros(now) / 1000);
  const std::uint64_t a = random.next();
  const std::uint64_t b = random.next();
  for (std::size_t i = 0; i < 6; ++i) id.bytes_[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  id.bytes_[6] = static_cast<std::uint8_t>(0x70 | (a & 0x0f));
  id.bytes_[7] = static_cast<std::uint8_t>(a >> 8);
  for (std::size_t i = 0; i < 8; ++i) id.bytes_[8 + i] = static_cast<std::uint8_t>(b >> (8 * i));
  id.bytes_[8] = static_cast<std::uint8_t>(0x80 | (id.bytes_[8] & 0x3f));
  return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t n = 0;
  for (std::size_t i = 0; i < 36;) {
    if (dash_at(i)) {
      if (text[i++] != '-') return std::nullopt;
      continue;
    }
    const int hi = hex_value(text[i]);
    const int lo = hex_value(text[i + 1]);
    if (hi < 0 || lo < 0) return std::nullopt;
    id.bytes_[n++] = static_cast<std::uint8_t>(hi << 4 | lo);
    i += 2;
  }
  return id;
}

std::string Uuid::str() const {
  std::string out;
  out.reserve(36);
  for (const auto byte : bytes_) {
    if (dash_at(out.size())) out += '-';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

Uuid Uuid::from_bytes(const std::array<std::uint8_t, 16>& bytes) {
  Uuid id;
  id.bytes_ = bytes;
  return id;
}

}  // namespace skein
