#include "tool/builtin/arithmetic.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::tool {
namespace {

constexpr int deepest = 100;
constexpr std::size_t most_arguments = 100;
constexpr double exact_doubles = 9007199254740992.0;  // 2^53: up to here every integer is a double of its own

/// Integers stay exact until one does not fit 64 bits.
using Number = std::variant<std::int64_t, double>;

double real(const Number& n) {
  return std::holds_alternative<double>(n) ? std::get<double>(n) : static_cast<double>(std::get<std::int64_t>(n));
}
const std::int64_t* integer(const Number& n) { return std::get_if<std::int64_t>(&n); }

/// An integer where `d` is one and exact.
Number settled(double d) {
  if (std::abs(d) <= exact_doubles && std::trunc(d) == d) return static_cast<std::int64_t>(d);
  return d;
}

std::optional<std::int64_t> exact_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return std::nullopt;
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  std::int64_t out = 1;
  for (std::int64_t i = 0; i < exponent; ++i) {  // at most 63 turns: every one at least doubles
    if (__builtin_mul_overflow(out, base, &out)) return std::nullopt;
  }
  return out;
}

Number power(const Number& base, const Number& exponent) {
  if (integer(base) != nullptr && integer(exponent) != nullptr) {
    if (const auto exact = exact_power(*integer(base), *integer(exponent))) return *exact;
  }
  return std::pow(real(base), real(exponent));
}

using Arguments = std::vector<Number>;

struct Function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  Number (*call)(const Arguments&);
};

template <double (*function)(double)>
Number of_real(const Arguments& a) {
  return function(real(a[0]));
}
template <double (*function)(double)>
Number to_integer(const Arguments& a) {
  return integer(a[0]) != nullptr ? a[0] : settled(function(real(a[0])));
}

Number absolute(const Arguments& a) {
  if (const auto* n = integer(a[0]); n != nullptr && *n != INT64_MIN) return *n < 0 ? -*n : *n;
  return std::abs(real(a[0]));
}

Number rounded(const Arguments& a) {
  if (integer(a[0]) != nullptr && (a.size() == 1 || real(a[1]) >= 0)) return a[0];
  if (a.size() == 1) return settled(std::round(real(a[0])));
  const double scale = std::pow(10.0, std::clamp(std::trunc(real(a[1])), -300.0, 300.0));
  const double scaled = real(a[0]) * scale;
  return std::isfinite(scaled) ? std::round(scaled) / scale : real(a[0]);
}

Number logarithm(const Arguments& a) { return a.size() == 1 ? std::log(real(a[0])) : std::log(real(a[0])) / std::log(real(a[1])); }

bool less(const Number& a, const Number& b) {
  return integer(a) != nullptr && integer(b) != nullptr ? *integer(a) < *integer(b) : real(a) < real(b);
}
Number least(const Arguments& a) { return *std::ranges::min_element(a, less); }
Number greatest(const Arguments& a) { return *std::ranges::max_element(a, less); }

constexpr std::array<Function, 16> functions{{
    {"abs", 1, 1, absolute},
    {"ceil", 1, 1, to_integer<std::ceil>},
    {"cos", 1, 1, of_real<std::cos>},
    {"exp", 1, 1, of_real<std::exp>},
    {"floor", 1, 1, to_integer<std::floor>},
    {"ln", 1, 1, of_real<std::log>},
    {"log", 1, 2, logarithm},
    {"log10", 1, 1, of_real<std::log10>},
    {"log2", 1, 1, of_real<std::log2>},
    {"max", 1, most_arguments, greatest},
    {"min", 1, most_arguments, least},
    {"pow", 2, 2, [](const Arguments& a) { return power(a[0], a[1]); }},
    {"round", 1, 2, rounded},
    {"sin", 1, 1, of_real<std::sin>},
    {"sqrt", 1, 1, of_real<std::sqrt>},
    {"tan", 1, 1, of_real<std::tan>},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Computes while it reads. After an error every function returns at once.
class Evaluator {
 public:
  explicit Evaluator(std::string_view text) : text_(text) {}

  Result<Number> run() {
    const auto value = sum();
    if (!error_ && !at_end()) give_up(fmt::format("expected an operator or the end, got {}", here()));
    if (error_) return std::unexpected(*error_);
    return value;
  }

 private:
  Number sum() {  // NOLINT(misc-no-recursion): `deepest` bounds it
    Number left = product();
    while (!error_) {
      const auto at = skip();
      if (take("+")) {
        left = apply(at, '+', left, product());
      } else if (take("-")) {
        left = apply(at, '-', left, product());
      } else {
        break;
      }
    }
    return left;
  }

  Number product() {  // NOLINT(misc-no-recursion)
    Number left = sign();
    while (!error_) {
      const auto at = skip();
      if (take("*")) {
        left = apply(at, '*', left, sign());
      } else if (take("/")) {
        left = apply(at, '/', left, sign());
      } else if (take("%")) {
        left = apply(at, '%', left, sign());
      } else {
        break;
      }
    }
    return left;
  }

  Number sign() {  // NOLINT(misc-no-recursion)
    bool negative = false;
    for (;; ++at_) {
      skip();
      if (next() == '-') {
        negative = !negative;
      } else if (next() != '+') {
        break;
      }
    }
    const auto at = at_;
    const Number value = raised();
    return negative ? apply(at, '-', std::int64_t{0}, value) : value;
  }

  Number raised() {  // NOLINT(misc-no-recursion)
    if (++depth_ > deepest) {
      give_up(fmt::format("more than {} levels of parentheses and powers; split the calculation", deepest));
      return std::int64_t{0};
    }
    Number base = atom();
    const auto at = skip();
    if (!error_ && (take("**") || take("^"))) base = apply(at, '^', base, sign());
    --depth_;
    return base;
  }

  Number atom() {  // NOLINT(misc-no-recursion)
    skip();
    if (is_digit(next()) || next() == '.') return number();
    if (is_letter(next())) return name();
    if (take("(")) {
      const auto inner = sum();
      close();
      return inner;
    }
    give_up(fmt::format("expected a number, got {}", here()));
    return std::int64_t{0};
  }

  Number number() {
    const auto* const begin = text_.data() + at_;
    const auto* const end = text_.data() + text_.size();
    std::int64_t whole = 0;
    const auto as_integer = std::from_chars(begin, end, whole);
    double d = 0;
    const auto as_real = std::from_chars(begin, end, d);
    if (as_integer.ec == std::errc{} && as_integer.ptr == as_real.ptr) {
      at_ += static_cast<std::size_t>(as_integer.ptr - begin);
      return whole;
    }
    if (as_real.ec != std::errc{}) {
      give_up(as_real.ec == std::errc::result_out_of_range ? "the number is too large or too small for a double"
                                                           : fmt::format("expected a number, got {}", here()));
      return std::int64_t{0};
    }
    at_ += static_cast<std::size_t>(as_real.ptr - begin);
    return d;
  }

  Number name() {  // NOLINT(misc-no-recursion)
    const auto at = at_;
    auto end = at_;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
    const auto word = to_lower(text_.substr(at_, end - at_));
    const auto* const function = std::ranges::find(functions, word, &Function::name);
    if (function == functions.end()) {
      if (word == "pi" || word == "e") {
        at_ = end;
        return word == "pi" ? std::numbers::pi : std::numbers::e;
      }
      std::vector<std::string> known{"pi", "e"};
      for (const auto& one : functions) known.emplace_back(one.name);
      give_up(fmt::format("'{}' is unknown; known are {}", shorten(word, 40), list_of(known)));
      return std::int64_t{0};
    }
    at_ = end;
    skip();
    if (!take("(")) {
      give_up(fmt::format("expected '(' after {}, got {}", function->name, here()));
      return std::int64_t{0};
    }
    Arguments arguments;
    do {
      arguments.push_back(sum());
      skip();
    } while (!error_ && take(","));
    close();
    if (error_) return std::int64_t{0};
    if (arguments.size() < function->least || arguments.size() > function->most) {
      at_ = at;
      give_up(fmt::format("{} takes {}, got {}", function->name, counted(*function), arguments.size()));
      return std::int64_t{0};
    }
    return checked(at, function->call(arguments), function->name);
  }

  static std::string counted(const Function& function) {
    if (function.least == function.most) return function.most == 1 ? "1 value" : fmt::format("{} values", function.most);
    return fmt::format("{} to {} values", function.least, function.most);
  }

  Number apply(std::size_t at, char operation, const Number& left, const Number& right) {
    if (error_) return std::int64_t{0};
    if (real(right) == 0 && (operation == '/' || operation == '%')) {
      at_ = at;
      give_up("division by zero");
      return std::int64_t{0};
    }
    return checked(at, computed(operation, left, right), std::string_view(&operation, 1));
  }

  static Number computed(char operation, const Number& left, const Number& right) {
    const auto* const a = integer(left);
    const auto* const b = integer(right);
    std::int64_t exact = 0;
    if (a != nullptr && b != nullptr) {
      const bool edge = *a == INT64_MIN && *b == -1;  // the one quotient that does not fit
      switch (operation) {
        case '+':
          if (!__builtin_add_overflow(*a, *b, &exact)) return exact;
          break;
        case '-':
          if (!__builtin_sub_overflow(*a, *b, &exact)) return exact;
          break;
        case '*':
          if (!__builtin_mul_overflow(*a, *b, &exact)) return exact;
          break;
        case '/':
          if (!edge && *a % *b == 0) return *a / *b;
          break;
        case '%': return edge ? std::int64_t{0} : *a % *b;
        default: break;
      }
    }
    switch (operation) {
      case '+': return real(left) + real(right);
      case '-': return real(left) - real(right);
      case '*': return real(left) * real(right);
      case '/': return real(left) / real(right);
      case '%': return std::fmod(real(left), real(right));
      default: return power(left, right);
    }
  }

  Number checked(std::size_t at, Number value, std::string_view what) {
    const double d = real(value);
    if (std::isfinite(d)) return value;
    at_ = at;
    give_up(std::isnan(d) ? fmt::format("'{}' has no real value here", what)
                          : fmt::format("the result of '{}' is infinite or too large", what));
    return std::int64_t{0};
  }

  void close() {
    skip();
    if (!error_ && !take(")")) give_up(fmt::format("expected ')', got {}", here()));
  }

  /// Past white space; where that is.
  std::size_t skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
    return at_;
  }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char next() const { return at_end() ? '\0' : text_[at_]; }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  [[nodiscard]] std::string here() const { return at_end() ? "the end" : fmt::format("'{}'", shorten(text_.substr(at_), 20)); }

  /// Keeps the first error.
  void give_up(const std::string& what) {
    if (error_) return;
    error_ = Error{.code = ErrorCode::invalid_argument, .message = fmt::format("at character {}: {}", at_ + 1, what)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::optional<Error> error_;
};

/// As people write it: 0.1 + 0.2 is 0.3.
double shown(double d) {
  if (std::abs(d) >= 1e15) return d;
  const auto text = fmt::format("{:.15g}", d);
  double out = d;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

Result<Json> calculate(std::string_view text) {
  if (text.size() > longest_arithmetic) {
    return fail(ErrorCode::too_large,
                fmt::format("the expression has {} bytes, at most {} are allowed; split the calculation", text.size(), longest_arithmetic));
  }
  if (trim(text).empty()) return fail(ErrorCode::invalid_argument, "the expression is empty; write one, such as (2 + 3) * 4");
  const auto value = Evaluator(text).run();
  if (!value) return std::unexpected(value.error());
  const auto out = integer(*value) != nullptr ? *value : settled(shown(real(*value)));
  return integer(out) != nullptr ? Json(*integer(out)) : Json(real(out));
}

}  // namespace skein::tool
