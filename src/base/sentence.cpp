#include "base/sentence.hpp"

#include <utility>

namespace skein {

std::string and_then(std::string first, std::string_view second) {
  if (first.empty() || second.empty()) return first.append(second);
  const auto last = first.back();
  if (last != '?' && last != '!' && last != '.') return first.append("; ").append(second);
  const auto begins = second.front();
  first.append(" ").append(second);
  if (begins >= 'a' && begins <= 'z') first[first.size() - second.size()] = static_cast<char>(begins - 'a' + 'A');
  return first;
}

std::string as_sentence(std::span<const std::string> statements) {
  std::string out;
  for (const auto& statement : statements) out = and_then(std::move(out), statement);
  return out;
}

}  // namespace skein
