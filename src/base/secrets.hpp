#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace skein {

/// The secret values this process knows. Events are redacted with it when they are made: every occurrence of a known
/// value in a string (keys included) becomes "[redacted]", also within base64. Values shorter than four bytes are not
/// matched (in base64: than eight): replacing them would damage unrelated text. Safe to use from any thread.
class SecretValues {
 public:
  void add(std::string_view value);
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::string redact(std::string_view text) const;
  /// Replaces in place; returns whether anything was replaced.
  bool redact(Json& value) const;

 private:
  [[nodiscard]] bool redact_text(std::string& text) const;
  bool redact_value(Json& value) const;

  mutable std::mutex mutex_;
  std::vector<std::string> values_;
};

/// For logs only: replaces what *looks* like a secret (bearer tokens, `sk-…` keys, basic credentials in URLs).
[[nodiscard]] std::string redact_patterns(std::string_view text);

}  // namespace skein
