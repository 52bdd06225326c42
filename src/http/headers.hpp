#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace skein::http {

/// Header fields in the order in which they were sent; names compare without case, a name may occur several times.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name by one.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  void clear() { fields_.clear(); }

  /// The first field's value.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }

  [[nodiscard]] bool empty() const { return fields_.empty(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }

  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<Field> fields_;
};

/// RFC 9110 §5.6.2: what a method and a field name may be.
[[nodiscard]] bool is_token(std::string_view text);
/// RFC 9110 §5.5 without the obsolete forms: no CR, LF, NUL or other control character except tab.
[[nodiscard]] bool is_field_value(std::string_view text);

/// Whether a request may carry these fields: well-formed, and none that the client itself must decide (lengths, connection). The
/// error names the field, never its value.
[[nodiscard]] Result<void> check_request_headers(const Headers& headers);

/// The media type of a Content-Type value, lower case, without parameters: "application/json".
[[nodiscard]] std::string media_type(std::string_view content_type);
/// application/json, text/json and everything with the suffix +json.
[[nodiscard]] bool is_json_type(std::string_view content_type);

}  // namespace skein::http
