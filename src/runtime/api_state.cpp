#include "runtime/api_state.hpp"

#include <fmt/format.h>

#include "config/config.hpp"
#include "tool/function_tool.hpp"

namespace skein {

void Waiting::expect(RunId run, Done done) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(run, std::move(done));
}

Waiting::Done Waiting::take(RunId run) {
  const std::lock_guard lock(mutex_);
  const auto it = waiting_.find(run);
  if (it == waiting_.end()) return nullptr;
  auto done = std::move(it->second);
  waiting_.erase(it);
  return done;
}

void Waiting::on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> /*events*/,
                        std::uint64_t /*first_seq*/) {
  if (!is_final(state.status())) return;
  if (const auto done = take(run)) done(&state);
}

void Waiting::on_lost(RunId run, const Error& why) {
  if (const auto done = take(run)) done(std::unexpected(why));
}

Result<void> Runtime::State::add_tool(const Tool& tool, SameName same_name) {
  const std::lock_guard lock(tools_mutex);
  const auto known = tools.find(tool.name());
  if (known != tools.end()) {
    if (tool::same(known->second, tool)) return {};
    if (same_name == SameName::conflicts) {
      return fail(
          ErrorCode::already_exists,
          fmt::format("the runtime has another tool '{}' already; make the tool once and give the same one to every agent, or give it "
                      "another name",
                      tool.name()));
    }
  }
  if (auto added = runtime->register_tool(tool::unwrap(tool)); !added) return added;
  tools.insert_or_assign(tool.name(), tool);
  return {};
}

void Runtime::State::run_async(const Workflow& workflow, JsonPtr inputs, std::shared_ptr<const AgentOptions> who,
                               std::function<void(RunId, Result<const workflow::RunState*>)> done) {
  const auto id = runtime->new_run_id();
  if (who) hearing->expect(id, std::move(who));
  waiting->expect(id, [id, done = std::move(done)](Result<const workflow::RunState*> state) { done(id, std::move(state)); });
  runtime->start(id, workflow.definition(), std::move(inputs), [waiting = waiting, hearing = hearing, id](Result<RunId> accepted) {
    if (accepted) return;
    hearing->forget(id);
    if (const auto refused = waiting->take(id)) refused(std::unexpected(accepted.error()));
  });
}

Result<JsonPtr> checked_inputs(const Workflow& workflow, JsonObject inputs) {
  auto checked = config::check_inputs(*workflow.definition(), std::move(inputs));
  if (!checked) return std::unexpected(checked.error());
  return std::make_shared<const Json>(std::move(*checked));
}

Result<RunId> parsed_run_id(std::string_view run_id) {
  const auto id = Uuid::parse(run_id);
  if (!id)
    return fail(ErrorCode::invalid_argument,
                "'" + std::string(run_id) + "' is not a run id; it looks like 0190163d-8694-739b-aea5-966c26f8ad91");
  return *id;
}

}  // namespace skein
