#include "model/cassette/difference.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/text.hpp"

namespace skein::model {
namespace {

constexpr std::size_t shown = 60;   ///< bytes of a value in a message
constexpr std::size_t before = 20;  ///< of them in front of the first difference of two texts

/// NOLINTBEGIN(misc-no-recursion): depth is bounded by max_json_depth

Json canonical(const Json& value) {
  if (const auto* object = value.if_object()) {
    std::vector<const JsonObject::value_type*> members;
    for (const auto& member : *object) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
    JsonObject out;
    for (const auto* member : members) out.emplace(member->key(), canonical(member->value()));
    return Json(std::move(out));
  }
  if (const auto* array = value.if_array()) {
    JsonArray out;
    for (const auto& item : *array) out.push_back(canonical(item));
    return Json(std::move(out));
  }
  if (const auto* number = value.if_double(); number != nullptr && std::abs(*number) < 0x1p53 && std::trunc(*number) == *number) {
    return Json(static_cast<std::int64_t>(*number));
  }
  return value;
}

std::size_t leaves(const Json& value) {
  std::size_t sum = 0;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) sum += leaves(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) sum += leaves(item);
  }
  return std::max<std::size_t>(sum, 1);
}

class Comparison {
 public:
  void compare(const Json& asked, const Json& recorded, const std::string& pointer) {
    if (asked.is_object() && recorded.is_object()) {
      objects(asked.get_object(), recorded.get_object(), pointer);
    } else if (asked.is_array() && recorded.is_array()) {
      arrays(asked.get_array(), recorded.get_array(), pointer);
    } else if (canonical_json(asked) != canonical_json(recorded)) {
      found(&asked, &recorded, pointer);
    }
  }
  [[nodiscard]] Difference take() { return std::move(result_); }

 private:
  void objects(const JsonObject& asked, const JsonObject& recorded, const std::string& pointer) {
    for (const auto& [key, value] : asked) {
      const auto* other = recorded.if_contains(key);
      const auto place = pointer_to(pointer, key);
      if (other == nullptr) {
        found(&value, nullptr, place);
      } else {
        compare(value, *other, place);
      }
    }
    for (const auto& [key, value] : recorded) {
      if (!asked.contains(key)) found(nullptr, &value, pointer_to(pointer, key));
    }
  }

  void arrays(const JsonArray& asked, const JsonArray& recorded, const std::string& pointer) {
    for (std::size_t i = 0; i < std::max(asked.size(), recorded.size()); ++i) {
      const auto place = pointer_to(pointer, i);
      if (i < asked.size() && i < recorded.size()) {
        compare(asked[i], recorded[i], place);
      } else {
        found(i < asked.size() ? &asked[i] : nullptr, i < recorded.size() ? &recorded[i] : nullptr, place);
      }
    }
  }

  void found(const Json* asked, const Json* recorded, const std::string& pointer) {
    const bool first = result_.count == 0;
    result_.count += std::max(asked == nullptr ? 0 : leaves(*asked), recorded == nullptr ? 0 : leaves(*recorded));
    if (!first) return;
    result_.pointer = pointer;
    auto left = asked == nullptr ? std::string("nothing") : to_json(*asked);
    auto right = recorded == nullptr ? std::string("nothing") : to_json(*recorded);
    const auto [a, b] = std::ranges::mismatch(left, right);
    const auto same = static_cast<std::size_t>(a - left.begin());
    result_.asked = around(left, same);
    result_.recorded = around(right, same);
  }

  /// The part of a long text where the difference is.
  static std::string around(const std::string& text, std::size_t at) {
    if (text.size() <= shown || at <= before) return shorten(text, shown);
    auto from = at - before;
    while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
    return "…" + shorten(std::string_view(text).substr(from), shown);
  }

  Difference result_;
};

/// NOLINTEND(misc-no-recursion)

}  // namespace

std::string canonical_json(const Json& value) { return to_json(canonical(value)); }

Difference difference(const Json& asked, const Json& recorded) {
  Comparison comparison;
  comparison.compare(asked, recorded, "");
  return comparison.take();
}

}  // namespace skein::model
