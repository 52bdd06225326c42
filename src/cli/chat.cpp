#include "cli/chat.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/agent_options.hpp"
#include "cli/drive.hpp"
#include "cli/questions.hpp"
#include "cli/report_view.hpp"
#include "cli/screen_text.hpp"
#include "config/config.hpp"

namespace skein::cli {
namespace {

constexpr std::string_view workflow_name = "chat";
/// Runs that are looked through for one that was interrupted; the newest come first.
constexpr std::uint32_t most_searched = 1000;
constexpr milliseconds a_moment{50};

std::string text_input(const Json& inputs, std::string_view name) {
  const auto* value = at_pointer(inputs, pointer_to("", name));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Result<std::optional<LatestTurn>> latest_turn(runtime::Runtime& runtime, const std::string& session) {
  store::RunFilter filter;
  filter.workflow = workflow_name;
  filter.limit = most_searched;
  const auto rows = runtime.store().list_runs(filter);
  if (!rows) return std::unexpected(rows.error());
  for (const auto& row : *rows) {
    if (is_final(row.summary.status)) continue;
    const auto state = runtime.state(row.id);
    if (!state || text_input(state->inputs(), "session") != session) continue;
    return LatestTurn{.run = row.id, .ended = false, .said = text_input(state->inputs(), "task")};
  }
  const auto kept = runtime.store().find_session(session);
  if (!kept && kept.error().code == ErrorCode::not_found) return std::optional<LatestTurn>{};
  if (!kept) return std::unexpected(kept.error());
  const auto messages = runtime.store().read_session(kept->point, kept->point.length - 1);
  if (!messages) return std::unexpected(messages.error());
  if (messages->empty() || !runtime.store().find_run(messages->back().run)) return std::optional<LatestTurn>{};
  return LatestTurn{.run = messages->back().run, .ended = true, .said = {}};
}

Result<ChatAgent> agent_of_run(runtime::Runtime& runtime, RunId run) {
  const auto state = runtime.state(run);
  if (!state) return std::unexpected(state.error());
  ChatAgent out;
  out.around = state->definition().document;
  const auto* agent = at_pointer(out.around, "/agents/0");
  if (agent == nullptr || !agent->is_object()) return fail(ErrorCode::internal, "a run without an agent");
  out.agent = agent->get_object();
  if (state->inputs().is_object()) out.inputs = state->inputs().get_object();
  return out;
}

Chat::Chat(Session& session, runtime::Runtime& runtime, ChatView& view, ChatAgent agent, std::string name, Options options)
    : session_(session), runtime_(runtime), view_(view), agent_(std::move(agent)), name_(std::move(name)), options_(std::move(options)) {}

std::string Chat::agent_name() const {
  const auto* name = agent_.agent.if_contains("name");
  return name != nullptr && name->is_string() ? std::string(name->get_string()) : std::string();
}

Result<void> Chat::use_model(const std::string& model) {
  AgentOptions wanted;
  wanted.model = model;
  auto agent = agent_of(wanted, agent_.agent, {}, agent_.around);
  if (!agent) return std::unexpected(agent.error());
  std::swap(agent_.agent, *agent);
  if (const auto able = definition(); !able) {
    std::swap(agent_.agent, *agent);
    return std::unexpected(able.error());
  }
  return {};
}

Result<workflow::DefinitionPtr> Chat::definition() const {
  auto agent = agent_.agent;
  agent["session"] = "{{inputs.session}}";
  auto document = workflow_of(std::move(agent), false, agent_.around);
  document["name"] = workflow_name;
  document["inputs"].get_object()["session"] = JsonObject{{"type", "string"}};
  auto loaded = config::load_workflow_document(document, agent_.folder);
  if (loaded) return loaded->definition;
  std::string text;
  for (const auto& problem : loaded.error()) text += (text.empty() ? "the agent cannot be made: " : "\n") + problem.message;
  return fail(ErrorCode::invalid_argument, std::move(text));
}

Result<Chat::Said> Chat::say(const std::string& text) {
  const auto made = definition();
  if (!made) return std::unexpected(made.error());
  auto given = agent_.inputs;
  given["task"] = text;
  given["session"] = name_;
  auto inputs = config::check_inputs(**made, std::move(given));
  if (!inputs) return std::unexpected(inputs.error());
  const auto id = runtime_.new_run_id();
  view_.begin(id);
  std::promise<Result<RunId>> accepted;
  runtime_.start(id, *made, std::make_shared<const Json>(std::move(*inputs)),
                 [&](Result<RunId> run) { accepted.set_value(std::move(run)); });
  const auto run = accepted.get_future().get();
  if (!run) return std::unexpected(run.error());
  return show(*run);
}

Result<Chat::Said> Chat::go_on(RunId run) {
  view_.begin(run);
  if (const auto resumed = runtime_.resume(run); !resumed) return std::unexpected(resumed.error());
  return show(run);
}

/// Shows what happens until the run ends or waits for a person. The first Ctrl-C cancels it.
Result<runtime::RunReport> Chat::follow(RunId run) {
  Result<runtime::RunReport> report = fail(ErrorCode::internal, "nobody waited for the run");
  std::atomic<bool> over{false};
  {
    std::jthread waiting([&] {
      report = runtime_.wait(run);
      over = true;
    });
    bool cancelled = false;
    while (!over) {
      view_.print_for(a_moment);
      if (cancelled || !session_.interrupts.requested()) continue;
      cancelled = true;
      if (const auto told = runtime_.cancel(run, "the person interrupted the answer"); !told && !over)
        session_.output.error(told.error().message);
    }
  }
  return report;
}

Result<Chat::Said> Chat::show(RunId run) {
  auto report = follow(run);
  while (options_.person && report && report->status == RunStatus::waiting && !session_.interrupts.requested()) {
    (void)view_.finish({});
    if (!ask_here(session_, runtime_, *report)) break;
    report = follow(run);
  }
  const auto* value = report && report->outputs ? at_pointer(*report->outputs, "/answer") : nullptr;
  const auto answer = value == nullptr ? std::string() : readable(*value);
  const bool shown = view_.finish(value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view());
  if (!report) return std::unexpected(report.error());
  auto& output = session_.output;
  const bool answered = report->status == RunStatus::completed && value != nullptr;
  if (options_.common.json) {
    JsonObject line{{"run_id", run.str()}, {"session", name_}, {"status", to_string(report->status)}};
    if (answered) line["answer"] = *value;
    if (!report->error.empty()) line["error"] = report->error;
    output.print_json_line(line);
  } else if (answered && !shown) {
    output.print(answer);
  }
  if (answered) return Said::answered;
  if (!is_final(report->status)) {
    if (!options_.common.json) say_what_it_waits_for(session_, runtime_, *report, options_.common);
    return Said::waits;
  }
  if (options_.common.json) return Said::failed;
  if (report->status == RunStatus::cancelled) {
    output.note("Cancelled; nothing of this turn is kept.");
  } else {
    output.error(report->error);
  }
  return Said::failed;
}

}  // namespace skein::cli
