#include "base/random.hpp"

#include <bit>

#include <sys/random.h>

namespace skein {
namespace {

std::uint64_t splitmix(std::uint64_t& x) {
  x += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void seed_all(std::uint64_t (&state)[4], std::uint64_t seed) {
  for (auto& s : state) s = splitmix(seed);
}

/// xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018).
std::uint64_t step(std::uint64_t (&s)[4]) {
  const std::uint64_t result = std::rotl(s[1] * 5, 7) * 9;
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

}  // namespace

SystemRandom::SystemRandom() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = reinterpret_cast<std::uintptr_t>(this);
  seed_all(state_, seed);
}
std::uint64_t SystemRandom::next() { return step(state_); }

SeededRandom::SeededRandom(std::uint64_t seed) { seed_all(state_, seed); }
std::uint64_t SeededRandom::next() { return step(state_); }

}  // namespace skein
