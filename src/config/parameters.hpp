#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/describe.hpp"
#include "base/json.hpp"

namespace skein::config {

/// What the parameters of an included file stand for. A value may be a template, which means what it means where it lands.
using Arguments = std::map<std::string, Json, std::less<>>;

/// Puts arguments in the place of `parameters.NAME` in every expression below a value:
///   - `"{{ parameters.n }}"` becomes the value itself, whatever its type;
///   - with text around it, its text: strings as they are, everything else as JSON;
///   - inside a larger expression, an expression that gives the value.
class Substitution {
 public:
  /// `bytes` is lowered by what is written; where it does not suffice `too_large` is set and nothing more is done.
  Substitution(const Arguments& arguments, std::size_t& bytes, describe::Problems& problems)
      : arguments_(arguments), bytes_(bytes), problems_(problems) {}

  void apply(Json& value, const describe::Path& at);
  [[nodiscard]] bool too_large() const { return too_large_; }

 private:
  void apply_text(Json& value, const describe::Path& at);
  [[nodiscard]] const Json* find(std::string_view name, std::size_t offset, const describe::Path& at);
  [[nodiscard]] bool pay(std::size_t bytes);

  const Arguments& arguments_;
  std::size_t& bytes_;
  describe::Problems& problems_;
  bool too_large_ = false;
};

/// What is said of a file that needs a parameter, and of one that has none of that name.
[[nodiscard]] std::string needs_parameter(std::string_view file, std::string_view name, const Json& schema);
[[nodiscard]] std::string has_no_parameter(std::string_view file, std::string_view name, std::span<const std::string_view> names);

/// An expression that gives what a template gives: `a {{ b }}` is `"a \((b))"`.
[[nodiscard]] std::string as_expression(const Json& source);

}  // namespace skein::config
