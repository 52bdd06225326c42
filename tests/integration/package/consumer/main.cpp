// A program of somebody who uses Skein as a library: makes a tool and an agent, builds a workflow, runs it with a kind of its own, and
// looks at the results.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include <boost/json/serialize.hpp>
#include <skein/skein.hpp>

namespace {

int failures = 0;

void expect(bool condition, std::string_view what) {
  if (condition) return;
  std::cerr << "FAILED: " << what << '\n';
  ++failures;
}

skein::Result<skein::Workflow> greeting() {
  return skein::WorkflowBuilder("greeting")
      .parallel(2)
      .input("who", "string")
      .agent(skein::AgentBuilder("greeter", "custom"))
      .task(skein::TaskBuilder("hello", "greeter", "greet").parameter("who", "{{inputs.who}}"))
      .task(skein::TaskBuilder("goodbye", "greeter", "leave").parameter("after", "{{hello.result.text}}").after("hello"))
      .output("text", "{{goodbye.result.text}}")
      .build();
}

skein::AgentResponse greet(const skein::AgentRequest& request) {
  const auto& parameters = request.parameters->as_object();
  skein::JsonObject result;
  if (request.action == "greet") {
    result["text"] = "hello " + std::string(parameters.at("who").as_string());
  } else {
    result["text"] = std::string(parameters.at("after").as_string()) + ", goodbye";
  }
  return skein::AgentResponse::ok(result);
}

struct Order {
  std::string article;
  int count = 1;
};
SKEIN_DESCRIBE(Order, (article, "What is ordered"), (count, "How many", skein::at_most(10)))

void try_tools() {
  const auto order = skein::tool("order", "Order an article", [](const Order& o) { return std::to_string(o.count) + " × " + o.article; });
  const auto answer = order.call({{"article", "goose"}});
  expect(answer && answer->value == "1 × goose", "a tool of a C++ function knows its defaults");
  const auto wrong = order.call({{"article", "goose"}, {"count", 11}});
  expect(!wrong && wrong.error().code == skein::ErrorCode::invalid_argument, "a tool's arguments are checked");
  const auto sum = skein::tools::calculator().call({{"expression", "6 * 7"}});
  expect(sum && sum->value == 42, "the tools that come with Skein are there");
}

void try_agents() {
  std::ofstream("script.json") << R"({"answers": [{"tool_calls": [{"name": "order", "arguments": {"article": "goose"}}]},
                                                   {"text": {"article": "goose", "count": 2}}]})";
  const auto order = skein::tool("order", "Order an article", [](const Order& o) { return o.article; });
  std::string called;
  skein::Agent agent({.model = "scripted/script.json",
                      .tools = {order, skein::tools::calculator()},
                      .on_tool_call = [&called](const skein::AgentToolCall& call) { called += call.tool; }});
  const auto answer = agent.run<Order>("Order two geese.");
  expect(answer && answer->count == 2 && answer.tool_calls == 1, "an agent calls its tools and answers with a struct");
  expect(called == "order", "a call is heard of");
  skein::Agent nobody({.model = "openai"});
  expect(nobody.run("x").error.has_value(), "a model without a provider is an error");
}

}  // namespace

int main() {
  try_tools();
  try_agents();
  skein::RuntimeConfig config;
  config.durability = skein::Durability::memory;
  skein::LeadAgent agent(config);
  agent.register_kind("custom", greet);
  std::string completed;
  agent.attach([&completed](const skein::RunEvent& event) {
    if (event.type == "task_completed") completed += std::string(event.task) + ' ';
  });

  const auto workflow = greeting();
  if (!workflow) {
    std::cerr << workflow.error().message << '\n';
    return EXIT_FAILURE;
  }
  skein::JsonObject inputs;
  inputs["who"] = "world";
  const auto result = agent.execute_workflow(*workflow, inputs);
  if (!result) {
    std::cerr << result.error().message << '\n';
    return EXIT_FAILURE;
  }
  std::cout << skein::to_string(result->status) << ": " << boost::json::serialize(result->outputs) << '\n';
  expect(result->status == skein::RunStatus::completed, "the run completed");
  expect(result->completed_tasks == 2, "both tasks completed");
  expect(result->outputs.contains("text") && result->outputs.at("text") == "hello world, goodbye", "the output holds both results");
  expect(completed == "hello goodbye ", "the observer heard of both tasks, in order");

  const auto missing = agent.execute_workflow_from_file("no_such_file.yaml");
  expect(!missing && !missing.error().message.empty(), "a missing file is an error with words");

  const auto wrong = skein::WorkflowBuilder("wrong").task(skein::TaskBuilder("t", "nobody", "x")).build();
  expect(!wrong && wrong.error().code == skein::ErrorCode::invalid_definition, "an unknown agent is an invalid definition");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
