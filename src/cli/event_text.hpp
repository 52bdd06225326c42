#pragma once

#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "base/uuid.hpp"
#include "cli/screen_text.hpp"
#include "workflow/event.hpp"

namespace skein::cli {

struct EventText {
  std::string subject;  ///< the task, or "run"
  std::string text;     ///< "started (attempt 1)"
  Style style = Style::plain;
};

/// Where an event stands in its run's journal.
struct EventPlace {
  std::uint64_t seq = 0;   ///< from 1; 0: not known
  std::uint64_t kept = 0;  ///< events of another run that this one keeps, right after its first
};

/// An event in words, on one line.
[[nodiscard]] EventText describe(const workflow::Event& event, EventPlace place, const workflow::Definition& definition);
/// "12:00:01 fetch  started (attempt 1)", the subject padded to a common width.
[[nodiscard]] Line event_line(const workflow::Event& event, EventPlace place, const workflow::Definition& definition);

/// {"run_id", "seq", "type", "at", …}: an event as programs read it, one object a line.
[[nodiscard]] Json event_document(RunId run, std::uint64_t seq, const workflow::Event& event, const workflow::Definition& definition);

}  // namespace skein::cli
