#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "cli/output.hpp"
#include "runtime/runtime.hpp"

namespace skein::cli {

/// Shows a turn of a conversation as it happens: the answer as it comes on standard output, the calls of tools on standard error. What is
/// heard on a shard's thread is only queued; whoever waits for the turn prints it.
class ChatView final : public runtime::Listener {
 public:
  struct Options {
    bool stream = false;  ///< answers as they come; else they are for the caller to print
    bool calls = true;    ///< what tools are called, and what they bring
  };
  ChatView(Output& output, Options options) : output_(output), options_(options) {}

  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  [[nodiscard]] bool hears_output() const override { return options_.stream; }
  void on_output(const AgentRequest& request, const model::Delta& delta) override;

  /// A turn begins; what is still told of others is not shown.
  void begin(RunId run);
  /// Prints what was heard, and waits for more for up to that long.
  void print_for(milliseconds time);
  /// Prints what is left and ends the line. True where `answer` stands on the screen already.
  [[nodiscard]] bool finish(std::string_view answer);

 private:
  struct Call {
    std::string text;  ///< empty: a model is asked
  };
  using News = std::variant<Call, std::string>;
  void print(const std::vector<News>& news);
  void end_line();

  Output& output_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<News> news_;
  RunId run_;
  std::string run_text_;

  // Of the thread that prints.
  std::string said_;         ///< since the model was asked last
  bool line_open_ = false;
};

}  // namespace skein::cli
