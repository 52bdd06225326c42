#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "simulation/world.hpp"

namespace skein::simulation {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t usual_events = 100'000;
#endif
#endif
#if !defined(__has_feature) || !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
constexpr std::uint64_t usual_events = 1'000'000;
#endif

constexpr int steps = 120;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value != nullptr ? std::stoull(value) : otherwise;
}

/// SKEIN_SIMULATION_SEED alone replays that seed; with SKEIN_SIMULATION_EVENTS it is the first of as many as it takes.
struct Extent {
  std::uint64_t first_seed = number_from("SKEIN_SIMULATION_SEED", 1);
  bool only_one = std::getenv("SKEIN_SIMULATION_SEED") != nullptr &&
                  std::getenv("SKEIN_SIMULATION_EVENTS") == nullptr;  // NOLINT(concurrency-mt-unsafe)
  std::uint64_t events = number_from("SKEIN_SIMULATION_EVENTS", usual_events);
};

/// Events of one seed.
std::uint64_t simulate(std::uint64_t seed) {
  World world(seed);
  for (int i = 0; i < steps; ++i) world.step();
  world.drain();
  return world.events();
}

TEST(Simulation, WhateverHappensTheJournalIsTheTruth) {
  const Extent extent;
  std::uint64_t events = 0;
  auto seed = extent.first_seed;
  for (; events < extent.events; ++seed) {
    try {
      events += simulate(seed);
    } catch (const std::exception& problem) {
      FAIL() << "seed " << seed << ": " << problem.what() << "\nreplay it with SKEIN_SIMULATION_SEED=" << seed;
    }
    if (extent.only_one) break;
  }
  RecordProperty("events", std::to_string(events));
  RecordProperty("seeds", std::to_string(seed - extent.first_seed));
}

}  // namespace
}  // namespace skein::simulation
