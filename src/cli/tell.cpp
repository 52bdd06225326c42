#include "cli/tell.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config.hpp"

namespace skein::cli {

Result<int> tell_run(Session& session, const DriveOptions& options, const std::string& name,
                     const std::function<Result<std::string>(runtime::Runtime&, const runtime::RunReport&)>& say) {
  configure_logs(options.debug);
  const auto runtime = open_existing(options.common, options_to_drive(options));
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, name);
  if (!run) return std::unexpected(run.error());
  const auto before = (*runtime)->report(*run);
  if (!before) return std::unexpected(before.error());
  if (is_final(before->status)) {
    return fail(ErrorCode::conflict, fmt::format("run {} has ended already: {}", short_id(*run), to_string(before->status)));
  }
  const auto row = (*runtime)->store().find_run(*run);
  if (row && row->owned) {
    const auto said = say(**runtime, *before);
    if (!said) return std::unexpected(said.error());
    if (!options.common.json) session.output.note(fmt::format("{} Another process drives the run and goes on with it.", *said));
    const auto report = (*runtime)->report(*run);
    if (report && options.common.json) session.output.print_json(to_json_value(*report));
    return 0;
  }
  const auto definition = row ? (*runtime)->definition(row->definition_hash) : std::unexpected(row.error());
  if (!definition) return std::unexpected(definition.error());
  if (const auto able = (*runtime)->can_drive(**definition); !able) {
    const auto said = say(**runtime, *before);
    if (!said) return std::unexpected(said.error());
    if (options.common.json) {
      session.output.print_json(to_json_value(*before));
    } else {
      session.output.note(fmt::format("{} The run does not go on here: {}.", *said, able.error().message));
    }
    return 4;
  }
  return drive(session, **runtime, options, [&]() -> Result<RunId> {
    const auto said = say(**runtime, *before);
    if (!said) return std::unexpected(said.error());
    if (!options.common.json) session.output.note(*said);
    return *run;
  });
}

namespace {

bool takes(const runtime::AwaitedReport& awaits, WordKind kind) {
  if (kind == WordKind::answer) return awaits.answer != nullptr;
  return awaits.asks() || (kind == WordKind::reject && awaits.call > 0);
}

Result<std::optional<std::uint32_t>> number(std::string_view option, const std::string& text, std::uint32_t least) {
  if (text.empty()) return std::nullopt;
  std::uint32_t out = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc{} || read.ptr != end || out < least)
    return fail(ErrorCode::invalid_argument, fmt::format("{} takes a whole number from {}, not '{}'", option, least, text));
  return out;
}

/// Why a run takes no such word, with what it waits for instead.
Error nothing_to_say(const runtime::RunReport& report, WordKind kind) {
  const auto* word = kind == WordKind::answer ? "answer" : kind == WordKind::approve ? "approve" : "reject";
  auto text = fmt::format("run {} asks nothing now that `skein {}` answers; it is {}", short_id(report.id), word, to_string(report.status));
  for (const auto& task : report.tasks) {
    if (!task.awaits) continue;
    if (takes(*task.awaits, WordKind::answer)) {
      text += fmt::format(": '{}' wants an answer (skein answer {} {} VALUE)", task.name, short_id(report.id), task.name);
    } else if (takes(*task.awaits, WordKind::approve)) {
      text += fmt::format(": '{0}' wants a yes or no (skein approve {1} {0}, skein reject {1} {0})", task.name, short_id(report.id));
    } else if (!task.awaits->signal.empty()) {
      text += fmt::format(": '{}' waits for the signal '{}'", task.name, task.awaits->signal);
    } else {
      continue;
    }
    break;
  }
  return fail(ErrorCode::conflict, std::move(text)).error();
}

}  // namespace

Result<OpenQuestion> find_question(const runtime::RunReport& report, WordKind kind, const std::string& task, const std::string& item,
                                   const std::string& call) {
  const auto wanted_item = number("--item", item, 0);
  if (!wanted_item) return std::unexpected(wanted_item.error());
  const auto wanted_call = number("--call", call, 1);
  if (!wanted_call) return std::unexpected(wanted_call.error());
  std::vector<std::string> names;
  OpenQuestion found;
  bool asks = false;
  for (const auto& one : report.tasks) {
    const auto look_at = [&](const runtime::AwaitedReport& awaits) {
      if (!takes(awaits, kind)) return;
      if (names.empty() || names.back() != one.name) names.push_back(one.name);
      if (!task.empty() && one.name != task) return;
      asks = true;
      const bool meant = (!*wanted_item || awaits.item == *wanted_item) && (!*wanted_call || awaits.call == **wanted_call);
      if (meant && found.task == nullptr) found = {.task = &one, .awaits = &awaits};
    };
    if (one.awaits) look_at(*one.awaits);
    for (const auto& awaits : one.also_awaits) look_at(awaits);
  }
  if (names.empty()) return std::unexpected(nothing_to_say(report, kind));
  if (task.empty() && names.size() > 1)
    return fail(ErrorCode::invalid_argument, fmt::format("several tasks ask: {}; name one", list_of(names)));
  if (!asks) return fail(ErrorCode::conflict, fmt::format("task '{}' asks nothing now; {} does", task, list_of(names)));
  if (found.task == nullptr)
    return fail(ErrorCode::conflict, fmt::format("no question of task '{}' has that --item or --call; `skein show {} --json` lists them",
                                                 task.empty() ? names.front() : task, short_id(report.id)));
  return found;
}

Result<void> may_answer(const runtime::AwaitedReport& awaits, std::string_view by) {
  const auto& approvers = awaits.approvers;
  if (approvers.empty() || std::ranges::find(approvers, by) != approvers.end()) return {};
  return fail(ErrorCode::permission_denied,
              fmt::format("'{}' was not asked; {} may answer (say who you are with --as NAME or SKEIN_USER)", by, list_of(approvers)));
}

runtime::QuestionPlace place_of(const runtime::AwaitedReport& awaits) {
  runtime::QuestionPlace out{.item = awaits.item};
  if (awaits.call > 0) out.call = awaits.call;
  return out;
}

Result<Json> parse_answer(const Json& schema, std::string_view words) {
  workflow::InputDefinition shape;
  shape.name = "answer";
  shape.schema = schema;
  auto value = config::parse_input_value(shape, words);
  if (!value)
    return fail(ErrorCode::invalid_argument, fmt::format("the answer must be {}, got '{}'", config::in_words(schema), shorten(words, 60)));
  if (auto wrong = config::violations("the answer", schema, *value); !wrong.empty()) {
    if (wrong.front().starts_with("'the answer'")) wrong.front().replace(0, 12, "the answer");
    return fail(ErrorCode::invalid_argument, std::move(wrong.front()));
  }
  return value;
}

}  // namespace skein::cli
