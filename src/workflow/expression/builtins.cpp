#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "workflow/expression/builtin.hpp"

namespace skein::workflow::expression {
namespace {

const std::vector<Builtin>& table() {
  static const auto all = [] {
    std::vector<Builtin> list;
    for (auto&& theme :
         {array_builtins(), object_builtins(), string_builtins(), scalar_builtins(), stream_builtins(), ordering_builtins()}) {
      list.insert(list.end(), theme.begin(), theme.end());
    }
    std::ranges::sort(list, {}, [](const Builtin& b) { return std::pair(b.name, b.parameters.size()); });
    return list;
  }();
  return all;
}

constexpr std::string_view clock =
    "a workflow must decide the same way when it is replayed; pass the time in as an input or a task's result";
constexpr std::string_view outside = "expressions read only names, such as inputs.name or a task's result";
constexpr std::string_view unbounded =
    "expressions always end, so there are no definitions, loops or recursion; use map, select, range or several tasks";
constexpr std::string_view plain = "docs/expressions.md lists what is";
constexpr std::string_view patterns = "of regular expressions there is only test";

struct Refusal {
  std::string_view names;  ///< separated by spaces, with a space at both ends
  std::string_view why;
  bool bare;               ///< known to jq without arguments (or a keyword), so that the bare name means this
};

constexpr std::array<Refusal, 7> refusals{{
    {" now localtime gmtime ", clock, true},
    {" strflocaltime ", clock, false},
    {" input debug stderr input_filename input_line_number halt halt_error env get_search_list __loc__ ", outside, true},
    {" def reduce foreach label import include recurse recurse_down repeat while until walk ", unbounded, true},
    {" match capture scan sub gsub splits ", patterns, false},
    {" try catch break paths leaf_paths tostream transpose combinations explode implode mktime todate fromdate date dateadd datesub "
     "fromdateiso8601 todateiso8601 ascii nan infinite isinfinite isnan isnormal finites normals builtins modulemeta significand gamma "
     "lgamma "
     "tgamma lgamma_r frexp modf logb exp exp2 exp10 log log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh cbrt trunc "
     "rint "
     "nearbyint expm1 log1p toarray ",
     plain, true},
    {" fromstream truncate_stream strptime strftime isvalid getpath setpath delpaths path pick pow ldexp scalb scalbln INDEX IN "
     "GROUP_BY UNIQUE_BY skip ",
     plain, false},
}};

const Refusal* find_refusal(std::string_view name) {
  std::string padded = " ";
  padded += name;
  padded += ' ';
  const auto found = std::ranges::find_if(refusals, [&](const Refusal& r) { return r.names.find(padded) != std::string_view::npos; });
  return found == refusals.end() ? nullptr : &*found;
}

}  // namespace

const Builtin* find_builtin(std::string_view name, std::size_t arity) {
  const auto key = std::pair(name, arity);
  const auto found = std::ranges::lower_bound(table(), key, {}, [](const Builtin& b) { return std::pair(b.name, b.parameters.size()); });
  return found != table().end() && found->name == name && found->parameters.size() == arity ? &*found : nullptr;
}

std::vector<std::size_t> arities(std::string_view name) {
  std::vector<std::size_t> counts;
  for (const auto& builtin : std::ranges::equal_range(table(), name, {}, &Builtin::name)) counts.push_back(builtin.parameters.size());
  return counts;
}

std::span<const std::string_view> builtin_names() {
  static const auto names = [] {
    std::vector<std::string_view> list;
    for (const auto& builtin : table()) list.push_back(builtin.name);
    list.erase(std::ranges::unique(list).begin(), list.end());
    return list;
  }();
  return names;
}

std::string_view refusal_of(std::string_view name) {
  const auto* refusal = find_refusal(name);
  return refusal == nullptr ? std::string_view{} : refusal->why;
}

bool is_reserved(std::string_view name) {
  const auto* refusal = find_refusal(name);
  return find_builtin(name, 0) != nullptr || (refusal != nullptr && refusal->bare);
}

}  // namespace skein::workflow::expression
