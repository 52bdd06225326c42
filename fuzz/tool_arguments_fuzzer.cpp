// Whatever a model gives as arguments, and whatever a stranger's tool declares: the check ends with sentences or with none. Arguments that
// fit what a described struct declares can be read into it, and what was read fits again.
//
// The input is JSON: arguments, or {"schema": …, "arguments": …}.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <skein/describe.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "tool/registry.hpp"

namespace fuzzed {

enum class Order : std::uint8_t { newest, oldest };
SKEIN_DESCRIBE_ENUM(Order, newest, oldest)

struct Inner {
  double from;
  std::optional<std::string> label;
};
SKEIN_DESCRIBE(Inner, (from, "Where", skein::required), (label, "Name"))

struct Arguments {
  std::string query;
  std::int64_t count = 5;
  std::uint8_t small = 0;
  bool exact = false;
  Order order = Order::oldest;
  std::vector<Inner> inner;
  std::vector<std::string> words;
  skein::Json extra;
};
SKEIN_DESCRIBE(Arguments, (query, "What", skein::at_least(1)), (count, "How many", skein::at_most(50)),
               (small, "A byte", skein::has_default, skein::at_most(255)), (exact), (order, "First"), (inner, "Inside", skein::has_default),
               (words, "More", skein::has_default, skein::at_most(3)), (extra, "Anything", skein::has_default))

}  // namespace fuzzed

namespace {

using namespace skein;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_sentences(const std::vector<std::string>& sentences) {
  for (const auto& one : sentences) require(!one.empty() && is_utf8(one));
}

/// An optional member that holds nothing is written as null, which its schema does not allow to say.
void drop_nulls(Json& value) {  // NOLINT(misc-no-recursion): as deep as a JSON text may be
  if (auto* array = value.if_array()) {
    for (auto& item : *array) drop_nulls(item);
  }
  auto* object = value.if_object();
  if (object == nullptr) return;
  for (auto member = object->begin(); member != object->end();) {
    if (member->value().is_null()) {
      member = object->erase(member);
    } else {
      drop_nulls(member->value());
      ++member;
    }
  }
}

void check_described(const Json& arguments) {
  static const tool::Spec spec{.name = "described", .description = "", .parameters = described::schema<fuzzed::Arguments>()};
  const auto wrong = tool::misfits(spec, arguments);
  check_sentences(wrong);
  fuzzed::Arguments read;
  const auto done = described::read(read, arguments);
  if (!done) require(!done.error().message.empty());
  if (!wrong.empty()) return;
  // An integer that no 64-bit integer holds fits the schema.
  if (!done) return require(done.error().message.contains("'count' must be an integer"));
  read.extra = nullptr;
  auto written = described::write(read);
  drop_nulls(written);
  require(tool::misfits(spec, written).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = parse_json({reinterpret_cast<const char*>(data), size});
  if (!input) return 0;
  check_described(*input);
  const auto* schema = at_pointer(*input, "/schema");
  const auto* arguments = at_pointer(*input, "/arguments");
  if (schema == nullptr || arguments == nullptr) return 0;
  check_sentences(tool::misfits({.name = "strange", .description = "", .parameters = *schema}, *arguments));
  return 0;
}
