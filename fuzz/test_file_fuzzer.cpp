// Arbitrary bytes as a test file of one workflow that has a bit of everything: cases or problems, and every case plays to an end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/test_file.hpp"
#include "runtime/rehearsal/rehearsal.hpp"

namespace {

using namespace skein;

constexpr std::string_view workflow = R"(
name: order
on_failure: compensate
parallel_execution: true
inputs: {amount: {type: integer, default: 1}, items: {type: array, default: [1, 2]}}
agents:
  - {name: bank, type: http_api, endpoint: "http://bank.example", retry_config: {max_attempts: 3, initial_delay: 5}}
  - {name: boss, type: human}
  - name: inner
    type: workflow
    workflow:
      name: part
      concurrency: {key: one}
      inputs: {n: integer}
      agents: [{name: it, type: custom}]
      tasks:
        - {name: make, agent_name: it, action: x, parameters: {n: "{{ inputs.n }}"}, compensate: {action: y}}
        - {name: heard, agent_name: local, action: signal, parameters: {name: paid, timeout: 60}, continue_on_failure: true}
      outputs: {made: "{{ make.result }}"}
tasks:
  - {name: quote, agent_name: boss, action: ask, parameters: {question: "how much?", answer: integer}}
  - {name: each, agent_name: inner, action: run, for_each: "{{ inputs.items | .[:9] }}", parameters: {n: "{{ index }}"}}
  - {name: pay, agent_name: bank, action: /pay, depends_on: [quote], approval: {message: "pay?", approvers: [eve, kim], timeout: 1d}, compensate: {action: /refund}}
  - {name: tell, agent_name: bank, action: /tell, depends_on: [pay], timeout: 10}
outputs: {receipt: "{{ pay.result }}", all: "{{ each.result }}"}
)";

config::LoadResult the_workflow(const std::filesystem::path& /*path*/) {
  static const auto loaded = config::load_workflow_text(workflow, "order.yaml", config::Format::yaml);
  if (!loaded) std::abort();
  return loaded;
}

constexpr std::size_t played = 2;  ///< cases of each file

void load(std::string_view text, config::Format format) {
  const auto loaded = config::load_test_text(text, "fuzz.test.yaml", format, the_workflow);
  if (!loaded) {
    if (loaded.error().empty()) std::abort();
    for (const auto& problem : loaded.error()) {
      if (problem.line < 1 || config::to_string(problem).empty()) std::abort();
    }
    return;
  }
  for (std::size_t i = 0; i < loaded->cases.size() && i < played; ++i) {
    const auto first = runtime::rehearse(loaded->definition, loaded->cases[i]);
    const auto again = runtime::rehearse(loaded->definition, loaded->cases[i]);
    if (first.passed() != again.passed() || first.problem != again.problem || first.attempts != again.attempts) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  load(text, config::Format::yaml);
  load(text, config::Format::json);
  return 0;
}
