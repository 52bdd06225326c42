#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "cli/agent_screen.hpp"
#include "cli/progress.hpp"

namespace skein::cli {

/// Shows a run of one agent on a terminal as it works. What is heard on a shard's thread is only queued; a thread of its own prints it.
class AgentView final : public RunView {
 public:
  AgentView(AgentScreen::Options options, const Clock& clock);
  ~AgentView() override;

  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  [[nodiscard]] bool hears_output() const override { return true; }
  void on_output(const AgentRequest& request, const model::Delta& delta) override;

  void finish(Ending ending) override;
  void go_on() override;

  /// After `finish`: whether the answer stands on the screen already, and how often the model answered.
  [[nodiscard]] bool answer_shown() const { return screen_.answer_shown(); }
  [[nodiscard]] std::uint32_t turns() const { return screen_.turns(); }

 private:
  struct Said {
    model::Delta::Kind kind;
    std::string text;
  };
  using News = std::variant<workflow::Event, Said>;

  void push(News news);
  void work();

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<News> news_;
  bool ending_ = false;
  AgentScreen screen_;  ///< of the printing thread
  std::thread thread_;
};

}  // namespace skein::cli
