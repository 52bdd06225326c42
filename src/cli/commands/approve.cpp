#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/tell.hpp"
#include "config/config.hpp"

// `skein approve` and `skein reject`: a person's word on a task.
namespace skein::cli {
namespace {

using Verdict = runtime::Runtime::Verdict;

struct AnswerOptions {
  DriveOptions drive;
  std::string run;
  std::string task;
  std::string comment;
  std::string as;
  std::string item;
  std::string call;
  std::vector<std::string> set;
};

/// What may be changed: the parameters of a task; of a tool also those that it was not given.
std::vector<std::string> changeable(const runtime::AwaitedReport& awaits) {
  std::vector<std::string> names;
  for (const auto& member : awaits.parameters->get_object()) names.emplace_back(member.key());
  const auto* more = awaits.shape ? at_pointer(*awaits.shape, "/properties") : nullptr;
  if (more == nullptr || !more->is_object()) return names;
  for (const auto& member : more->get_object()) {
    if (!awaits.parameters->get_object().contains(member.key())) names.emplace_back(member.key());
  }
  return names;
}

/// As -i does: JSON where it is JSON, except that text stays text.
Json value_of(const runtime::AwaitedReport& awaits, const std::string& name, std::string_view text) {
  const auto* now = awaits.parameters->get_object().if_contains(name);
  const auto* type = awaits.shape ? at_pointer(*awaits.shape, "/properties/" + name + "/type") : nullptr;
  const bool is_text = type != nullptr ? *type == Json("string") : now != nullptr && now->is_string();
  if (is_text) return Json(text);
  auto value = parse_json(text);
  return value ? std::move(*value) : Json(text);
}

Result<JsonObject> changes_of(const std::vector<std::string>& pairs, const runtime::AwaitedReport& awaits) {
  JsonObject out;
  const bool known = awaits.parameters && awaits.parameters->is_object();
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::invalid_argument, fmt::format("--set {}: write it as name=value", pair));
    const auto name = pair.substr(0, equals);
    if (!known)
      return fail(ErrorCode::invalid_argument,
                  "--set: the parameters of a task with for_each differ from item to item and cannot be changed");
    if (const auto names = changeable(awaits); std::ranges::find(names, name) == names.end()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("--set {}: the {} has no parameter '{}'{} (it has {})", pair, awaits.tool.empty() ? "task" : "tool", name,
                              did_you_mean(name, names), names.empty() ? "none" : list_of(names)));
    }
    out[name] = value_of(awaits, name, std::string_view(pair).substr(equals + 1));
  }
  if (!awaits.shape || out.empty()) return out;
  auto changed = *awaits.parameters;
  for (const auto& [name, value] : out) changed.get_object()[name] = value;
  if (const auto wrong = config::violations("arguments", *awaits.shape, changed); !wrong.empty())
    return fail(ErrorCode::invalid_argument, fmt::format("--set: the tool '{}' cannot be called so: {}", awaits.tool, wrong.front()));
  return out;
}

Result<int> answer(Session& session, const AnswerOptions& options, Verdict verdict) {
  return tell_run(session, options.drive, options.run,
                  [&](runtime::Runtime& runtime, const runtime::RunReport& report) -> Result<std::string> {
                    const auto kind = verdict == Verdict::approve ? WordKind::approve : WordKind::reject;
                    const auto question = find_question(report, kind, options.task, options.item, options.call);
                    if (!question) return std::unexpected(question.error());
                    const auto& [task, awaits] = *question;
                    const auto by = options.as.empty() ? user_name() : options.as;
                    if (const auto may = may_answer(*awaits, by); !may) return std::unexpected(may.error());
                    const auto changes = changes_of(options.set, *awaits);
                    if (!changes) return std::unexpected(changes.error());
                    const auto told = runtime.answer(report.id, task->name, verdict, by, options.comment, *changes, place_of(*awaits));
                    if (!told) return std::unexpected(told.error());
                    return fmt::format("{} '{}' as {}.", verdict == Verdict::approve ? "Approved" : "Rejected",
                                       awaits->tool.empty() ? task->name : fmt::format("{}' of '{}", awaits->tool, task->name), by);
                  });
}

void add(CommandLine& line, Session& session, Verdict verdict, std::string_view name, std::string_view about) {
  auto options = std::make_shared<AnswerOptions>();
  auto& command = line.command(std::string(name), "Run", std::string(about));
  command
      .details(
          "The answer is durable before the command goes on. If no other process drives the run, this one does, to its end or to its next "
          "question; work that was done before is never repeated. Exit codes are those of `skein run`.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .positional("TASK", options->task, Need::optional, "The task that asks; may be left out where only one does")
      .option("--item", options->item, "N", "Which item of a for_each, from 0 (default: the first that asks)")
      .option("--call", options->call, "N", "Which call of an agent, as `skein show` numbers it (default: the first that asks)")
      .option("--comment", options->comment, "TEXT", "Why; it stands in the run's events")
      .option("--as", options->as, "NAME", "Who answers (default: SKEIN_USER, else your user name)");
  if (verdict == Verdict::approve)
    command.repeated("--set", options->set, "NAME=VALUE",
                     "Change a parameter of the task, or an argument of the tool; may be given several times");
  add_drive_options(command, options->drive);
  if (verdict == Verdict::approve) {
    command.example("skein approve last", "Say yes to the only question of the newest run")
        .example("skein approve 0190163d-8694 send --set subject='Monthly news' --comment 'shorter subject'",
                 "Change a parameter and go on");
  } else {
    command
        .example("skein reject last send --comment 'the figures are of last year'",
                 "Say no; the task fails with this reason, and an agent is told it")
        .example("skein reject 0190163d-8694 --as maria", "Say who you are where the workflow names who may answer");
  }
  command.action([options, &session, verdict] { return answer(session, *options, verdict); });
}

}  // namespace

void register_approve(CommandLine& line, Session& session) {
  add(line, session, Verdict::approve, "approve", "Say yes to a task, or a call of a tool, that asks before it begins");
}

void register_reject(CommandLine& line, Session& session) {
  add(line, session, Verdict::reject, "reject", "Say no to a task, or a call of a tool, that asks before it begins");
}

}  // namespace skein::cli
