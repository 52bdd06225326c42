#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/kinds/kinds.hpp"
#include "agent/react.hpp"
#include "agent/thinking/loop_journal.hpp"
#include "agent/thinking/prompt.hpp"
#include "agent/thinking/tool_loop.hpp"
#include "base/text.hpp"
#include "model/language_model.hpp"
#include "model/response_json.hpp"
#include "tool/registry.hpp"

// An ai_agent with a model: the tool loop with its I/O.
namespace skein::agent {
namespace {

/// The settings have changed since the call was journaled: an input's expression names another model.
Error no_such_model(const std::string& name) {
  return fail(ErrorCode::not_found, fmt::format("the model '{}' was asked before, and the agent's settings do not name it any more", name))
      .error();
}

/// What its machines share. It outlives the agent where a call is still ending.
struct Shared {
  LoopSetup setup;
  std::vector<std::pair<std::string, std::shared_ptr<model::LanguageModel>>> models;  ///< by the names in the settings
  std::vector<tool::ToolPtr> tools;
  tool::Services services;
  OutputSink* output = nullptr;
  Guards on_input;
  Guards on_parameters;

  /// Null: no setting names it.
  [[nodiscard]] std::shared_ptr<model::LanguageModel> model(std::string_view name) const {
    const auto found = std::ranges::find(models, name, [](const auto& one) -> std::string_view { return one.first; });
    return found == models.end() ? nullptr : found->second;
  }
};

class ThinkingMachine final : public ToolLoop {
 public:
  ThinkingMachine(std::shared_ptr<const Shared> shared, const AgentRequest& request, std::vector<model::Message> prompt,
                  JsonObject identity, std::vector<model::Message> earlier)
      : ToolLoop({shared, &shared->setup}, std::move(prompt), std::move(identity), std::move(earlier)),
        shared_(std::move(shared)),
        request_(request) {}

  [[nodiscard]] asio::awaitable<CallAnswer> perform(std::uint32_t number) override {
    if (is_model_call(number)) return ask(number);
    return use(number);
  }

 private:
  /// The conversation may be long, the answer may take minutes, and there may be thousands of calls: nothing that the call does not need
  /// waits here. What stands in functions that are not inlined is not in the frame.
  asio::awaitable<CallAnswer> ask(std::uint32_t number) {
    const auto model = shared_->model(model_of(number));
    if (!model) co_return unknown_model(number);
    auto asked = co_await begun(*model, number);
    co_return heard(number, asked);
  }

  [[gnu::noinline]] CallAnswer unknown_model(std::uint32_t number) { return failure(number, no_such_model(model_of(number))); }

  [[gnu::noinline]] asio::awaitable<Result<model::Response>> begun(model::LanguageModel& model, std::uint32_t number) const {
    return model.complete(request_of(number), options_of(number));
  }

  [[nodiscard]] model::CallOptions options_of(std::uint32_t number) const {
    model::CallOptions options;
    options.idempotency_key = key_of_call(request_, number);
    if (auto* output = shared_->output; output != nullptr && output->listens()) {
      options.on_delta = [output, this](const model::Delta& delta) { output->on_output(request_, delta); };
    }
    return options;
  }

  [[gnu::noinline]] CallAnswer heard(std::uint32_t number, Result<model::Response>& asked) {
    if (!asked) return failure(number, asked.error());
    const auto used = cost_of(number, *asked, asked->usage ? model::Request() : request_of(number));
    auto& response = *asked;
    if (setup().settings.react) {
      std::vector<model::ToolSpec> tools;
      for (const auto& spec : setup().tools) {
        tools.push_back({.name = spec->name, .description = spec->description, .parameters = spec->parameters});
      }
      response = from_react(std::move(response), tools, fmt::format("call_{}", number));
    }
    return {.value = model::response_to_json(response), .used = used};
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
    const auto outcome = co_await (*tool)->call(call, shared_->services);
    co_return CallAnswer{.value = outcome_to_json(outcome), .used = {.tokens = 0, .nano_dollars = 0, .tool_calls = 1}};
  }

  std::shared_ptr<const Shared> shared_;
  const AgentRequest& request_;
};

class ThinkingAgent final : public MachineAgent {
 public:
  explicit ThinkingAgent(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  [[nodiscard]] Result<std::unique_ptr<Machine>> work_on(const AgentRequest& request, std::vector<Json> session) override {
    static const JsonObject none;
    const auto* parameters = request.parameters->if_object();
    auto prompt = prompt_of(request.action, parameters == nullptr ? none : *parameters);
    if (!prompt) return std::unexpected(prompt.error());
    if (auto passed = guard(*prompt, parameters == nullptr ? none : *parameters); !passed) return std::unexpected(passed.error());
    JsonObject identity{
        {"task_id", request.idempotency_key}, {"agent_id", request.agent}, {"inputs", parameters == nullptr ? none : *parameters}};
    std::vector<model::Message> earlier;
    for (const auto& one : session) {
      auto message = model::message_from_json(one);
      if (!message) return std::unexpected(message.error());
      earlier.push_back(std::move(*message));
    }
    return std::make_unique<ThinkingMachine>(shared_, request, std::move(*prompt), std::move(identity), std::move(earlier));
  }

 private:
  /// What the task says, as the guardrails leave it. The checks see the texts; a schema is for the parameters.
  [[nodiscard]] Result<void> guard(std::vector<model::Message>& prompt, const JsonObject& parameters) const {
    auto fits = shared_->on_parameters.pass(Json(parameters), "what the task says");
    if (!fits) return std::unexpected(fits.error());
    for (auto& message : prompt) {
      for (auto& part : message.parts) {
        auto* text = std::get_if<model::Text>(&part);
        if (text == nullptr || message.role != model::Role::user) continue;
        auto passed = shared_->on_input.pass(Json(text->text), "what the task says");
        if (!passed) return std::unexpected(passed.error());
        text->text = std::string(passed->get_string());
      }
    }
    return {};
  }

  std::shared_ptr<const Shared> shared_;
};

/// The agent's model and those of its steps, each with what is asked in its place, and what they cost.
Result<void> open_models(const ThinkingSettings& settings, Shared& shared, const AgentServices& services) {
  std::vector<std::string> usual{settings.model};
  usual.insert(usual.end(), settings.fallback_models.begin(), settings.fallback_models.end());
  std::vector<model::Price> prices;
  for (const auto* name : {&settings.model, &settings.step_models.reflect, &settings.step_models.repair, &settings.step_models.summarise}) {
    if (name->empty() || shared.model(*name)) continue;
    std::vector<std::string> names{*name};
    for (const auto& other : usual) {
      if (std::ranges::find(names, other) == names.end()) names.push_back(other);
    }
    std::vector<model::ModelChoice> choices;
    for (const auto& one : names) {
      choices.push_back(model_choice(one, settings.models));
      if (auto price = own_price(one, settings.models)) prices.push_back(std::move(*price));
    }
    auto opened = services.open_model(choices);
    if (!opened) return std::unexpected(std::move(opened.error()));
    auto answerers = (*opened)->names();
    if (answerers.size() > 1 || answerers.front() != *name) shared.setup.answerers.emplace(*name, std::move(answerers));
    shared.models.emplace_back(*name, std::move(*opened));
  }
  shared.setup.prices = services.prices->with(std::move(prices));
  return {};
}

/// Guardrails of an agent, ready to be used.
Result<void> set_guards(const GuardrailsSettings& guardrails, Shared& shared) {
  auto texts = guardrails.input;
  std::vector<GuardrailSettings> parameters;
  for (auto& one : texts) {
    if (one.schema.is_null()) continue;
    parameters.push_back({.schema = std::exchange(one.schema, nullptr), .message = one.message});
  }
  const auto set = [&](Guards& guards, const std::vector<GuardrailSettings>& settings) -> Result<void> {
    auto made = Guards::make(settings);
    if (!made) return fail(made.error().code, fmt::format("agent '{}': {}", shared.setup.agent, made.error().message));
    guards = std::move(*made);
    return {};
  };
  if (auto ok = set(shared.on_input, texts); !ok) return ok;
  if (auto ok = set(shared.on_parameters, parameters); !ok) return ok;
  if (auto ok = set(shared.setup.on_tool_results, guardrails.tool_results); !ok) return ok;
  return set(shared.setup.on_output, guardrails.output);
}

/// Which tools a person approves the calls of. A pattern that means none of the agent's tools is a mistake that would let a call through.
Result<void> mark_approved(const std::vector<std::string>& patterns, LoopSetup& setup) {
  for (const auto& pattern : patterns) {
    bool any = false;
    std::vector<std::string_view> names;
    for (const auto& spec : setup.tools) {
      names.emplace_back(spec->name);
      if (!tool::matches(pattern, spec->name)) continue;
      any = true;
      const bool known = std::ranges::find(setup.approved, spec->name) != setup.approved.end();
      if (!spec->asks_person && !known) setup.approved.push_back(spec->name);
    }
    if (any) continue;
    return fail(ErrorCode::not_found, fmt::format("agent '{}': 'approve' names '{}', which is none of its tools{}", setup.agent, pattern,
                                                  did_you_mean(pattern, names)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Agent>> make_thinking_agent(const AgentSettings& settings, const AgentServices& services) {
  ThinkingSettings thinking;
  describe::Problems problems;
  describe::parse_object(thinking, settings.thinking, describe::Path(), problems);
  if (!problems.empty()) return fail(ErrorCode::invalid_argument, fmt::format("agent '{}': {}", settings.name, problems.front().message));
  if (!services.open_model || services.tools == nullptr || services.prices == nullptr)
    return fail(ErrorCode::unsupported, fmt::format("agent '{}' needs a language model, and this program has none", settings.name));
  auto tools = services.tools->select(thinking.tools);
  if (!tools) return fail(tools.error().code, fmt::format("agent '{}': {}", settings.name, tools.error().message));
  auto shared = std::make_shared<Shared>();
  auto& setup = shared->setup;
  setup.agent = settings.name;
  setup.settings = loop_settings(thinking);
  setup.tools.reserve(tools->size());
  for (const auto& tool : *tools) setup.tools.emplace_back(tool, &tool->spec());
  if (auto opened = open_models(thinking, *shared, services); !opened)
    return fail(opened.error().code, fmt::format("agent '{}': {}", settings.name, opened.error().message));
  if (auto marked = mark_approved(thinking.approve, setup); !marked) return std::unexpected(marked.error());
  if (auto set = set_guards(thinking.guardrails, *shared); !set) return std::unexpected(set.error());
  const bool shown_late = !setup.on_output.none();  // nobody hears what may yet be refused
  shared->tools = std::move(*tools);
  shared->services = {.executor = services.executor, .http = services.http, .pool = services.pool, .clock = services.clock};
  shared->output = shown_late ? nullptr : services.output;
  return std::make_unique<ThinkingAgent>(std::move(shared));
}

}  // namespace skein::agent
