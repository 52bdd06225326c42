#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "workflow/event.hpp"

namespace skein::cli {

/// When each task of a run did what: a fold over its events.
class Gantt {
 public:
  explicit Gantt(const workflow::Definition& definition);
  void apply(const workflow::Event& event);

  /// A line a task that began, and a time axis; `now` ends what has not ended.
  [[nodiscard]] std::vector<std::string> lines(std::size_t width, bool utf8, bool color, Instant now) const;

 private:
  enum class Kind : std::uint8_t { works, fails, waits };
  struct Span {
    Instant begin{};
    Instant end{};                     ///< the beginning, while it is open
    Kind kind = Kind::works;
    bool open = true;
  };
  struct Row {
    std::string name;
    std::vector<Span> spans;
    std::uint32_t rounds = 0;
    std::uint32_t items = 0;
  };
  void open(Row& row, Instant at, Kind kind);
  void close(Row& row, Instant at);
  [[nodiscard]] std::string label_of(const Row& row) const;

  std::vector<Row> rows_;              ///< by task
  Instant begin_{};
  std::optional<Instant> end_;
};

}  // namespace skein::cli
