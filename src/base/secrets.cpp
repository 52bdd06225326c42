#include "base/secrets.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/encoding.hpp"

namespace skein {
namespace {

constexpr std::string_view mask = "[redacted]";
constexpr std::size_t shortest_secret = 4;
/// Shorter pieces of base64 stand in other text by chance.
constexpr std::size_t shortest_piece = 10;

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-_.+/=~").find(c) != std::string_view::npos;
}

std::string mask_after(std::string_view text, std::string_view prefix) {
  std::string out;
  while (true) {
    const auto at = text.find(prefix);
    if (at == std::string_view::npos) return out += text;
    auto end = at + prefix.size();
    while (end < text.size() && is_token_char(text[end])) ++end;
    const bool long_enough = end - at - prefix.size() >= 8;
    out += text.substr(0, at + prefix.size());
    if (long_enough) out += mask;
    text.remove_prefix(long_enough ? end : at + prefix.size());
  }
}

std::string mask_url_credentials(std::string_view text) {
  std::string out;
  while (true) {
    const auto at = text.find("://");
    if (at == std::string_view::npos) return out += text;
    const auto from = at + 3;
    const auto end = text.find_first_of("/?# \t\n\"'", from);
    const auto authority = text.substr(from, end == std::string_view::npos ? end : end - from);
    const auto host = authority.rfind('@');
    out += text.substr(0, from);
    if (host != std::string_view::npos) out += mask;
    text.remove_prefix(from + (host == std::string_view::npos ? 0 : host));
  }
}

/// The part of the base64 of any text with `value` in it that `value` alone decides, where so many bytes stand before it (modulo 3).
std::string base64_piece(std::string_view value, std::size_t before) {
  const auto whole = base64(std::string(before, ' ') + std::string(value));
  const auto first = (8 * before + 5) / 6;
  const auto last = 8 * (before + value.size()) / 6;
  return whole.substr(first, last - first);
}

}  // namespace

void SecretValues::add(std::string_view value) {
  if (value.size() < shortest_secret) return;
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(values_, value) != values_.end()) return;
  values_.emplace_back(value);
  // A service may send back what it was sent: basic authentication is base64.
  for (std::size_t before = 0; before < 3; ++before) {
    if (auto piece = base64_piece(value, before); piece.size() >= shortest_piece) values_.push_back(std::move(piece));
  }
  // Longest first, so that a secret that contains another is masked whole.
  std::ranges::sort(values_, [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

bool SecretValues::empty() const {
  const std::lock_guard lock(mutex_);
  return values_.empty();
}

bool SecretValues::redact_text(std::string& text) const {
  bool changed = false;
  for (const auto& value : values_) {
    for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + mask.size())) {
      text.replace(at, value.size(), mask);
      changed = true;
    }
  }
  return changed;
}

std::string SecretValues::redact(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  std::string out(text);
  (void)redact_text(out);
  return out;
}

bool SecretValues::redact(Json& value) const {
  const std::lock_guard lock(mutex_);
  return !values_.empty() && redact_value(value);
}

bool SecretValues::redact_value(Json& value) const {  // NOLINT(misc-no-recursion): depth is bounded by max_json_depth
  if (auto* text = value.if_string()) {
    std::string copy(text->data(), text->size());
    if (!redact_text(copy)) return false;
    *text = copy;
    return true;
  }
  bool changed = false;
  if (auto* array = value.if_array()) {
    for (auto& item : *array) changed |= redact_value(item);
  } else if (auto* object = value.if_object()) {
    bool key_changed = false;
    for (auto& member : *object) {
      changed |= redact_value(member.value());
      std::string key(member.key());
      key_changed |= redact_text(key);
    }
    if (key_changed) {
      JsonObject renamed(object->storage());
      for (auto& member : *object) {
        std::string key(member.key());
        (void)redact_text(key);
        renamed.insert_or_assign(key, std::move(member.value()));
      }
      *object = std::move(renamed);
      changed = true;
    }
  }
  return changed;
}

std::string redact_patterns(std::string_view text) {
  auto out = mask_url_credentials(text);
  for (const std::string_view prefix : std::to_array<std::string_view>({"Bearer ", "bearer ", "Basic ", "sk-", "ghp_", "xoxb-"})) {
    out = mask_after(out, prefix);
  }
  return out;
}

}  // namespace skein
