#include "runtime/api_hearing.hpp"

#include <exception>

#include "base/log.hpp"
#include "model/exchange.hpp"

namespace skein {
namespace {

bool hears_words(const AgentOptions& who) { return who.on_text || who.on_reasoning; }

/// A callback's mistake is its own: the run goes on.
template <class Callback, class Heard>
void tell(const Callback& callback, const Heard& heard) {
  if (!callback) return;
  try {
    callback(heard);
  } catch (const std::exception& error) {
    log::error("a callback of an agent threw", {{"error", Json(error.what())}});
  } catch (...) {
    log::error("a callback of an agent threw", {});
  }
}

}  // namespace

bool Hearing::expect(RunId run, std::shared_ptr<const AgentOptions> who) {
  const bool words = hears_words(*who);
  if (!words && !who->on_tool_call && !who->on_tool_result) return false;
  auto listened = std::make_shared<Listened>();
  listened->who = std::move(who);
  const std::lock_guard lock(mutex_);
  if (!runs_.emplace(run, std::move(listened)).second) return false;
  if (words) ++streams_;
  return true;
}

void Hearing::forget(RunId run) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  if (hears_words(*found->second->who)) --streams_;
  runs_.erase(found);
}

std::shared_ptr<Hearing::Listened> Hearing::find(RunId run) const {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(run);
  return found == runs_.end() ? nullptr : found->second;
}

void Hearing::on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t /*first_seq*/) {
  const auto listened = find(run);
  if (!listened) return;
  const auto id = run.str();
  for (const auto& event : events) {
    if (const auto* begun = std::get_if<workflow::CallStarted>(&event.body); begun != nullptr && begun->kind == agent::CallKind::tool) {
      const auto* tool = at_pointer(*begun->request, "/tool");
      if (tool == nullptr || !tool->is_string()) continue;
      auto& call = listened->calls[begun->number];
      call = {.tool = std::string(tool->get_string()), .request = begun->request};
      tell(listened->who->on_tool_call,
           AgentToolCall{.run_id = id, .number = begun->number, .tool = call.tool, .arguments = at_pointer(*call.request, "/arguments")});
    } else if (const auto* ended = std::get_if<workflow::CallEnded>(&event.body)) {
      const auto call = listened->calls.find(ended->number);
      if (call == listened->calls.end()) continue;
      const auto* failed = at_pointer(*ended->answer, "/failed");
      tell(listened->who->on_tool_result, AgentToolCall{.run_id = id,
                                                        .number = ended->number,
                                                        .tool = call->second.tool,
                                                        .arguments = at_pointer(*call->second.request, "/arguments"),
                                                        .result = at_pointer(*ended->answer, "/result"),
                                                        .failed = failed != nullptr && *failed == Json(true)});
      listened->calls.erase(call);
    }
  }
  if (is_final(state.status())) forget(run);
}

void Hearing::on_lost(RunId run, const Error& /*why*/) { forget(run); }

void Hearing::on_output(const AgentRequest& request, const model::Delta& delta) {
  const bool text = delta.kind == model::Delta::Kind::text;
  if (!text && delta.kind != model::Delta::Kind::reasoning) return;
  const auto run = Uuid::parse(request.run_id);
  const auto listened = run ? find(*run) : nullptr;
  if (listened) tell(text ? listened->who->on_text : listened->who->on_reasoning, delta.text);
}

}  // namespace skein
