#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/value.hpp>

#include "workflow/expression/expression.hpp"

namespace skein::workflow::expression {

/// Why an evaluation stopped. Only `value` failures are caught by `?`: a limit or an unknown name is never silenced.
struct Failure {
  enum class Kind : unsigned char { value, fatal };
  Kind kind = Kind::value;
  Error error;
};

[[nodiscard]] std::unexpected<Failure> refuse(std::string message);

/// The values of one evaluation cost steps and bytes; both are bounded. Not shared between threads.
class Meter {
 public:
  explicit Meter(const ExpressionLimits& limits) : limits_(limits) {}
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  /// Whether `n` more steps are allowed. Once false, always false.
  [[nodiscard]] bool spend(std::size_t n = 1) {
    exhausted_ = exhausted_ || n > limits_.max_steps - steps_;
    if (exhausted_) return false;
    steps_ += n;
    return true;
  }
  /// Whether `n` more bytes may be alive; counts them if so. Costs steps too: what is copied takes time.
  [[nodiscard]] bool take(std::size_t n);
  void release(std::size_t n) { bytes_ -= n; }
  /// Whether another `n` bytes would fit, without taking them.
  [[nodiscard]] bool fits(std::size_t n) const { return n <= limits_.max_bytes - bytes_; }
  [[nodiscard]] std::size_t steps() const { return steps_; }
  /// Which limit was passed, as an error for people.
  [[nodiscard]] Failure failure() const;
  [[nodiscard]] std::unexpected<Failure> refusal() const { return std::unexpected(failure()); }

 private:
  ExpressionLimits limits_;
  std::size_t steps_ = 0;
  std::size_t bytes_ = 0;
  bool exhausted_ = false;
};

/// Bytes of a meter, given back on destruction.
class Charge {
 public:
  explicit Charge(Meter& meter) : meter_(&meter) {}
  Charge(Charge&& other) noexcept : meter_(other.meter_), bytes_(std::exchange(other.bytes_, 0)) {}
  Charge& operator=(Charge&&) = delete;
  ~Charge() { meter_->release(bytes_); }

  [[nodiscard]] Meter& meter() const { return *meter_; }
  [[nodiscard]] bool add(std::size_t n) {
    if (!meter_->take(n)) return false;
    bytes_ += n;
    return true;
  }

 private:
  Meter* meter_;
  std::size_t bytes_ = 0;
};

/// The rough size of a value, and how deep it nests (a scalar: 0).
struct Measure {
  std::size_t bytes = 0;
  std::size_t depth = 0;
};
[[nodiscard]] Measure measure(const Json& value);

/// Rough cost of a string of `n` bytes, of a member beside its value.
[[nodiscard]] constexpr std::size_t string_bytes(std::size_t n) { return sizeof(Json) + n; }
[[nodiscard]] constexpr std::size_t member_bytes(std::size_t key) { return 24 + key; }

}  // namespace skein::workflow::expression
