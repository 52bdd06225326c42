#include "agents.hpp"

#include <malloc.h>
#include <stdexcept>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "agent/kinds/kinds.hpp"
#include "config/config.hpp"
#include "model/models.hpp"

namespace skein::bench {
namespace {

class StepTool final : public tool::Tool {
 public:
  StepTool() {
    spec_ = {.name = "step",
             .description = "Goes one step further",
             .parameters = parse_json(R"({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})").value(),
             .effect = tool::Effect::pure};
  }
  [[nodiscard]] const tool::Spec& spec() const override { return spec_; }
  [[nodiscard]] tool::asio::awaitable<tool::Outcome> call(const tool::Call& call, const tool::Services& /*services*/) const override {
    co_return tool::Outcome::ok(call.arguments->at("n"));
  }

 private:
  tool::Spec spec_;
};

}  // namespace

model::asio::awaitable<Result<model::Response>> Stepper::complete(model::Request request, model::CallOptions /*options*/) {
  const auto said = request.messages.size() / 2;
  model::Response response;
  response.message.role = model::Role::assistant;
  response.model = "stepper";
  response.answered_by = name_;
  response.usage = model::Usage{.input = 100, .output = 10};
  if (said < turns_) {
    const auto number = std::to_string(said);
    response.message.parts.emplace_back(
        model::ToolCall{.id = "call_" + number, .name = "step", .arguments = R"({"n":)" + number + "}", .kept = nullptr});
    response.finish = model::Finish::tool_calls;
  } else {
    response.message.parts.emplace_back(model::Text{"done"});
  }
  co_return response;
}

tool::ToolPtr step_tool() { return std::make_shared<StepTool>(); }

void think_with(runtime::Runtime& runtime, std::shared_ptr<model::LanguageModel> model) {
  (void)runtime.register_tool(step_tool());
  runtime.register_kind("ai_agent", [model = std::move(model)](agent::AgentSettings settings, const agent::AgentServices& services) {
    auto mine = services;
    mine.open_model = [model](const std::vector<model::ModelChoice>&) { return model; };
    return agent::make_thinking_agent(settings, mine);
  });
}

workflow::DefinitionPtr workflow_of(JsonObject document) {
  auto loaded = config::load_workflow_document(Json(std::move(document)));
  if (!loaded) throw std::runtime_error(loaded.error().front().message);
  return loaded->definition;
}

workflow::DefinitionPtr one_agent(JsonObject agent, const std::string& prompt) {
  agent["name"] = "thinker";
  agent["type"] = "ai_agent";
  JsonObject task{{"name", "think"}, {"agent_name", "thinker"}, {"action", "think"}, {"parameters", JsonObject{{"prompt", prompt}}}};
  return workflow_of({{"name", "bench"}, {"agents", JsonArray{std::move(agent)}}, {"tasks", JsonArray{std::move(task)}}});
}

std::unique_ptr<runtime::Runtime> open_runtime(const std::string& path, runtime::Durability durability) {
  runtime::RuntimeOptions options;
  options.store_path = path;
  options.durability = durability;
  auto opened = runtime::Runtime::open(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

double heap_bytes() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

void Ends::on_events(RunId /*run*/, const workflow::RunState& state, std::span<const workflow::Event> /*events*/, std::uint64_t /*first*/) {
  if (!is_final(state.status())) return;
  const std::lock_guard lock(mutex_);
  ++done_;
  if (state.status() == RunStatus::completed) ++completed;
  changed_.notify_one();
}

void Ends::wait_for(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ >= count; });
}

void Ends::forget() {
  const std::lock_guard lock(mutex_);
  done_ = 0;
}

std::shared_ptr<Ends> listen(runtime::Runtime& runtime) {
  auto ends = std::make_shared<Ends>();
  runtime.add_listener(ends);
  return ends;
}

int run_many(runtime::Runtime& runtime, Ends& ends, const workflow::DefinitionPtr& definition, int count, int at_once) {
  const auto inputs = std::make_shared<const Json>(JsonObject{});
  const auto before = ends.completed;
  ends.forget();
  for (int i = 0; i < count; ++i) {
    ends.wait_for(i - at_once + 1);
    runtime.start(runtime.new_run_id(), definition, inputs, [](Result<RunId>) {});
  }
  ends.wait_for(count);
  return ends.completed - before;
}

}  // namespace skein::bench
