#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/log.hpp"
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

/// Events of one seed.
std::uint64_t simulate(std::uint64_t seed) {
  World world(seed);
  for (int i = 0; i < steps; ++i) world.step();
  world.drain();
  return world.events();
}

TEST(Simulation, WhateverHappensTheJournalIsTheTruth) {
  log::configure(log::Level::error, log::Format::text);
  const auto only = number_from("SKEIN_SIMULATION_SEED", 0);
  const auto wanted = number_from("SKEIN_SIMULATION_EVENTS", usual_events);
  std::uint64_t events = 0;
  std::uint64_t seed = only == 0 ? 1 : only;
  for (; events < wanted; ++seed) {
    try {
      events += simulate(seed);
    } catch (const std::exception& problem) {
      FAIL() << "seed " << seed << ": " << problem.what() << "\nreplay it with SKEIN_SIMULATION_SEED=" << seed;
    }
    if (only != 0) break;
  }
  RecordProperty("events", std::to_string(events));
  RecordProperty("seeds", std::to_string(seed));
}

}  // namespace
}  // namespace skein::simulation
