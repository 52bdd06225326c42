#pragma once

#include <cstdint>

namespace skein {

/// Randomness as an input: ids and jitter. Implementations need not be thread-safe; give each thread its own.
class Random {
 public:
  virtual ~Random() = default;
  /// 64 uniformly distributed bits.
  [[nodiscard]] virtual std::uint64_t next() = 0;
  /// Uniform in [0, 1).
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

/// xoshiro256** seeded from the operating system; not for secrets.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  [[nodiscard]] std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

/// The same sequence for the same seed, on every machine; for tests and simulation.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  [[nodiscard]] std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

}  // namespace skein
