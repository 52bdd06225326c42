#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace skein::store::conformance {

/// One kind of store under test: a place that several owners open, as several processes would.
class Place {
 public:
  virtual ~Place() = default;
  /// A new owner of the same data.
  [[nodiscard]] virtual std::unique_ptr<RunStore> open() = 0;
};

/// What the suite is run with; `name` becomes part of the tests' names.
struct Subject {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};

/// Every implementation, in memory and on disk.
[[nodiscard]] std::vector<Subject> subjects();

}  // namespace skein::store::conformance
