// What size costs: a million waiting runs, and steps of ever longer runs. With `--peer FOLDER` only the two workflows of
// bench/langgraph_peer.py, durable, as JSON for that script.

#include <atomic>
#include <filesystem>
#include <future>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <skein/builder.hpp>
#include <skein/runtime.hpp>

#include "agent/kinds/kinds.hpp"
#include "measure.hpp"
#include "runtime/runtime.hpp"

namespace skein::bench {
namespace {

constexpr auto kind = "custom";

std::unique_ptr<runtime::Runtime> open(const std::string& path, runtime::Durability durability = runtime::Durability::full) {
  runtime::RuntimeOptions options;
  options.store_path = path;
  options.durability = durability;
  options.sleep_after = seconds{1};
  auto opened = runtime::Runtime::open(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message);
  (*opened)->register_kind(kind,
                           agent::function_kind([](const AgentRequest&) { return AgentResponse::ok(true); }, agent::RunFunction::inline_));
  return std::move(*opened);
}

JsonPtr no_inputs() { return std::make_shared<const Json>(JsonObject{}); }

/// Two tasks that take turns, `rounds` times each.
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

Workflow each_of(int items) {
  WorkflowBuilder builder("each");
  builder.parallel().agent(AgentBuilder("worker", kind));
  builder.task(TaskBuilder("each", "worker", "work").for_each(Json(fmt::format("{{{{ [range({})] }}}}", items)), 100));
  return builder.build().value();
}

struct Cost {
  double micros_a_step = 0;
  double bytes = 0;   ///< of the store afterwards
  double memory = 0;  ///< more than before
};

Cost durable(const std::string& path, const Workflow& flow, double steps) {
  auto runtime = open(path);
  const auto before = resident_bytes();
  const auto begin = SteadyClock::now();
  const auto id = runtime->start(flow.definition(), no_inputs());
  if (!id) throw std::runtime_error(id.error().message);
  (void)runtime->wait(*id);
  Cost out{.micros_a_step = micros_since(begin) / steps, .bytes = 0, .memory = std::max(0.0, resident_bytes() - before)};
  runtime->stop();
  out.bytes = static_cast<double>(std::filesystem::file_size(path));
  return out;
}

void waiting_runs(const std::string& folder, int count) {
  const auto path = folder + "/waiting.db";
  const auto flow = WorkflowBuilder("waiting").task(TaskBuilder("pause", "local", "wait").parameter("seconds", 100'000)).build().value();
  const auto soon = WorkflowBuilder("soon").task(TaskBuilder("go", "local", "transform").parameter("value", 1)).build().value();
  {
    auto runtime = open(path, runtime::Durability::normal);
    std::atomic<int> accepted{0};
    const auto begin = SteadyClock::now();
    for (int i = 0; i < count; ++i) {
      runtime->start(runtime->new_run_id(), flow.definition(), no_inputs(), [&](Result<RunId>) { ++accepted, accepted.notify_one(); });
      while (i - accepted > 2000) accepted.wait(accepted.load());
    }
    for (int seen = accepted; seen < count; seen = accepted) accepted.wait(seen);
    report({.name = fmt::format("{} waiting runs: created and put to sleep, each", count),
            .value = micros_since(begin) / count,
            .unit = "us",
            .against = {},
            .limit = 0});
    (void)runtime->enqueue(soon.definition(), no_inputs());
    runtime->stop();
  }
  report({.name = fmt::format("{} waiting runs: on disk, each", count),
          .value = static_cast<double>(std::filesystem::file_size(path)) / count,
          .unit = "bytes",
          .against = "goal",
          .limit = 1300});
  const auto memory = resident_bytes();
  const auto begin = SteadyClock::now();
  auto runtime = open(path);
  const auto opened = micros_since(begin) / 1000;
  const auto claimed = runtime->claim_runnable(100);
  if (!claimed || *claimed != 1) throw std::runtime_error("one run can go on");
  const auto rows = runtime->store().list_runs({.workflow = "soon", .limit = 1});
  (void)runtime->wait(rows->front().id);
  report({.name = fmt::format("{} waiting runs: to open the store", count), .value = opened, .unit = "ms", .against = {}, .limit = 0});
  report({.name = fmt::format("{} waiting runs: from opening to a resumed run's end", count),
          .value = micros_since(begin) / 1000,
          .unit = "ms",
          .against = "goal",
          .limit = 200});
  report({.name = fmt::format("{} waiting runs: memory of a process beside them", count),
          .value = std::max(0.0, resident_bytes() - memory) / (1 << 20),
          .unit = "MiB",
          .against = {},
          .limit = 0});
}

/// Cost of a step as the run grows; flat is 1.0x.
void curve(const std::string& folder) {
  double first = 0;
  for (const unsigned rounds : {100U, 1'000U, 10'000U, 50'000U}) {
    const auto cost = durable(fmt::format("{}/loop-{}.db", folder, rounds), review_loop(rounds), 2.0 * rounds);
    if (first == 0) first = cost.micros_a_step;
    report({.name = fmt::format("review loop of {} rounds, durable, per step", rounds),
            .value = cost.micros_a_step,
            .unit = "us",
            .against = "per step of 100 rounds (flat is 1.0x)",
            .limit = first});
  }
  first = 0;
  for (const int items : {1'000, 10'000, 100'000}) {
    const auto cost = durable(fmt::format("{}/each-{}.db", folder, items), each_of(items), items);
    if (first == 0) first = cost.micros_a_step;
    report({.name = fmt::format("durable for_each of {} items, per item", items),
            .value = cost.micros_a_step,
            .unit = "us",
            .against = "per item of 1,000 (flat is 1.0x)",
            .limit = first});
    report({.name = fmt::format("durable for_each of {} items, memory", items),
            .value = cost.memory / (1 << 20),
            .unit = "MiB",
            .against = {},
            .limit = 0});
  }
}

void beside_a_peer(const std::string& folder) {
  const auto print = [](const char* name, const Cost& cost) {
    fmt::print(R"({{"name":"{}","us_a_step":{},"bytes":{},"memory":{}}})"
               "\n",
               name, cost.micros_a_step, cost.bytes, cost.memory);
  };
  print("loop", durable(folder + "/loop.db", review_loop(1'000), 2'000));
  print("fan_out", durable(folder + "/each.db", each_of(100), 100));
}

}  // namespace
}  // namespace skein::bench

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "--peer") {
    skein::bench::beside_a_peer(arguments[2]);
    return 0;
  }
  char pattern[] = "skein-bench-XXXXXX";
  const std::string folder = std::filesystem::absolute(mkdtemp(pattern)).string();
  skein::bench::curve(folder);
  skein::bench::waiting_runs(folder, 1'000'000);
  std::filesystem::remove_all(folder);
  return 0;
}
