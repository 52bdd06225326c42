#include <fmt/format.h>

#include "agent/kinds/kinds.hpp"
#include "agent/react.hpp"
#include "agent/thinking/loop_journal.hpp"
#include "agent/thinking/prompt.hpp"
#include "agent/thinking/tool_loop.hpp"
#include "model/language_model.hpp"
#include "model/response_json.hpp"
#include "tool/registry.hpp"

// An ai_agent with a model: the tool loop with its I/O.
namespace skein::agent {
namespace {

/// What its machines share. It outlives the agent where a call is still ending.
struct Shared {
  std::shared_ptr<const LoopSetup> setup;
  std::shared_ptr<model::LanguageModel> model;
  std::vector<tool::ToolPtr> tools;
  tool::Services services;
  OutputSink* output = nullptr;
};

class ThinkingMachine final : public ToolLoop {
 public:
  ThinkingMachine(std::shared_ptr<const Shared> shared, const AgentRequest& request, std::vector<model::Message> prompt,
                  JsonObject identity)
      : ToolLoop(shared->setup, std::move(prompt), std::move(identity)), shared_(std::move(shared)), request_(request) {}

  [[nodiscard]] asio::awaitable<CallAnswer> perform(std::uint32_t number) override {
    if (is_model_call(number)) return ask(number);
    return use(number);
  }

 private:
  asio::awaitable<CallAnswer> ask(std::uint32_t number) {
    model::CallOptions options;
    options.idempotency_key = key_of_call(request_, number);
    if (auto* output = shared_->output; output != nullptr && output->listens()) {
      options.on_delta = [output, this](const model::Delta& delta) { output->on_output(request_, delta); };
    }
    // The conversation may be long, and the answer may take minutes: no copy of the request waits here.
    auto asked = co_await shared_->model->complete(request_of(number), std::move(options));
    if (!asked) co_return failure(number, asked.error());
    const auto used = cost_of(*asked, asked->usage ? model::Request() : request_of(number));
    auto& response = *asked;
    if (setup().settings.tool_calling == "react") {
      std::vector<model::ToolSpec> tools;
      for (const auto& spec : setup().tools) {
        tools.push_back({.name = spec.name, .description = spec.description, .parameters = spec.parameters});
      }
      response = from_react(std::move(response), tools, fmt::format("call_{}", number));
    }
    co_return CallAnswer{.value = model::response_to_json(response), .used = used};
  }

  asio::awaitable<CallAnswer> use(std::uint32_t number) {
    const auto& use = use_of(number);
    const auto tool = std::ranges::find_if(shared_->tools, [&](const auto& one) { return one->spec().name == use.name; });
    if (tool == shared_->tools.end()) co_return failure(number, fail(ErrorCode::not_found, "there is no such tool").error());
    const auto arguments = use.arguments;
    tool::Call call;
    call.arguments = &arguments;
    call.idempotency_key = key_of_call(request_, number);
    call.run_id = request_.run_id;
    call.agent = std::string(request_.agent);
    const auto keep = *tool;
    const auto outcome = co_await keep->call(call, shared_->services);
    co_return CallAnswer{.value = outcome_to_json(outcome), .used = {.tokens = 0, .nano_dollars = 0, .tool_calls = 1}};
  }

  std::shared_ptr<const Shared> shared_;
  const AgentRequest& request_;
};

class ThinkingAgent final : public MachineAgent {
 public:
  explicit ThinkingAgent(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  [[nodiscard]] Result<std::unique_ptr<Machine>> work_on(const AgentRequest& request) override {
    static const JsonObject none;
    const auto* parameters = request.parameters->if_object();
    auto prompt = prompt_of(request.action, parameters == nullptr ? none : *parameters);
    if (!prompt) return std::unexpected(prompt.error());
    JsonObject identity{
        {"task_id", request.idempotency_key}, {"agent_id", request.agent}, {"inputs", parameters == nullptr ? none : *parameters}};
    return std::make_unique<ThinkingMachine>(shared_, request, std::move(*prompt), std::move(identity));
  }

 private:
  std::shared_ptr<const Shared> shared_;
};

}  // namespace

Result<std::unique_ptr<Agent>> make_thinking_agent(const AgentSettings& settings, const AgentServices& services) {
  auto setup = std::make_shared<LoopSetup>();
  setup->agent = settings.name;
  describe::Problems problems;
  describe::parse_object(setup->settings, settings.thinking, describe::Path(), problems);
  if (!problems.empty()) return fail(ErrorCode::invalid_argument, fmt::format("agent '{}': {}", settings.name, problems.front().message));
  if (!services.open_model || services.tools == nullptr || services.prices == nullptr)
    return fail(ErrorCode::unsupported, fmt::format("agent '{}' needs a language model, and this program has none", settings.name));
  auto tools = services.tools->select(setup->settings.tools);
  if (!tools) return fail(tools.error().code, fmt::format("agent '{}': {}", settings.name, tools.error().message));
  std::vector<std::string> names{setup->settings.model};
  names.insert(names.end(), setup->settings.fallback_models.begin(), setup->settings.fallback_models.end());
  auto model = services.open_model(names);
  if (!model) return fail(model.error().code, fmt::format("agent '{}': {}", settings.name, model.error().message));
  for (const auto& tool : *tools) setup->tools.push_back(tool->spec());
  setup->prices = *services.prices;
  setup->models = (*model)->names();
  auto shared = std::make_shared<Shared>();
  shared->setup = std::move(setup);
  shared->model = std::move(*model);
  shared->tools = std::move(*tools);
  shared->services = {.executor = services.executor, .http = services.http, .pool = services.pool, .clock = services.clock};
  shared->output = services.output;
  return std::make_unique<ThinkingAgent>(std::move(shared));
}

}  // namespace skein::agent
