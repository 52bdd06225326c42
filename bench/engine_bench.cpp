// What the engine costs: in memory beside a peer's published figure, durable beside what the disk and plain SQLite can do in the same run.

#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <future>
#include <mutex>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <skein/builder.hpp>
#include <skein/runtime.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/kinds/kinds.hpp"
#include "measure.hpp"
#include "runtime/runtime.hpp"
#include "store/memory/memory_run_store.hpp"
#include "workflow/driver/engine.hpp"

namespace skein::bench {
namespace {

/// The kind of the benchmark's tasks: an inline C++ function, so that only the engine is measured.
constexpr auto kind = "custom";

Workflow chain(int length) {
  WorkflowBuilder builder("chain");
  builder.agent(AgentBuilder("f", kind));
  for (int i = 0; i < length; ++i) {
    TaskBuilder task(fmt::format("t{}", i), "f", "run");
    if (i > 0) task.after(fmt::format("t{}", i - 1));
    builder.task(task);
  }
  return builder.build().value();
}

Workflow fan_out(int width) {
  WorkflowBuilder builder("fan_out");
  builder.parallel().agent(AgentBuilder("f", kind));
  TaskBuilder join("join", "f", "run");
  for (int i = 0; i < width; ++i) {
    builder.task(TaskBuilder(fmt::format("t{}", i), "f", "run"));
    join.after(fmt::format("t{}", i));
  }
  return builder.task(join).build().value();
}

Workflow waiting() {
  return WorkflowBuilder("waiting").task(TaskBuilder("pause", "local", "wait").parameter("seconds", 100'000)).build().value();
}

agent::AgentFactory work() {
  return agent::function_kind([](const AgentRequest&) { return AgentResponse::ok(true); }, agent::RunFunction::inline_);
}

Workflow each_of(int items) {
  WorkflowBuilder builder("each");
  builder.parallel();
  builder.agent(AgentBuilder("worker", kind));
  builder.task(TaskBuilder("each", "worker", "work").for_each(Json(fmt::format("{{{{ [range({})] }}}}", items)), 100));
  return builder.build().value();
}

/// Two tasks that take turns; `rounds` times each.
Workflow review_loop(unsigned rounds) {
  WorkflowBuilder builder("loop");
  builder.agent(AgentBuilder("worker", kind));
  builder.task(TaskBuilder("write", "worker", "work")).task(TaskBuilder("review", "worker", "work"));
  builder.edge("start", "write")
      .edge("write", "review")
      .edge("review", "write", "{{ review.status == 'completed' }}", rounds - 1)
      .edge("review", "end");
  return builder.build().value();
}

class NoCalls final : public workflow::CallRunner {
 public:
  void start(workflow::CallId, agent::AsyncAgent&, std::unique_ptr<workflow::CallRequest>, microseconds) override {}
  void cancel(workflow::CallId) override {}
};
class CountingListener final : public workflow::EngineListener {
 public:
  void on_events(RunId, const workflow::RunState&, std::span<const workflow::Event> events, std::uint64_t) override {
    heard += events.size();
  }
  void on_lost(RunId, const Error&) override {}
  void on_asleep(RunId) override {}
  void on_child(RunId, workflow::DefinitionPtr, workflow::Event) override {}
  void on_mail(RunId) override {}
  void on_next_due(std::optional<Instant>) override {}
  std::uint64_t heard = 0;
};
class NoSink final : public store::CommitSink {
 public:
  void on_committed(std::vector<store::Committed>) override {}
};

/// Median µs of one run, from its creation to its last event, journal and listeners on.
double in_memory(const Workflow& flow, int rounds, int batches = 20) {
  SecretValues known;
  runtime::SecretSources outside({}, known);
  agent::AgentKinds kinds;
  kinds.add(kind, work());
  SystemClock clock;
  SystemRandom random;
  NoCalls calls;
  NoSink sink;
  CountingListener listener;
  const auto inputs = std::make_shared<const Json>(JsonObject{});
  std::vector<double> samples;
  for (int batch = 0; batch < batches; ++batch) {
    const auto kept = store::make_memory_run_store();
    auto& store = *kept;
    workflow::BreakerBoard breakers(store, nullptr);
    workflow::Engine engine({.store = store,
                             .sink = sink,
                             .clock = clock,
                             .random = random,
                             .calls = calls,
                             .breakers = breakers,
                             .listener = listener,
                             .outside = outside,
                             .secrets = known,
                             .kinds = kinds,
                             .agent_services = {}},
                            {});
    const auto begin = SteadyClock::now();
    for (int i = 0; i < rounds; ++i) engine.create(Uuid::make(clock.now(), random), flow.definition(), inputs, nullptr);
    samples.push_back(micros_since(begin) / rounds);
  }
  return percentile(samples, 0.5);
}

std::unique_ptr<runtime::Runtime> open(const std::string& path, unsigned shards) {
  runtime::RuntimeOptions options;
  options.store_path = path;
  options.shards = shards;
  auto opened = runtime::Runtime::open(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message);
  (*opened)->register_kind(kind, work());
  return std::move(*opened);
}

/// Runs `flow` `count` times with at most `open_runs` open, and returns task completions a second.
double durable_throughput(const std::string& folder, const Workflow& flow, int count, int open_runs) {
  auto runtime = open(folder + "/throughput.db", 1);
  struct Ends final : runtime::Listener {
    void on_events(RunId, const workflow::RunState& state, std::span<const workflow::Event>, std::uint64_t) override {
      if (!is_final(state.status())) return;
      const std::lock_guard lock(mutex);
      ++done;
      changed.notify_one();
    }
    std::mutex mutex;
    std::condition_variable changed;
    int done = 0;
  };
  auto ends = std::make_shared<Ends>();
  runtime->add_listener(ends);
  const auto inputs = std::make_shared<const Json>(JsonObject{});
  const auto begin = SteadyClock::now();
  for (int i = 0; i < count; ++i) {
    {
      std::unique_lock lock(ends->mutex);
      ends->changed.wait(lock, [&] { return i - ends->done < open_runs; });
    }
    runtime->start(runtime->new_run_id(), flow.definition(), inputs, [](Result<RunId>) {});
  }
  std::unique_lock lock(ends->mutex);
  ends->changed.wait(lock, [&] { return ends->done == count; });
  return count * static_cast<double>(flow.definition()->tasks.size()) / (micros_since(begin) / 1e6);
}

/// µs of one task after another in one durable run: each waits for the commit of the one before.
double durable_step(const std::string& folder, int length) {
  auto runtime = open(folder + "/sequential.db", 1);
  const auto flow = chain(length);
  const auto inputs = std::make_shared<const Json>(JsonObject{});
  struct Steps final : runtime::Listener {
    void on_events(RunId, const workflow::RunState&, std::span<const workflow::Event>, std::uint64_t) override {
      at.push_back(SteadyClock::now());
    }
    std::vector<SteadyClock::time_point> at;
  };
  auto steps = std::make_shared<Steps>();
  steps->at.reserve(static_cast<std::size_t>(length) + 10);
  runtime->add_listener(steps);
  const auto id = runtime->start(flow.definition(), inputs);
  if (!id) throw std::runtime_error(id.error().message);
  (void)runtime->wait(*id);
  runtime->stop();
  std::vector<double> samples;
  for (std::size_t i = 50; i < steps->at.size(); ++i)
    samples.push_back(std::chrono::duration<double, std::micro>(steps->at[i] - steps->at[i - 1]).count());
  return percentile(samples, 0.5);
}

void waiting_runs(const std::string& folder, int count) {
  const auto path = folder + "/waiting.db";
  runtime::RuntimeOptions options;
  options.store_path = path;
  options.sleep_after = seconds{1};
  auto runtime = std::move(runtime::Runtime::open(std::move(options)).value());
  const auto flow = waiting();
  const auto inputs = std::make_shared<const Json>(JsonObject{});
  std::atomic<int> accepted{0};
  const auto create = [&](int n) {
    accepted = 0;
    for (int i = 0; i < n; ++i) {
      runtime->start(runtime->new_run_id(), flow.definition(), inputs, [&](Result<RunId>) {
        ++accepted;
        accepted.notify_one();
      });
      while (i - accepted > 2000) accepted.wait(accepted.load());
    }
    for (int seen = accepted; seen < n; seen = accepted) accepted.wait(seen);
  };
  create(2000);
  const auto memory_before = resident_bytes();
  const auto disk_before = runtime->store().info()->bytes;
  create(count);
  const auto memory = (resident_bytes() - memory_before) / count;
  runtime->stop();
  const auto disk = static_cast<double>(std::filesystem::file_size(path) - disk_before) / count;
  report({.name = "waiting run, on disk", .value = disk, .unit = "bytes", .against = "goal", .limit = 1300});
  report({.name = "waiting run, in memory", .value = std::max(0.0, memory), .unit = "bytes", .against = {}, .limit = 0});
}

/// An agent that never answers: its attempt stays in flight until its process dies.
class Silent final : public agent::AsyncAgent {
 public:
  agent::asio::awaitable<AgentResponse> execute(const AgentRequest&) override {
    agent::asio::steady_timer never(co_await agent::asio::this_coro::executor, agent::asio::steady_timer::time_point::max());
    co_await never.async_wait(agent::asio::use_awaitable);
    co_return AgentResponse::ok(nullptr);
  }
};

/// Starts `count` runs with one attempt in flight each, says so through `ready`, and waits to be killed.
[[noreturn]] void be_killed(const std::string& path, int count, int ready) {
  auto runtime = open(path, 1);
  runtime->register_kind(kind, [](agent::AgentSettings, const agent::AgentServices&) -> Result<std::unique_ptr<agent::Agent>> {
    return std::make_unique<Silent>();
  });
  const auto flow = chain(1);
  const auto inputs = std::make_shared<const Json>(JsonObject{});
  std::atomic<int> accepted{0};
  for (int i = 0; i < count; ++i)
    runtime->start(runtime->new_run_id(), flow.definition(), inputs, [&](Result<RunId>) { ++accepted, accepted.notify_one(); });
  for (int seen = accepted; seen < count; seen = accepted) accepted.wait(seen);
  (void)!write(ready, "r", 1);
  while (true) pause();
}

/// Milliseconds from the `kill -9` of a process with `count` attempts in flight to the first repeated one. Forks: call before threads
/// exist.
double resumed_after_kill(const std::string& folder, int count) {
  const auto path = folder + "/killed.db";
  std::array<int, 2> ready{};
  if (pipe(ready.data()) != 0) return 0;
  const auto child = fork();
  if (child == 0) be_killed(path, count, ready[1]);
  char byte = 0;
  (void)!read(ready[0], &byte, 1);
  const auto begin = SteadyClock::now();
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  auto runtime = open(path, 1);
  std::promise<void> first;
  std::atomic<bool> told{false};
  runtime->register_kind(kind, agent::function_kind(
                                   [&](const AgentRequest&) {
                                     if (!told.exchange(true)) first.set_value();
                                     return AgentResponse::ok(true);
                                   },
                                   agent::RunFunction::inline_));
  const auto claimed = runtime->claim_runnable(100);
  if (!claimed || *claimed == 0) throw std::runtime_error("nothing to resume");
  first.get_future().wait();
  return micros_since(begin) / 1000;
}

void run_all() {
  char pattern[] = "skein-bench-XXXXXX";
  const std::string folder = std::filesystem::absolute(mkdtemp(pattern)).string();
  const auto killed = resumed_after_kill(folder, 10'000);
  report({.name = "3-task chain, in memory, events on",
          .value = in_memory(chain(3), 5000),
          .unit = "us",
          .against = "NeoGraph without a journal (published)",
          .limit = 4.9});
  report({.name = "fan-out 5 + join, in memory, events on",
          .value = in_memory(fan_out(5), 3000),
          .unit = "us",
          .against = "NeoGraph without a journal (published)",
          .limit = 13.7});
  report({.name = "for_each of 100,000 items, in memory, per item",
          .value = in_memory(each_of(100'000), 1, 3) / 100'000,
          .unit = "us",
          .against = "per item of 1,000 (flat is 1.0x)",
          .limit = in_memory(each_of(1'000), 20, 5) / 1'000});
  const double short_loop = in_memory(review_loop(100), 50, 5) / 200;
  for (const unsigned rounds : {1'000U, 10'000U}) {
    report({.name = fmt::format("review loop of {} rounds, in memory, per step", rounds),
            .value = in_memory(review_loop(rounds), 1, 5) / (2.0 * rounds),
            .unit = "us",
            .against = "per step of 100 rounds (flat is 1.0x)",
            .limit = short_loop});
  }
  report(
      {.name = "kill -9 with 10,000 in flight to the first repeated step", .value = killed, .unit = "ms", .against = "goal", .limit = 200});
  const auto sync = fdatasync_micros(folder);
  report({.name = "fdatasync of an overwritten block, p50", .value = sync, .unit = "us", .against = {}, .limit = 0});
  report({.name = "one sequential durable task, p50",
          .value = durable_step(folder, 2000),
          .unit = "us",
          .against = "fdatasync + 100 us",
          .limit = sync + 100});
  const auto limit = sqlite_rows_per_second(folder, 200'000, 200, 250);
  report({.name = "durable task completions, 1,000 open runs of 10 tasks",
          .value = durable_throughput(folder, chain(10), 20'000, 1000),
          .unit = "1/s",
          .against = "plain SQLite, rows in groups of 200",
          .limit = limit,
          .less_is_better = false});
  waiting_runs(folder, 50'000);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace skein::bench

int main() {
  skein::bench::run_all();
  return 0;
}
