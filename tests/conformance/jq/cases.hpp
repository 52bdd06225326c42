#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>

namespace skein::conformance {

struct Case {
  std::string_view expression;
  std::string_view results;  ///< what jq 1.6 gives for `document`: the array of the results, or "error"
};

/// What the written cases are evaluated on.
[[nodiscard]] std::string_view document();
/// Written by hand: every operator and function, and the corners that differ between implementations.
[[nodiscard]] std::span<const Case> cases();

/// The document that generated expressions are evaluated on.
[[nodiscard]] std::string_view generated_input();
/// A random expression of the subset, most of the time without type errors. The same seed gives the same expressions everywhere.
[[nodiscard]] std::string generate(std::mt19937& random);

}  // namespace skein::conformance
