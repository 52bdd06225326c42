// A program of the public library with a `skein::Agent`, for the crash suite: it is killed, and goes on where it was.
//
//   skein_agent_program STORE CALLS start        begins a task, prints the run's id once it is durable, then the answer
//   skein_agent_program STORE CALLS resume RUN   goes on with it, and prints the answer
//
// Its tools `look_up` (pure), `store` (idempotent) and `pay` (effect) append a line with their idempotency key to the file CALLS. The model
// is compatible/witness, at SKEIN_COMPATIBLE_BASE_URL; CRASH_BUDGET_TOKENS is its budget. Exit codes: 0 an answer, 3 the budget is used
// up, 1 another failure.

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <skein/skein.hpp>

namespace {

struct WhatArgs {
  std::string what;
};
SKEIN_DESCRIBE(WhatArgs, (what, "What to do"))

skein::Tool told(const std::string& name, skein::ToolEffect effect, const std::string& calls) {
  const auto act = [name, calls](const WhatArgs& args, const skein::ToolCall& call) {
    const auto line = name + " " + call.idempotency_key + "\n";
    const int file = open(calls.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const bool done = file >= 0 && write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    fsync(file);  // it takes a while, in which the program may be killed
    close(file);
    return done ? "did " + args.what : "did not reach the file";
  };
  return skein::tool(name, "Is told in a file", act, {.effect = effect});
}

int end(const skein::AgentResult& result) {
  if (result) {
    std::cout << result.text() << std::endl;
    return 0;
  }
  std::cerr << result.error->message << '\n';
  return result.error->code == skein::ErrorCode::budget_exceeded ? 3 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  auto runtime = skein::Runtime::open({.store = argv[1]});
  if (!runtime) {
    std::cerr << runtime.error().message << '\n';
    return 1;
  }
  const std::string calls = argv[2];
  skein::AgentBudget budget;
  if (const auto* tokens = std::getenv("CRASH_BUDGET_TOKENS")) budget.tokens = std::stoull(tokens);
  skein::Agent agent({.name = "thinker",
                      .model = "compatible/witness",
                      .instructions = "Do as you planned.",
                      .tools = {skein::tools::calculator(), told("look_up", skein::ToolEffect::pure, calls),
                                told("store", skein::ToolEffect::idempotent, calls), told("pay", skein::ToolEffect::effect, calls)},
                      .budget = budget,
                      .retry = skein::Retry{.max_attempts = 9, .initial_delay = std::chrono::milliseconds{20}}},
                     *runtime);
  if (std::string_view(argv[3]) == "resume" && argc > 4) return end(agent.resume(argv[4]));
  const auto run = agent.start("go");
  if (!run) {
    std::cerr << run.error().message << '\n';
    return 1;
  }
  std::cout << *run << std::endl;
  return end(agent.wait(*run));
}
