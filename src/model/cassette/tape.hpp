#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/cassette/cassette.hpp"

namespace skein::model {

/// Plays a cassette: gives each request what was recorded for an equal one, in the recorded order, each once. Safe from any thread.
class Tape {
 public:
  explicit Tape(Cassette cassette);
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  [[nodiscard]] const Cassette& cassette() const { return cassette_; }
  /// Errors (not_found): nothing equal was recorded; the message shows the nearest request and the first difference. Or all of it is used.
  [[nodiscard]] Result<const RecordedAnswer*> next(const RecordedRequest& request);
  /// The cassette's model of that name, or its first where `name` is empty.
  [[nodiscard]] Result<const RecordedModel*> model(std::string_view name) const;

 private:
  struct Equal {
    std::vector<std::size_t> exchanges;
    std::size_t used = 0;
  };

  [[nodiscard]] std::string miss(const RecordedRequest& request) const;
  [[nodiscard]] std::string used_up(const RecordedRequest& request, const Equal& equal) const;

  Cassette cassette_;
  std::mutex mutex_;
  std::map<std::string, Equal> by_request_;
};

}  // namespace skein::model
