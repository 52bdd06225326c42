#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/new_run.hpp"

// `skein fork`: another way from a task on.
namespace skein::cli {
namespace {

struct ForkOptions {
  NewRunOptions made;
  std::vector<std::string> set;
  std::vector<std::string> inputs;
};

/// JSON where it is JSON, except that a parameter which is text in the definition stays text.
Result<JsonObject> parameters_in(const std::vector<std::string>& pairs, const workflow::Definition& definition, const std::string& task) {
  JsonObject out;
  const auto index = definition.find_task(task);
  const auto* known = index ? definition.tasks[*index].parameters.source().if_object() : nullptr;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::invalid_argument, fmt::format("--set {}: write it as name=value", pair));
    const auto name = pair.substr(0, equals);
    const auto text = pair.substr(equals + 1);
    const auto* usual = known != nullptr ? known->if_contains(name) : nullptr;
    const bool is_text = usual != nullptr && usual->is_string() && usual->get_string().find("{{") == boost::json::string::npos;
    auto value = is_text ? Result<Json>(Json(text)) : parse_json(text);
    out[name] = value ? std::move(*value) : Json(text);
  }
  return out;
}

Result<int> fork(Session& session, const ForkOptions& options) {
  if (options.made.from.empty()) return fail(ErrorCode::invalid_argument, "name the task to begin from: --from TASK");
  return make_from(
      session, options.made,
      [&](runtime::Runtime& runtime, RunId old, const workflow::Definition& definition, runtime::Runtime::Drive drive) -> Result<RunId> {
        auto set = parameters_in(options.set, definition, options.made.from);
        if (!set) return std::unexpected(set.error());
        auto inputs = named_inputs(options.inputs, definition);
        if (!inputs) return std::unexpected(inputs.error());
        return runtime.fork(old, options.made.from, {.set = std::move(*set), .inputs = std::move(*inputs)}, drive);
      });
}

}  // namespace

void register_fork(CommandLine& line, Session& session) {
  auto options = std::make_shared<ForkOptions>();
  auto& command = line.command("fork", "Run", "Go another way from a task of a run on");
  command.details(
      "Makes a new run of the same definition that keeps what does not follow from the task, and does the task and what follows from it "
      "again, "
      "with other parameters or inputs. The old run, which may be under way, stays as it is. An input may change where nothing that is "
      "kept "
      "was made with it. Exit codes are those of `skein run`.");
  add_new_run_options(command, options->made);
  command.repeated("--set", options->set, "NAME=VALUE", "Change a parameter of the task; may be given several times")
      .repeated("-i,--input", options->inputs, "NAME=VALUE", "Change an input of the run; may be given several times");
  add_drive_options(command, options->made.drive);
  command.example("skein fork last --from summary --set model=large", "Try the summary with another model; what came before is kept")
      .example("skein fork 0190163d-8694 --from send -i to=maria --detach", "Another input; a worker drives it")
      .action([options, &session] { return fork(session, *options); });
}

}  // namespace skein::cli
