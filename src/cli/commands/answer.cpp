#include <iostream>
#include <memory>
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
  std::string call;
  std::string comment;
  std::string as;
};

Result<std::string> words_of(Session& session, const AnswerOptions& options, const runtime::RunReport& report,
                             const OpenQuestion& question) {
  if (options.value.size() > 1)
    return fail(ErrorCode::invalid_argument, fmt::format("one answer is needed, not {}; put it in quotes", options.value.size()));
  if (!options.value.empty()) return options.value.front();
  const auto& task = *question.task;
  const auto& awaits = *question.awaits;
  const auto wanted = config::in_words(*awaits.answer);
  if (isatty(STDIN_FILENO) == 0 || options.drive.common.json) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' asks: {}\nThe answer must be {}: skein answer {} {} VALUE{}", one_line(task.name),
                            one_line(awaits.message), wanted, short_id(report.id), task.name, store_hint(options.drive.common)));
  }
  session.output.note(fmt::format("'{}' asks: {}", one_line(task.name), one_line(awaits.message)));
  session.output.prompt(fmt::format("{} > ", wanted));
  std::string line;
  if (!std::getline(std::cin, line)) return fail(ErrorCode::invalid_argument, "no answer was given; nothing has changed");
  return line;
}

Result<std::string> answer(Session& session, const AnswerOptions& options, runtime::Runtime& runtime, const runtime::RunReport& report) {
  const auto question = find_question(report, WordKind::answer, options.task, options.item, options.call);
  if (!question) return std::unexpected(question.error());
  const auto& [task, awaits] = *question;
  const auto by = options.as.empty() ? user_name() : options.as;
  if (const auto may = may_answer(*awaits, by); !may) return std::unexpected(may.error());
  const auto words = words_of(session, options, report, *question);
  if (!words) return std::unexpected(words.error());
  const auto value = parse_answer(*awaits->answer, *words);
  if (!value) return std::unexpected(value.error());
  const auto told = runtime.reply(report.id, task->name, place_of(*awaits), *value, by, options.comment);
  if (!told) return std::unexpected(told.error());
  return fmt::format("Answered '{}' as {}.", task->name, by);
}

}  // namespace

void register_answer(CommandLine& line, Session& session) {
  auto options = std::make_shared<AnswerOptions>();
  auto& command = line.command("answer", "Run", "Answer a question that a task asks a person");
  command
      .details(
          "For tasks of an agent of type human, and for agents that ask with the tool ask_human. The value is checked against the shape "
          "that the task asks for before anything is sent: "
          "text as "
          "it is where the answer is a string, else JSON. Without VALUE it asks at the terminal. If no other process drives the run, this "
          "one "
          "does, to its end or to its next question.")
      .positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .positional("TASK", options->task, Need::optional, "The task that asks; may be left out where only one does and no VALUE is given")
      .positional("VALUE", options->value, Need::optional, "The answer")
      .option("--item", options->item, "N", "Which item of a for_each, from 0 (default: the first that asks)")
      .option("--call", options->call, "N", "Which call of an agent, as `skein show` numbers it (default: the first that asks)")
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
