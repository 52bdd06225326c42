#include "http/headers.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace skein::http {

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  fields_.emplace_back(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return iequals(field.first, name); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [n, value] : fields_) {
    if (iequals(n, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::get_all(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& [n, value] : fields_) {
    if (iequals(n, name)) out.emplace_back(value);
  }
  return out;
}

bool is_token(std::string_view text) {
  const auto is_tchar = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  return !text.empty() && std::ranges::all_of(text, is_tchar);
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && c != '\t') || u == 0x7f;
  });
}

Result<void> check_request_headers(const Headers& headers) {
  static constexpr std::array<std::string_view, 7> own{"Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer",
                                                       "Expect"};
  for (const auto& [name, value] : headers) {
    if (!is_token(name)) {
      return fail(ErrorCode::invalid_argument, "a header name holds a character that is not allowed: '" +
                                                   shorten(to_valid_utf8(name.substr(0, name.find_first_of("\r\n"))), 60) + "'");
    }
    if (!is_field_value(value)) {
      return fail(ErrorCode::invalid_argument,
                  "the value of the header '" + name + "' holds a line break or another control character; remove it");
    }
    if (std::ranges::any_of(own, [&](std::string_view o) { return iequals(o, name); })) {
      return fail(ErrorCode::invalid_argument, "the header '" + name + "' is set by the HTTP client itself; remove it");
    }
  }
  return {};
}

std::string media_type(std::string_view content_type) { return to_lower(trim(content_type.substr(0, content_type.find(';')))); }

bool is_json_type(std::string_view content_type) {
  const auto type = media_type(content_type);
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

}  // namespace skein::http
