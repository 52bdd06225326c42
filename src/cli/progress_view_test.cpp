#include "cli/progress_view.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/event_text.hpp"
#include "cli/values.hpp"

namespace skein::cli {
namespace {

using namespace std::chrono_literals;
using workflow::Attempt;

const Instant start{seconds{1'700'000'000}};

/// fetch and parse have no needs; join needs both, pause needs join.
workflow::Definition definition() {
  workflow::Definition out;
  out.name = "report";
  for (const char* name : {"fetch", "parse", "join", "pause"}) {
    workflow::TaskDefinition task;
    task.name = name;
    out.tasks.push_back(std::move(task));
  }
  out.tasks[2].depends_on = {0, 1};
  out.tasks[3].depends_on = {2};
  return out;
}

struct Watch {
  workflow::Definition flow = definition();
  RunProgress run{RunId{}, flow};
  ViewOptions options{.width = 100, .height = 0, .utf8 = true, .interrupted = false};

  Watch() { tell(0ms, workflow::RunCreated{}); }
  void tell(microseconds at, workflow::EventBody body) { run.apply({.at = start + at, .body = std::move(body)}); }
  void begin(std::uint32_t task, microseconds at, std::uint32_t attempt = 1) {
    tell(at, workflow::AttemptStarted{.attempt = {.task = task, .activation = 1, .attempt = attempt}, .wake_at = {}});
  }
  void complete(std::uint32_t task, microseconds at) {
    tell(at, workflow::TaskCompleted{.attempt = {.task = task}, .result = {}, .metadata = {}, .duration = at});
  }
  std::vector<std::string> lines(microseconds now) const {
    std::vector<std::string> out;
    for (const auto& line : render(run, options, start + now)) out.push_back(line.plain());
    return out;
  }
  std::string line_of(const std::string& task, microseconds now) const {
    const auto all = lines(now);
    const auto it = std::find_if(all.begin(), all.end(), [&](const auto& line) { return line.find(" " + task) != std::string::npos; });
    return it == all.end() ? std::string() : *it;
  }
};

Error unavailable() {
  return {.code = ErrorCode::http_status, .message = "the service answered 503", .context = {}, .retryable = true, .retry_after = {}};
}

TEST(ProgressView, SaysWhatIsRunningAndWhatTheRestWaitsFor) {
  Watch watch;
  watch.begin(0, 0ms);
  watch.begin(1, 0ms);
  watch.complete(1, 300ms);
  EXPECT_EQ(watch.lines(1200ms)[0].substr(3), " report  running  1/4 tasks  1.2s  00000000-0000");
  EXPECT_EQ(watch.line_of("fetch", 1200ms).substr(5), " fetch     1.2s");
  EXPECT_EQ(watch.line_of("parse", 1200ms), "  ✓ parse     0.3s");
  EXPECT_EQ(watch.line_of("join", 1200ms), "  · join            needs fetch");
  EXPECT_EQ(watch.line_of("pause", 1200ms), "  · pause           needs join");
}

TEST(ProgressView, CountsDownToARetryAndSaysWhy) {
  Watch watch;
  watch.begin(0, 0ms);
  watch.tell(500ms, workflow::AttemptFailed{.attempt = {.task = 0}, .error = unavailable(), .duration = 500ms, .retry_at = start + 2600ms});
  EXPECT_EQ(watch.line_of("fetch", 500ms), "  ↻ fetch           retry in 2.1s  the service answered 503");
  EXPECT_EQ(watch.line_of("fetch", 9000ms), "  ↻ fetch           retry in 0.0s  the service answered 503");
  watch.begin(0, 2600ms, 2);
  EXPECT_EQ(watch.line_of("fetch", 3600ms).substr(5), " fetch     3.6s  attempt 2");
  EXPECT_NE(watch.lines(3600ms)[0].find("1 retry"), std::string::npos);
}

TEST(ProgressView, SaysUntilWhenATaskWaits) {
  Watch watch;
  watch.tell(0ms, workflow::AttemptStarted{.attempt = {.task = 3}, .wake_at = start + 3500ms});
  EXPECT_EQ(watch.line_of("pause", 1000ms), "  ◷ pause           waiting until " + clock_time(start + 3500ms) + " (2.5s)");
}

TEST(ProgressView, ShowsFailuresSkipsAndTheEnd) {
  Watch watch;
  watch.begin(0, 0ms);
  watch.tell(400ms, workflow::TaskFailed{.attempt = {.task = 0}, .error = unavailable(), .duration = 400ms});
  watch.tell(400ms, workflow::TaskSkipped{.task = 2, .reason = "it needs 'fetch', which failed"});
  watch.tell(400ms, workflow::TaskCancelled{.task = 1});
  watch.tell(500ms, workflow::RunFinished{.status = RunStatus::failed, .error = "task 'fetch' failed", .outputs = {}});
  EXPECT_EQ(watch.lines(99s)[0], "✗ report  failed  3/4 tasks  0.5s  00000000-0000");
  EXPECT_EQ(watch.line_of("fetch", 99s), "  ✗ fetch     0.4s  the service answered 503");
  EXPECT_EQ(watch.line_of("join", 99s), "  ↷ join            it needs 'fetch', which failed");
  EXPECT_EQ(watch.line_of("parse", 99s), "  ⊘ parse           cancelled");
}

TEST(ProgressView, AnInterruptedRunSaysWhatWillBeRepeated) {
  Watch watch;
  watch.begin(0, 0ms);
  watch.options.interrupted = true;
  EXPECT_EQ(watch.line_of("fetch", 1s), "  · fetch           in flight; repeated on resume");
  EXPECT_EQ(watch.line_of("pause", 1s), "  · pause           not started");
}

TEST(ProgressView, FoldsEndedTasksFirstThenThoseToCome) {
  Watch watch;
  watch.flow = {};
  watch.flow.name = "wide";
  for (int i = 0; i < 50; ++i) {
    workflow::TaskDefinition task;
    task.name = "task" + std::to_string(i);
    watch.flow.tasks.push_back(std::move(task));
  }
  watch.run = RunProgress(RunId{}, watch.flow);
  for (std::uint32_t i = 0; i < 20; ++i) watch.begin(i, 0ms), watch.complete(i, 100ms);
  for (std::uint32_t i = 20; i < 25; ++i) watch.begin(i, 100ms);
  watch.options.height = 12;
  const auto lines = watch.lines(1s);
  ASSERT_EQ(lines.size(), 12U);
  EXPECT_EQ(lines[2], "  ✓ 20 tasks have ended");
  EXPECT_NE(lines[3].find("task20"), std::string::npos);
  EXPECT_EQ(lines.back(), "  · 22 more to come");
  for (std::size_t height = 1; height < 60; ++height) {
    watch.options.height = height;
    EXPECT_LE(watch.lines(1s).size(), height);
  }
}

TEST(ProgressView, AnOpenBreakerIsVisibleUntilItCloses) {
  Watch watch;
  watch.run.apply("report/geo", resilience::BreakerTransition{.to = resilience::BreakerPhase::open, .at = start});
  EXPECT_EQ(watch.lines(1s)[2], "  ! circuit breaker report/geo: open, calls are held back");
  watch.run.apply("report/geo", resilience::BreakerTransition{.to = resilience::BreakerPhase::closed, .at = start + 1s});
  EXPECT_EQ(watch.lines(1s).size(), 6U);
}

TEST(ProgressView, AsciiOnlyWhereTheTerminalKnowsNothingElse) {
  Watch watch;
  watch.begin(0, 0ms);
  watch.options.utf8 = false;
  for (const auto& line : watch.lines(1s)) {
    for (const char c : line) EXPECT_LT(static_cast<unsigned char>(c), 0x80) << line;
  }
}

TEST(ProgressView, ApplyingAnEventTwiceChangesNothing) {
  Watch once;
  Watch twice;
  for (auto* watch : {&once, &twice, &twice}) watch->begin(0, 0ms), watch->complete(0, 100ms);
  EXPECT_EQ(once.lines(1s), twice.lines(1s));
}

TEST(EventText, ALineAnEvent) {
  const auto flow = definition();
  const auto line = [&](workflow::EventBody body, EventPlace place = {}) {
    return event_line({.at = start, .body = std::move(body)}, place, flow).plain().substr(9);
  };
  EXPECT_EQ(line(workflow::AttemptStarted{.attempt = {.task = 0}, .wake_at = {}}), "fetch  started (attempt 1)");
  EXPECT_EQ(line(workflow::AttemptFailed{.attempt = {.task = 2}, .error = unavailable(), .duration = 1s, .retry_at = start + 2100ms}),
            "join   attempt 1 failed: the service answered 503; retry in 2.1s");
  EXPECT_EQ(line(workflow::RunFinished{.status = RunStatus::completed, .error = {}, .outputs = {}}), "run    completed");
  const workflow::RunResumed resumed{.epoch = 2};
  EXPECT_EQ(line(resumed, {.seq = 2}), "run    begins");
  EXPECT_EQ(line(resumed, {.seq = 5, .kept = 3}), "run    begins");
  EXPECT_EQ(line(resumed, {.seq = 3}), "run    resumed; attempts in flight are repeated");
  EXPECT_EQ(line(resumed, {.seq = 6, .kept = 3}), "run    resumed; attempts in flight are repeated");
}

}  // namespace
}  // namespace skein::cli
