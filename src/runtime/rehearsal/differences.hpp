#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/rehearsal/rehearsal.hpp"

namespace skein::runtime {

/// What a rehearsed run did with one task.
struct Played {
  std::uint32_t attempts = 0;
  JsonPtr parameters;       ///< of the latest call; null where there was none
};
using PlayedTasks = std::map<config::TaskPath, Played>;
/// The latest run that each task of kind `workflow` began; under the empty path that of the case.
using Reports = std::map<config::TaskPath, RunReport>;

/// Where `got` is not as `expected` says: an object must have the members that are listed and may have others, a list has the same length,
/// numbers are equal by value.
void compare(const std::string& path, const Json& expected, const Json& got, std::vector<Difference>& out);

/// Everything in which a run is not as its case expects.
[[nodiscard]] std::vector<Difference> differences(const workflow::Definition& definition, const config::TestCase& test,
                                                  const Reports& reports, const PlayedTasks& played);

}  // namespace skein::runtime
