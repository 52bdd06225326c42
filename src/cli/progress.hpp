#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "cli/progress_model.hpp"
#include "cli/terminal.hpp"
#include "model/exchange.hpp"
#include "runtime/runtime.hpp"

namespace skein::cli {

enum class ProgressMode : unsigned char {
  live,    ///< one run, painted over and over; only on a terminal
  lines,   ///< a line an event, of any number of runs
  tagged,  ///< as `lines`, each with the run it belongs to
  json     ///< a JSON object an event on standard output
};

/// Shows a run while this process drives it.
class RunView : public runtime::Listener {
 public:
  enum class Ending : unsigned char { ended, interrupted };
  /// Prints what is left. Idempotent.
  virtual void finish(Ending ending) = 0;
  /// Goes on after `finish`, below what was printed meanwhile.
  virtual void go_on() = 0;
};

/// Shows what runs do, on standard error unless as JSON. What is heard on a shard's thread is only queued; a thread of its own folds and
/// prints it.
class Progress final : public RunView {
 public:
  /// `terminal` says what standard error can show; its size is looked up for every picture.
  Progress(ProgressMode mode, Terminal terminal, const Clock& clock);
  ~Progress() override;

  void on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) override;
  void on_lost(RunId run, const Error& why) override;
  void on_breaker(const std::string& breaker, const resilience::BreakerTransition& transition) override;
  [[nodiscard]] bool hears_output() const override { return mode_ == ProgressMode::live; }
  void on_output(const AgentRequest& request, const model::Delta& delta) override;

  void finish(Ending ending) override;
  void go_on() override;

 private:
  struct Heard {
    RunId run;
    workflow::DefinitionPtr definition;
    std::optional<RunProgress> seed;  ///< where the first events heard of the run are not its first
    std::vector<workflow::Event> events;
    std::uint64_t first_seq = 0;
    std::uint64_t kept = 0;  ///< see EventPlace
  };
  struct Lost {
    RunId run;
    std::string why;
  };
  struct Tripped {
    std::string breaker;
    resilience::BreakerTransition transition;
  };
  struct Said {
    RunId run;
    std::string task;
    model::Delta::Kind kind;
    std::string text;
  };
  using News = std::variant<Heard, Lost, Tripped, Said>;

  void work();
  void push(News news);
  void print(const std::vector<News>& news);
  void print_json(const std::vector<News>& news);
  void fold(const std::vector<News>& news);
  void paint_picture(bool last);

  const ProgressMode mode_;
  Terminal terminal_;
  const Clock& clock_;

  std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<News> news_;
  std::optional<Ending> ending_;

  // Of the printing thread.
  std::optional<RunProgress> run_;
  std::vector<Tripped> early_;  ///< breakers heard of before the run
  std::optional<RunId> first_;  ///< the run that was heard of first; in lines, others are named
  std::size_t painted_ = 0;     ///< lines on the screen that belong to the picture
  bool interrupted_ = false;
  std::thread thread_;
};

}  // namespace skein::cli
