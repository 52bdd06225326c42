#include "cli/questions.hpp"

#include <iostream>

#include <fmt/format.h>

#include "cli/drive.hpp"
#include "cli/report_view.hpp"
#include "cli/screen_text.hpp"
#include "cli/tell.hpp"
#include "config/config.hpp"

namespace skein::cli {
namespace {

/// Asks for the answer of a task until it has the shape that is wanted. False where the person leaves it for later.
bool answer_here(Session& session, runtime::Runtime& runtime, const runtime::RunReport& report, const runtime::TaskReport& task) {
  const auto& awaits = *task.awaits;
  session.output.note(fmt::format("\n'{}' asks: {}", one_line(task.name), one_line(awaits.message)));
  while (true) {
    session.output.prompt(fmt::format("{}; nothing: later > ", config::in_words(*awaits.answer)));
    std::string line;
    if (!std::getline(std::cin, line) || line.empty()) return false;
    const auto value = parse_answer(*awaits.answer, line);
    const auto told = value ? runtime.reply(report.id, task.name, awaits.item, *value, user_name(), {}) : std::unexpected(value.error());
    if (told) return true;
    session.output.error(told.error().message);
  }
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
    const auto where = fmt::format("{} {}{}", short_id(report.id), task.awaits->signal.empty() ? task.name : task.awaits->signal,
                                   store_hint(options));
    if (task.awaits->answer) {
      session.output.note(fmt::format("'{}' asks: {}\n  skein answer {} {}", one_line(task.name), one_line(task.awaits->message), where,
                                      fmt::format("VALUE   ({})", config::in_words(*task.awaits->answer))));
    } else if (task.awaits->signal.empty()) {
      session.output.note(fmt::format("'{}' asks: {}\n  skein approve {}\n  skein reject {}", one_line(task.name),
                                      one_line(task.awaits->message), where, where));
    } else {
      session.output.note(fmt::format("'{}' waits for the signal '{}'\n  skein signal {} --payload '{{…}}'", one_line(task.name),
                                      one_line(task.awaits->signal), where));
    }
  }
}

bool ask_here(Session& session, runtime::Runtime& runtime, const runtime::RunReport& report) {  // NOLINT(misc-no-recursion): as above
  for (const auto& task : report.tasks) {
    if (!task.awaits) continue;
    for (const auto child : task.awaits->children) {
      const auto inner = runtime.report(child);
      if (inner && ask_here(session, runtime, *inner)) return true;
    }
    if (task.awaits->answer && answer_here(session, runtime, report, task)) return true;
    if (!task.awaits->asks()) continue;
    session.output.note(fmt::format("\n'{}' asks: {}", one_line(task.name), one_line(task.awaits->message)));
    if (task.awaits->parameters && !task.awaits->parameters->is_null()) session.output.note(readable(*task.awaits->parameters));
    session.output.prompt("Approve? [y]es, [n]o, anything else: later > ");
    std::string line;
    if (!std::getline(std::cin, line)) return false;
    const bool yes = line == "y" || line == "yes";
    if (!yes && line != "n" && line != "no") continue;
    const auto verdict = yes ? runtime::Runtime::Verdict::approve : runtime::Runtime::Verdict::reject;
    const auto told = runtime.answer(report.id, task.name, verdict, user_name(), {}, {});
    if (told) return true;
    session.output.error(told.error().message);
  }
  return false;
}

}  // namespace skein::cli
