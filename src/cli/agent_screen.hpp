#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "cli/screen_text.hpp"
#include "cli/terminal.hpp"
#include "model/exchange.hpp"
#include "workflow/event.hpp"

namespace skein::cli {

/// What is shown of one agent at work: what it says as it comes, its tool calls, and while nothing comes a line that moves. Pure: events
/// and pieces of answers in, text for the two standard streams out. Both go to one screen, in this order.
class AgentScreen {
 public:
  struct Options {
    bool stream_answer = true;  ///< what the model says goes to standard output as it comes; else only the line that moves shows it
    bool moving_line = false;   ///< standard error is a terminal, so that a line can be painted over
    bool color = false;
    bool utf8 = true;
    std::size_t width = 80;
  };
  explicit AgentScreen(Options options) : options_(options) {}

  struct Writing {
    bool answer = false;  ///< for standard output, else for standard error
    std::string text;
  };
  using Writings = std::vector<Writing>;

  [[nodiscard]] Writings apply(const workflow::Event& event);
  [[nodiscard]] Writings hear(model::Delta::Kind kind, std::string_view text);
  /// The line that moves, as of now.
  [[nodiscard]] Writings paint(Instant now);
  /// Takes the line away and ends what was begun.
  [[nodiscard]] Writings finish();

  /// Whether the last answer of the model has been shown as it came.
  [[nodiscard]] bool answer_shown() const { return options_.stream_answer && said_something_; }
  [[nodiscard]] std::uint32_t turns() const { return turns_; }

 private:
  void note(Writings& out, std::string_view sign, Style style, std::string_view text, Style text_style);
  void say(Writings& out, std::string_view text);
  void clear(Writings& out);
  void end_line(Writings& out);

  Options options_;
  bool line_painted_ = false;
  bool at_line_start_ = true;
  bool said_something_ = false;  ///< in the call of the model that was begun last
  std::uint32_t turns_ = 0;
  std::string busy_;             ///< what is waited for; empty: nothing
  Instant busy_since_{};
  std::string thought_;          ///< the end of what the model thinks
  std::map<std::uint32_t, std::string> tools_;  ///< open calls
};

}  // namespace skein::cli
