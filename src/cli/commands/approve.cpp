#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/tell.hpp"

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
  std::vector<std::string> set;
};

/// The question that is meant; without a name the only one.
Result<const runtime::TaskReport*> question_of(const runtime::RunReport& report, const std::string& name) {
  std::vector<std::string> asking;
  const runtime::TaskReport* found = nullptr;
  for (const auto& task : report.tasks) {
    if (!task.awaits || !task.awaits->asks()) continue;
    asking.push_back(task.name);
    if (name.empty() || task.name == name) found = &task;
  }
  if (asking.empty())
    return fail(ErrorCode::conflict, fmt::format("run {} asks nothing now; it is {}", short_id(report.id), to_string(report.status)));
  if (name.empty() && asking.size() > 1) {
    return fail(ErrorCode::invalid_argument, fmt::format("several tasks ask: {}; name one", list_of(asking)));
  }
  if (found == nullptr) return fail(ErrorCode::conflict, fmt::format("task '{}' asks nothing now; {} does", name, list_of(asking)));
  return found;
}

Result<JsonObject> changes_of(const std::vector<std::string>& pairs, const runtime::TaskReport& task) {
  JsonObject out;
  const auto* known = task.awaits->parameters ? task.awaits->parameters->if_object() : nullptr;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::invalid_argument, fmt::format("--set {}: write it as name=value", pair));
    const auto name = pair.substr(0, equals);
    if (known == nullptr)
      return fail(ErrorCode::invalid_argument,
                  "--set: the parameters of a task with for_each differ from item to item and cannot be changed");
    if (!known->contains(name)) {
      std::vector<std::string> names;
      for (const auto& member : *known) names.emplace_back(member.key());
      return fail(ErrorCode::invalid_argument, fmt::format("--set {}: the task has no parameter '{}'{} (it has {})", pair, name,
                                                           did_you_mean(name, names), names.empty() ? "none" : list_of(names)));
    }
    // As -i does: JSON where it is JSON, except that text stays text.
    const auto text = pair.substr(equals + 1);
    auto value = known->at(name).is_string() ? Result<Json>(Json(text)) : parse_json(text);
    out[name] = value ? std::move(*value) : Json(text);
  }
  return out;
}

Result<int> answer(Session& session, const AnswerOptions& options, Verdict verdict) {
  return tell_run(
      session, options.drive, options.run, [&](runtime::Runtime& runtime, const runtime::RunReport& report) -> Result<std::string> {
        const auto task = question_of(report, options.task);
        if (!task) return std::unexpected(task.error());
        const auto by = options.as.empty() ? user_name() : options.as;
        const auto& approvers = (*task)->awaits->approvers;
        if (!approvers.empty() && std::find(approvers.begin(), approvers.end(), by) == approvers.end()) {
          return fail(
              ErrorCode::permission_denied,
              fmt::format("'{}' was not asked; {} may answer (say who you are with --as NAME or SKEIN_USER)", by, list_of(approvers)));
        }
        const auto changes = changes_of(options.set, **task);
        if (!changes) return std::unexpected(changes.error());
        const auto told = runtime.answer(report.id, (*task)->name, verdict, by, options.comment, *changes);
        if (!told) return std::unexpected(told.error());
        return fmt::format("{} '{}' as {}.", verdict == Verdict::approve ? "Approved" : "Rejected", (*task)->name, by);
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
      .option("--comment", options->comment, "TEXT", "Why; it stands in the run's events")
      .option("--as", options->as, "NAME", "Who answers (default: SKEIN_USER, else your user name)");
  if (verdict == Verdict::approve)
    command.repeated("--set", options->set, "NAME=VALUE", "Change a parameter of the task; may be given several times");
  add_drive_options(command, options->drive);
  if (verdict == Verdict::approve) {
    command.example("skein approve last", "Say yes to the only question of the newest run")
        .example("skein approve 0190163d-8694 send --set subject='Monthly news' --comment 'shorter subject'",
                 "Change a parameter and go on");
  } else {
    command.example("skein reject last send --comment 'the figures are of last year'", "Say no; the task fails with this reason")
        .example("skein reject 0190163d-8694 --as maria", "Say who you are where the workflow names who may answer");
  }
  command.action([options, &session, verdict] { return answer(session, *options, verdict); });
}

}  // namespace

void register_approve(CommandLine& line, Session& session) {
  add(line, session, Verdict::approve, "approve", "Say yes to a task that asks before it begins");
}

void register_reject(CommandLine& line, Session& session) {
  add(line, session, Verdict::reject, "reject", "Say no to a task that asks before it begins");
}

}  // namespace skein::cli
