#include "base/hash.hpp"

#include <array>

#include <openssl/sha.h>

namespace skein {

std::string sha256_hex(std::string_view bytes) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string out;
  out.reserve(digest.size() * 2);
  for (const auto byte : digest) {
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
  return out;
}

}  // namespace skein
