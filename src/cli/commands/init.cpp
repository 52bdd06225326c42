#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"

namespace skein::cli {
namespace {

constexpr std::string_view starter = R"yaml(# A workflow for Skein. It runs as it is:   skein run FILE -i name=Ada
# Check it with `skein validate FILE`, draw it with `skein graph FILE`. Every key: docs/workflow-format.md

name: hello
description: Greets somebody, waits a moment, and tells what it did.
version: "1.0.0"

# What a run is started with. `-i name=Ada` on the command line, or --inputs FILE.json.
inputs:
  name:
    type: string
    default: world
    description: Who is greeted
  times:
    type: integer
    default: 3

# true: a task starts as soon as what it depends on is done. false: one after the other, in this order.
parallel_execution: true
# stop_on_first_failure | continue_on_failure | partial_completion_allowed
failure_strategy: stop_on_first_failure
global_timeout: 60          # seconds, for the whole run

agents:
  # Glue that needs no server: transform, wait, emit, fail.
  - name: glue
    type: local

  # A program: gets the parameters as JSON on its standard input, its standard output is the result.
  - name: shell
    type: exec
    command: sh
    args: ["-c", "printf '{\"system\": \"%s\"}' \"$(uname -s)\""]

  # An HTTP service. Calls are repeated when they fail, and held back while the service is down.
  # - name: weather
  #   type: http_api
  #   endpoint: https://api.example.com
  #   authentication: {type: bearer, token: "{{secrets.WEATHER_TOKEN}}"}
  #   retry_config: {max_attempts: 4, initial_delay: 0.5}
  #   circuit_breaker: {failure_threshold: 5, recovery_timeout: 30}

tasks:
  - name: greet
    agent_name: glue
    action: transform
    parameters:
      value:
        # Expressions stand in {{ }} and are quoted. They are a part of jq.
        text: "Hello, {{inputs.name}}!"
        list: "{{ [range(inputs.times)] | map(. + 1) }}"

  - name: look_around
    agent_name: shell
    action: uname

  - name: pause
    agent_name: glue
    action: wait
    parameters: {seconds: 1}   # a durable timer: a crash does not stop it
    depends_on: [greet]

  - name: report
    agent_name: glue
    action: transform
    depends_on: [greet, look_around, pause]
    parameters:
      value: "{{greet.result.text}} I counted to {{greet.result.list | length}} on {{look_around.result.system}}."

# What the run hands back.
outputs:
  message: "{{report.result}}"
)yaml";

struct InitOptions {
  CommonOptions common;
  std::string file = "workflow.yaml";
};

Result<int> init(Session& session, const InitOptions& options) {
  if (options.file == "-") {
    session.output.print(starter.substr(0, starter.size() - 1));
    return 0;
  }
  const auto extension = std::filesystem::path(options.file).extension();
  if (extension != ".yaml" && extension != ".yml")
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} would not be read as a workflow; name a file that ends in .yaml", options.file));
  const int descriptor = ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0 && errno == EEXIST)
    return fail(ErrorCode::already_exists,
                fmt::format("{} exists already and is left as it is; name another file: skein init FILE", options.file));
  if (descriptor < 0) return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be written: {}", options.file, std::strerror(errno)));
  const int failure = write_all(descriptor, starter);
  ::close(descriptor);
  if (failure != 0) {
    ::unlink(options.file.c_str());
    return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be written: {}", options.file, std::strerror(failure)));
  }
  if (options.common.json) {
    JsonObject out;
    out["file"] = options.file;
    session.output.print_json(out);
  } else {
    session.output.print(fmt::format("Wrote {}. Run it with: skein run {} -i name=Ada", options.file, options.file));
  }
  return 0;
}

}  // namespace

void register_init(CommandLine& line, Session& session) {
  auto options = std::make_shared<InitOptions>();
  auto& command = line.command("init", "Write", "Write a commented starter file that runs as it is");
  command.details("A file that exists is never overwritten.")
      .positional("FILE", options->file, Need::optional, "Where to (default: workflow.yaml; - prints it)");
  add_json_option(command, options->common, "Print {\"file\"} as one JSON document");
  command.example("skein init && skein run workflow.yaml", "Write it and run it")
      .example("skein init - | less", "Only read it")
      .action([options, &session] { return init(session, *options); });
}

}  // namespace skein::cli
