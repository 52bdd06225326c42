#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/screen_text.hpp"
#include "cli/tell.hpp"
#include "config/config.hpp"

namespace skein::cli {
namespace {

struct AnswerOptions {
  DriveOptions drive;
  std::string run;
  std::string task;
  std::vector<std::string> value;    ///< at most one
  std::string item;
  std::string comment;
  std::string as;
};

/// The task that asks; without a name the only one.
Result<const runtime::TaskReport*> asking(const runtime::RunReport& report, const std::string& name) {
  std::vector<std::string> names;
  const runtime::TaskReport* found = nullptr;
  for (const auto& task : report.tasks) {
    if (!task.awaits || !task.awaits->answer) continue;
    names.push_back(task.name);
    if (name.empty() || task.name == name) found = &task;
  }
  if (names.empty())
    return fail(ErrorCode::conflict, fmt::format("run {} asks nothing now; it is {}", short_id(report.id), to_string(report.status)));
  if (name.empty() && names.size() > 1)
    return fail(ErrorCode::invalid_argument, fmt::format("several tasks ask: {}; name one", list_of(names)));
  if (found == nullptr) return fail(ErrorCode::conflict, fmt::format("task '{}' asks nothing now; {} does", name, list_of(names)));
  return found;
}

Result<std::string> words_of(Session& session, const AnswerOptions& options, const runtime::RunReport& report,
                             const runtime::TaskReport& task) {
  if (options.value.size() > 1)
    return fail(ErrorCode::invalid_argument, fmt::format("one answer is needed, not {}; put it in quotes", options.value.size()));
  if (!options.value.empty()) return options.value.front();
  const auto wanted = config::in_words(*task.awaits->answer);
  if (isatty(STDIN_FILENO) == 0 || options.drive.common.json) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' asks: {}\nThe answer must be {}: skein answer {} {} VALUE{}", one_line(task.name),
                            one_line(task.awaits->message), wanted, short_id(report.id), task.name, store_hint(options.drive.common)));
  }
  session.output.note(fmt::format("'{}' asks: {}", one_line(task.name), one_line(task.awaits->message)));
  session.output.prompt(fmt::format("{} > ", wanted));
  std::string line;
  if (!std::getline(std::cin, line)) return fail(ErrorCode::invalid_argument, "no answer was given; nothing has changed");
  return line;
}

Result<std::string> answer(Session& session, const AnswerOptions& options, runtime::Runtime& runtime, const runtime::RunReport& report) {
  const auto task = asking(report, options.task);
  if (!task) return std::unexpected(task.error());
  const auto& awaits = *(*task)->awaits;
  const auto by = options.as.empty() ? user_name() : options.as;
  if (!awaits.approvers.empty() && std::ranges::find(awaits.approvers, by) == awaits.approvers.end()) {
    return fail(
        ErrorCode::permission_denied,
        fmt::format("'{}' was not asked; {} may answer (say who you are with --as NAME or SKEIN_USER)", by, list_of(awaits.approvers)));
  }
  const auto words = words_of(session, options, report, **task);
  if (!words) return std::unexpected(words.error());
  const auto value = parse_answer(*awaits.answer, *words);
  if (!value) return std::unexpected(value.error());
  std::optional<std::uint32_t> item;
  if (!options.item.empty()) {
    item = 0;
    const auto* end = options.item.data() + options.item.size();
    if (std::from_chars(options.item.data(), end, *item).ptr != end)
      return fail(ErrorCode::invalid_argument, fmt::format("--item takes a whole number from 0, not '{}'", options.item));
  }
  const auto told = runtime.reply(report.id, (*task)->name, item, *value, by, options.comment);
  if (!told) return std::unexpected(told.error());
  return fmt::format("Answered '{}' as {}.", (*task)->name, by);
}

}  // namespace

void register_answer(CommandLine& line, Session& session) {
  auto options = std::make_shared<AnswerOptions>();
  auto& command = line.command("answer", "Run", "Answer a question that a task asks a person");
  command
      .details(
          "For tasks of an agent of type human. The value is checked against the shape that the task asks for before anything is sent: "
          "text as "
          "it is where the answer is a string, else JSON. Without VALUE it asks at the terminal. If no other process drives the run, this "
          "one "
          "does, to its end or to its next question.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .positional("TASK", options->task, Need::optional, "The task that asks; may be left out where only one does and no VALUE is given")
      .positional("VALUE", options->value, Need::optional, "The answer")
      .option("--item", options->item, "N", "Which item of a for_each, from 0 (default: the first that asks)")
      .option("--comment", options->comment, "TEXT", "Why; it stands in the run's events")
      .option("--as", options->as, "NAME", "Who answers (default: SKEIN_USER, else your user name)");
  add_drive_options(command, options->drive);
  command.example("skein answer last", "See the question of the newest run and answer it")
      .example("skein answer 0190163d-8694 copies 3 --comment 'one more than last year'", "In one line")
      .action([options, &session] {
        return tell_run(session, options->drive, options->run, [&](runtime::Runtime& runtime, const runtime::RunReport& report) {
          return answer(session, *options, runtime, report);
        });
      });
}

}  // namespace skein::cli
