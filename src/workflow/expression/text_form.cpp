#include "workflow/expression/text_form.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "workflow/expression/number.hpp"

namespace skein::workflow::expression {
namespace {

constexpr std::size_t no_limit = static_cast<std::size_t>(-1);
constexpr std::size_t preview_bytes = 60;

/// Stops soon after `out` has grown to `limit`.
void append(std::string& out, const Json& value, std::size_t limit) {  // NOLINT(misc-no-recursion): max_json_depth
  if (out.size() >= limit) return;
  const char* separator = "";
  if (const auto* array = value.if_array()) {
    out += '[';
    for (const auto& item : *array) {
      if (out.size() >= limit) return;
      out += std::exchange(separator, ",");
      append(out, item, limit);
    }
    out += ']';
  } else if (const auto* object = value.if_object()) {
    out += '{';
    for (const auto& member : *object) {
      if (out.size() >= limit) return;
      out += std::exchange(separator, ",");
      append_json(out, Json(std::string_view(member.key()).substr(0, limit)));
      out += ':';
      append(out, member.value(), limit);
    }
    out += '}';
  } else if (value.is_double()) {
    append_json(out, number_of(value.get_double()));
    if (out.ends_with(".0")) out.resize(out.size() - 2);  // an integer beyond 64 bits
  } else if (value.is_string() && value.get_string().size() > limit) {
    append_json(out, Json(shorten(value.get_string(), limit)));
  } else {
    append_json(out, value);
  }
}

}  // namespace

std::string json_text(const Json& value) {
  std::string out;
  append(out, value, no_limit);
  return out;
}

std::string plain_text(const Json& value) {
  return value.is_string() ? std::string(std::string_view(value.get_string())) : json_text(value);
}

std::string preview(const Json& value) {
  std::string out;
  append(out, value, preview_bytes + 1);
  return shorten(out, preview_bytes);
}

std::string describe(const Json& value) { return value.is_null() ? "null" : fmt::format("{} ({})", type_name(value), preview(value)); }

}  // namespace skein::workflow::expression
