// What an agent costs beside its model: a turn of its loop in memory and durable, and one that is idle. For bench/agent_peers.py:
// `--streams URL COUNT`, agents that stream at once, and `--peer URL RUNS AT_ONCE`, the agent that its peers run too.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "agent/kinds/kinds.hpp"
#include "agents.hpp"
#include "async/run_in.hpp"
#include "http/client.hpp"
#include "measure.hpp"
#include "model/models.hpp"
#include "model/waits.hpp"

namespace skein::bench {
namespace {

JsonObject stepping(std::size_t turns) { return {{"model", "scripted/bench"}, {"tools", JsonArray{"step"}}, {"max_turns", turns + 1}}; }

double cpu_micros() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec); };
  return of(used.ru_utime) + of(used.ru_stime);
}

struct TurnCost {
  double micros = 0;
  double cpu = 0;  ///< of all threads, which a busy machine does not stretch
};

/// Medians of a turn (the model's answer, and the result of the tool that it calls) of an agent that takes `turns` of them.
TurnCost turn_in_memory(std::size_t turns, int runs) {
  const auto runtime = open_runtime("", runtime::Durability::memory);
  think_with(*runtime, std::make_shared<Stepper>(turns));
  const auto ends = listen(*runtime);
  const auto definition = one_agent(stepping(turns));
  run_many(*runtime, *ends, definition, runs / 10 + 1, 1);
  std::vector<double> samples, cpu;
  const auto of_each = static_cast<double>(turns) * (runs / 10);
  for (int batch = 0; batch < 10; ++batch) {
    const auto begin = SteadyClock::now();
    const auto cpu_begin = cpu_micros();
    if (run_many(*runtime, *ends, definition, runs / 10, 1) != runs / 10) throw std::runtime_error("a run of the bench has failed");
    samples.push_back(micros_since(begin) / of_each);
    cpu.push_back((cpu_micros() - cpu_begin) / of_each);
  }
  return {.micros = percentile(samples, 0.5), .cpu = percentile(cpu, 0.5)};
}

/// When events of one run were committed.
struct Commits final : runtime::Listener {
  void on_events(RunId, const workflow::RunState&, std::span<const workflow::Event>, std::uint64_t) override {
    at.push_back(SteadyClock::now());
  }
  [[nodiscard]] double interval() const {
    std::vector<double> samples;
    for (std::size_t i = 20; i < at.size(); ++i) samples.push_back(std::chrono::duration<double, std::micro>(at[i] - at[i - 1]).count());
    return percentile(samples, 0.5);
  }
  std::vector<SteadyClock::time_point> at;
};

struct DurableCost {
  double interval = 0;  ///< median µs from one commit to the next
  double commits = 0;   ///< of the run
};

DurableCost durable_run(const std::string& path, const workflow::DefinitionPtr& definition) {
  const auto runtime = open_runtime(path, runtime::Durability::full);
  think_with(*runtime, std::make_shared<Stepper>(100));
  runtime->register_kind("custom",
                         agent::function_kind([](const AgentRequest&) { return AgentResponse::ok(true); }, agent::RunFunction::inline_));
  const auto commits = std::make_shared<Commits>();
  commits->at.reserve(10'000);
  runtime->add_listener(commits);
  const auto ends = listen(*runtime);
  if (run_many(*runtime, *ends, definition, 1, 1) != 1) throw std::runtime_error("a run of the bench has failed");
  runtime->stop();
  return {.interval = commits->interval(), .commits = static_cast<double>(commits->at.size())};
}

workflow::DefinitionPtr chain(int length) {
  JsonArray tasks;
  for (int i = 0; i < length; ++i) {
    JsonObject task{{"name", fmt::format("t{}", i)}, {"agent_name", "f"}, {"action", "run"}};
    if (i > 0) task["depends_on"] = JsonArray{fmt::format("t{}", i - 1)};
    tasks.emplace_back(std::move(task));
  }
  return workflow_of(
      {{"name", "chain"}, {"agents", JsonArray{JsonObject{{"name", "f"}, {"type", "custom"}}}}, {"tasks", std::move(tasks)}});
}

/// Bytes of the heap for each agent more of the same definition.
double idle_agent(int count) {
  tool::Registry tools;
  (void)tools.add(step_tool());
  const auto prices = model::PriceTable::built_in();
  const auto shared_model = std::make_shared<Stepper>(1);
  boost::asio::io_context io;
  agent::AgentServices services;
  services.executor = io.get_executor();
  services.open_model = [&](const std::vector<model::ModelChoice>&) { return shared_model; };
  services.tools = &tools;
  services.prices = &prices;
  agent::AgentSettings settings;
  settings.name = "thinker";
  settings.kind = "ai_agent";
  settings.thinking =
      JsonObject{{"model", "scripted/bench"}, {"tools", JsonArray{"step"}}, {"instructions", "Be brief, and say what you know."}};
  std::vector<std::unique_ptr<agent::Agent>> agents;
  agents.reserve(static_cast<std::size_t>(count) + 1);
  agents.push_back(agent::make_thinking_agent(settings, services).value());
  const auto before = heap_bytes();
  for (int i = 0; i < count; ++i) agents.push_back(agent::make_thinking_agent(settings, services).value());
  return (heap_bytes() - before) / count;
}

/// Which agents have said something.
struct Heard final : runtime::Listener {
  void on_events(RunId, const workflow::RunState&, std::span<const workflow::Event>, std::uint64_t) override {}
  [[nodiscard]] bool hears_output() const override { return true; }
  void on_output(const AgentRequest& request, const model::Delta& /*delta*/) override {
    ++pieces;
    if (runs.emplace(request.run_id).second) {
      ++agents;
      agents.notify_one();
    }
  }
  std::unordered_set<std::string> runs;  ///< of the one shard
  std::atomic<int> agents{0};
  std::atomic<long> pieces{0};
};

void get(const std::string& url) {
  boost::asio::io_context io;
  http::Client client(io.get_executor());
  http::Request request;
  request.url = url;
  if (const auto answer = async::run_in(io, client.send(std::move(request))); !answer) throw std::runtime_error(answer.error().message);
}

/// `count` agents that all stream at once from a server such as bench/stream_server.mjs at `url`: the memory of the process while they do.
void streaming(const std::string& url, int count) {
  setenv("SKEIN_COMPATIBLE_BASE_URL", (url + "/v1").c_str(), 1);
  const auto runtime = open_runtime("", runtime::Durability::memory);
  const auto heard_here = std::make_shared<Heard>();
  auto& heard = *heard_here;
  runtime->add_listener(heard_here);
  const auto ends = listen(*runtime);
  const auto definition = one_agent({{"model", "compatible/bench"}});
  const auto inputs = std::make_shared<const Json>(JsonObject{});
  const auto before = resident_bytes();
  const auto begin = SteadyClock::now();
  for (int i = 0; i < count; ++i) {
    runtime->start(runtime->new_run_id(), definition, inputs, [](Result<RunId>) {});
    // The server accepts so many at once.
    for (int seen = heard.agents; i - seen > 1000; seen = heard.agents) heard.agents.wait(seen);
  }
  for (int seen = heard.agents; seen < count; seen = heard.agents) heard.agents.wait(seen);
  const auto open = resident_bytes();
  const auto opened = micros_since(begin) / 1e6;
  get(url + "/release");
  ends->wait_for(count);
  if (ends->completed != count) throw std::runtime_error(fmt::format("{} of {} streams failed", count - ends->completed, count));
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto most = static_cast<double>(used.ru_maxrss) * 1024;
  const bool shared = url.starts_with("https:");  // connections, by HTTP/2
  const auto name = fmt::format("{} agents streaming at once over {}", count, shared ? "HTTP/2 with TLS" : "HTTP/1.1");
  report({.name = name + ", peak memory", .value = most / 1e6, .unit = "MB", .against = "goal", .limit = 150});
  report({.name = name + ", memory while all are open", .value = open / 1e6, .unit = "MB", .against = {}, .limit = 0});
  report({.name = name + ", each", .value = (open - before) / count / 1024, .unit = "KiB", .against = {}, .limit = 0});
  report({.name = name + ", pieces of text a second",
          .value = heard.pieces / (micros_since(begin) / 1e6 - opened),
          .unit = "1/s",
          .against = {},
          .limit = 0});
}

/// The agent of the peers: one call of `step`, and the answer.
void beside_peers(const std::string& url, int runs, int at_once) {
  setenv("SKEIN_COMPATIBLE_BASE_URL", (url + "/v1").c_str(), 1);
  const auto runtime = open_runtime("", runtime::Durability::memory);
  (void)runtime->register_tool(step_tool());
  const auto definition = one_agent({{"model", "compatible/bench"}, {"tools", JsonArray{"step"}}, {"instructions", "Go one step."}}, "go");
  const auto ends = listen(*runtime);
  const auto begin = SteadyClock::now();
  const auto completed = run_many(*runtime, *ends, definition, runs, at_once);
  JsonObject line{{"seconds", micros_since(begin) / 1e6}, {"completed", completed}};
  fmt::print("{}\n", to_json(line));
}

void run_all() {
  char pattern[] = "skein-bench-XXXXXX";
  const std::string folder = std::filesystem::absolute(mkdtemp(pattern)).string();
  constexpr auto goal = "goal";
  const std::string turn = "a turn of an agent (model and tool), in memory";
  const auto short_runs = turn_in_memory(10, 1000);
  const auto long_runs = turn_in_memory(100, 100);
  report({.name = turn, .value = short_runs.micros, .unit = "us", .against = goal, .limit = 50});
  report({.name = turn + ", CPU time", .value = short_runs.cpu, .unit = "us", .against = goal, .limit = 50});
  report({.name = turn + ", of 100 turns, CPU time", .value = long_runs.cpu, .unit = "us", .against = {}, .limit = 0});
  constexpr double calls = 2 * 100 + 1;
  const auto task = durable_run(folder + "/chain.db", chain(400));
  const auto agent = durable_run(folder + "/turns.db", one_agent(stepping(100)));
  report({.name = "a call of an agent (model or tool), durable, p50",
          .value = agent.interval,
          .unit = "us",
          .against = "one durable task of the same run + 50 us",
          .limit = task.interval + 50});
  report({.name = "commits for a call of an agent", .value = agent.commits / calls, .unit = "", .against = goal, .limit = 1});
  report({.name = "an idle agent beside others of its definition",
          .value = idle_agent(10'000),
          .unit = "bytes",
          .against = goal,
          .limit = 1024});
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace skein::bench

int main(int argc, char** argv) {
  using namespace skein::bench;
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "--peer" && argc == 5) {
    beside_peers(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
  } else if (what == "--streams" && argc == 4) {
    streaming(argv[2], std::atoi(argv[3]));
  } else {
    run_all();
  }
  return 0;
}
