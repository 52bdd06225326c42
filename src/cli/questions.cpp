#include "cli/questions.hpp"

#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/drive.hpp"
#include "cli/report_view.hpp"
#include "cli/screen_text.hpp"
#include "cli/tell.hpp"
#include "config/config.hpp"

namespace skein::cli {
namespace {

using runtime::AwaitedReport;
using Verdict = runtime::Runtime::Verdict;

/// How a command names this question, where several of the task are open.
std::string which(const AwaitedReport& awaits, bool several) {
  std::string out;
  if (several && awaits.item) out += fmt::format(" --item {}", *awaits.item);
  if (several && awaits.call > 0) out += fmt::format(" --call {}", awaits.call);
  return out;
}

/// Who may answer, where that is not whoever sits here.
std::string for_whom(const AwaitedReport& awaits) {
  const auto& names = awaits.approvers;
  if (names.empty() || std::ranges::find(names, user_name()) != names.end()) return {};
  return fmt::format(" (for {}: add --as NAME)", one_line(list_of(names, " or ")));
}

void say(Session& session, const runtime::RunReport& report, const runtime::TaskReport& task, const AwaitedReport& awaits,
         const CommonOptions& options) {
  const auto where = fmt::format("{} {}{}{}", short_id(report.id), awaits.signal.empty() ? task.name : awaits.signal,
                                 which(awaits, !task.also_awaits.empty()), store_hint(options));
  if (awaits.answer) {
    session.output.note(fmt::format("'{}' asks: {}{}\n  skein answer {} {}", one_line(task.name), one_line(awaits.message),
                                    for_whom(awaits), where, fmt::format("VALUE   ({})", config::in_words(*awaits.answer))));
  } else if (awaits.signal.empty()) {
    const auto arguments = awaits.tool.empty() ? std::string{} : " " + one_line(shorten(to_json(*awaits.parameters), 300));
    session.output.note(fmt::format("'{}' asks: {}{}{}\n  skein approve {}\n  skein reject {}", one_line(task.name),
                                    one_line(awaits.message), arguments, for_whom(awaits), where, where));
  } else {
    session.output.note(fmt::format("'{}' waits for the signal '{}'\n  skein signal {} --payload '{{…}}'", one_line(task.name),
                                    one_line(awaits.signal), where));
  }
}

/// Asks for the answer of a task until it has the shape that is wanted. False where the person leaves it for later.
bool answer_here(Session& session, runtime::Runtime& runtime, const OpenQuestion& question, RunId run) {
  const auto& [task, awaits] = question;
  session.output.note(fmt::format("\n'{}' asks: {}", one_line(task->name), one_line(awaits->message)));
  while (true) {
    session.output.prompt(fmt::format("{}; nothing: later > ", config::in_words(*awaits->answer)));
    std::string line;
    if (!std::getline(std::cin, line) || line.empty()) return false;
    const auto value = parse_answer(*awaits->answer, line);
    const auto told = value ? runtime.reply(run, task->name, place_of(*awaits), *value, user_name(), {}) : std::unexpected(value.error());
    if (told) return true;
    session.output.error(told.error().message);
  }
}

/// Asks for other arguments until they fit the tool. False where the person leaves it for later.
bool edit_here(Session& session, runtime::Runtime& runtime, const OpenQuestion& question, RunId run) {
  const auto& [task, awaits] = question;
  while (true) {
    session.output.prompt("the arguments as JSON; nothing: later > ");
    std::string line;
    if (!std::getline(std::cin, line) || line.empty()) return false;
    const auto value = parse_json(line);
    if (!value) {
      session.output.error(value.error().message);
      continue;
    }
    if (const auto wrong = config::violations("arguments", *awaits->shape, *value); !wrong.empty()) {
      session.output.error(wrong.front());
      continue;
    }
    const auto told = runtime.reply(run, task->name, place_of(*awaits), *value, user_name(), {});
    if (told) return true;
    session.output.error(told.error().message);
    return false;
  }
}

/// "y", "yes", "n", "no", and after a no the reason.
bool verdict_here(Session& session, runtime::Runtime& runtime, const OpenQuestion& question, RunId run) {
  const auto& [task, awaits] = question;
  session.output.note(fmt::format("\n'{}' asks: {}", one_line(task->name), one_line(awaits->message)));
  if (awaits->parameters && !awaits->parameters->is_null()) session.output.note(readable(*awaits->parameters));
  session.output.prompt(awaits->shape ? "Approve? [y]es, [n]o and why, [e]dit, anything else: later > "
                                      : "Approve? [y]es, [n]o and why, anything else: later > ");
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  if (awaits->shape && (word == "e" || word == "edit")) return edit_here(session, runtime, question, run);
  const bool yes = line == "y" || line == "yes";
  if (!yes && word != "n" && word != "no") return false;
  const auto comment = yes || space == std::string::npos ? std::string_view{} : trim(std::string_view(line).substr(space));
  const auto told = runtime.answer(run, task->name, yes ? Verdict::approve : Verdict::reject, user_name(), comment, {}, place_of(*awaits));
  if (told) return true;
  session.output.error(told.error().message);
  return false;
}

bool ask_one(Session& session, runtime::Runtime& runtime, const OpenQuestion& question, RunId run) {
  if (question.awaits->answer) return answer_here(session, runtime, question, run);
  return question.awaits->asks() && verdict_here(session, runtime, question, run);
}

}  // namespace

void say_what_it_waits_for(Session& session, const runtime::Runtime& runtime,  // NOLINT(misc-no-recursion): as deep as workflows are nested
                           const runtime::RunReport& report, const CommonOptions& options) {
  for (const auto& task : report.tasks) {
    if (!task.awaits) continue;
    for (const auto child : task.awaits->children) {
      const auto inner = runtime.report(child);
      if (!inner) continue;
      session.output.note(fmt::format("'{}' runs {} ({}), which is {}", one_line(task.name), short_id(child), one_line(inner->workflow),
                                      to_string(inner->status)));
      say_what_it_waits_for(session, runtime, *inner, options);
    }
    if (!task.awaits->children.empty()) continue;
    say(session, report, task, *task.awaits, options);
    for (const auto& more : task.also_awaits) say(session, report, task, more, options);
  }
}

bool ask_here(Session& session, runtime::Runtime& runtime, const runtime::RunReport& report) {  // NOLINT(misc-no-recursion): as above
  for (const auto& task : report.tasks) {
    if (!task.awaits) continue;
    for (const auto child : task.awaits->children) {
      const auto inner = runtime.report(child);
      if (inner && ask_here(session, runtime, *inner)) return true;
    }
    if (ask_one(session, runtime, {.task = &task, .awaits = &*task.awaits}, report.id)) return true;
    for (const auto& more : task.also_awaits) {
      if (ask_one(session, runtime, {.task = &task, .awaits = &more}, report.id)) return true;
    }
  }
  return false;
}

}  // namespace skein::cli
