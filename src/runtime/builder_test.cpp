#include <skein/builder.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "config/config.hpp"
#include "config/read_document.hpp"

/// What a file can say the builder can say: every file of the repository is built again with the builder's methods alone, without `set`.
namespace skein {
namespace {

namespace fs = std::filesystem;

/// The keys that were written by a method, as "task.when".
using Keys = std::set<std::string>;

std::string text(const Json& value) { return std::string(value.as_string()); }
unsigned number(const Json& value) { return value.to_number<unsigned>(); }
Duration length(const Json& value) {
  if (value.is_string()) return text(value);
  if (value.is_double()) return value.get_double();
  return value.to_number<std::int64_t>();
}
Condition condition(const Json& value) { return value.is_bool() ? Condition(value.get_bool()) : Condition(text(value)); }
std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  for (const auto& item : list.as_array()) out.push_back(text(item));
  return out;
}
std::vector<unsigned> numbers(const Json& list) {
  std::vector<unsigned> out;
  for (const auto& item : list.as_array()) out.push_back(number(item));
  return out;
}
std::vector<ErrorCode> codes(const Json& list) {
  std::vector<ErrorCode> out;
  for (const auto& item : list.as_array()) out.push_back(error_code_from(item.as_string()).value());
  return out;
}

/// A key of the format and the method or member for it.
using Methods = std::map<std::string, std::function<void(const Json&)>, std::less<>>;

/// Says an object by methods; a key without one fails the test.
void say(std::string_view table, const Json& object, const Methods& methods, Keys& keys) {
  for (const auto& [key, value] : object.as_object()) {
    if (value.is_null()) continue;
    const auto method = methods.find(std::string_view(key));
    const auto name = std::string(table) + "." + std::string(key);
    if (method == methods.end()) {
      ADD_FAILURE() << "the builder has nothing for the key " << name;
      continue;
    }
    keys.insert(name);
    method->second(value);
  }
}

Retry retry_of(const Json& json, Keys& keys) {
  Retry out;
  say("retry_config", json,
      {{"max_attempts", [&](const Json& v) { out.max_attempts = number(v); }},
       {"initial_delay", [&](const Json& v) { out.initial_delay = length(v); }},
       {"max_delay", [&](const Json& v) { out.max_delay = length(v); }},
       {"exponential_base", [&](const Json& v) { out.exponential_base = v; }},
       {"jitter", [&](const Json& v) { out.jitter = v.as_bool(); }}},
      keys);
  return out;
}

RetryOn retry_on_of(const Json& json, Keys& keys) {
  RetryOn out;
  say("retry_on", json,
      {{"codes", [&](const Json& v) { out.codes = codes(v); }},
       {"http_status", [&](const Json& v) { out.http_status = numbers(v); }},
       {"never_codes", [&](const Json& v) { out.never_codes = codes(v); }},
       {"never_http_status", [&](const Json& v) { out.never_http_status = numbers(v); }}},
      keys);
  return out;
}

CircuitBreaker breaker_of(const Json& json, Keys& keys) {
  CircuitBreaker out;
  say("circuit_breaker", json,
      {{"failure_threshold", [&](const Json& v) { out.failure_threshold = number(v); }},
       {"recovery_timeout", [&](const Json& v) { out.recovery_timeout = length(v); }}},
      keys);
  return out;
}

Authentication authentication_of(const Json& json, Keys& keys) {
  Authentication out;
  say("authentication", json,
      {{"type", [&](const Json& v) { out.type = text(v); }},
       {"token", [&](const Json& v) { out.token = text(v); }},
       {"key", [&](const Json& v) { out.key = text(v); }},
       {"header", [&](const Json& v) { out.header = text(v); }},
       {"username", [&](const Json& v) { out.username = text(v); }},
       {"password", [&](const Json& v) { out.password = text(v); }}},
      keys);
  return out;
}

Approval approval_of(const Json& json, Keys& keys) {
  Approval out;
  say("approval", json,
      {{"message", [&](const Json& v) { out.message = text(v); }},
       {"approvers", [&](const Json& v) { out.approvers = texts(v); }},
       {"timeout", [&](const Json& v) { out.timeout = length(v); }},
       {"on_timeout", [&](const Json& v) { out.on_timeout = text(v); }}},
      keys);
  return out;
}

Undo undo_of(const Json& json, Keys& keys) {
  Undo out;
  say("compensate", json,
      {{"agent_name", [&](const Json& v) { out.agent = text(v); }},
       {"action", [&](const Json& v) { out.action = text(v); }},
       {"parameters", [&](const Json& v) { out.parameters = v.as_object(); }},
       {"timeout", [&](const Json& v) { out.timeout = length(v); }},
       {"retry_config", [&](const Json& v) { out.retry = retry_of(v, keys); }},
       {"retry_on", [&](const Json& v) { out.retry_on = retry_on_of(v, keys); }}},
      keys);
  return out;
}

Defaults defaults_of(const Json& json, Keys& keys) {
  Defaults out;
  say("defaults", json,
      {{"timeout", [&](const Json& v) { out.timeout = length(v); }},
       {"retry_config", [&](const Json& v) { out.retry = retry_of(v, keys); }},
       {"retry_on", [&](const Json& v) { out.retry_on = retry_on_of(v, keys); }},
       {"circuit_breaker", [&](const Json& v) { out.circuit_breaker = breaker_of(v, keys); }},
       {"continue_on_failure", [&](const Json& v) { out.continue_on_failure = v.as_bool(); }},
       {"deadline", [&](const Json& v) { out.deadline = length(v); }},
       {"max_concurrency", [&](const Json& v) { out.max_concurrency = number(v); }}},
      keys);
  return out;
}

Edge edge_of(const Json& json, Keys& keys) {
  Edge out;
  say("edge", json,
      {{"from", [&](const Json& v) { out.from = text(v); }},
       {"to", [&](const Json& v) { out.to = text(v); }},
       {"when", [&](const Json& v) { out.when = condition(v); }},
       {"max_iterations", [&](const Json& v) { out.max_iterations = number(v); }}},
      keys);
  return out;
}

Budget budget_of(const Json& json, Keys& keys) {
  Budget out;
  say("budget", json,
      {{"wall_time", [&](const Json& v) { out.wall_time = length(v); }},
       {"attempts", [&](const Json& v) { out.attempts = number(v); }},
       {"tokens", [&](const Json& v) { out.tokens = number(v); }},
       {"cost", [&](const Json& v) { out.cost = v.as_double(); }},
       {"tool_calls", [&](const Json& v) { out.tool_calls = number(v); }}},
      keys);
  return out;
}

DailyBudget daily_budget_of(const Json& json, Keys& keys) {
  DailyBudget out;
  say("daily_budget", json,
      {{"tokens", [&](const Json& v) { out.tokens = number(v); }}, {"cost", [&](const Json& v) { out.cost = v.to_number<double>(); }}},
      keys);
  return out;
}

ModelPrices prices_of(const Json& json, Keys& keys) {
  ModelPrices out;
  say("model_prices", json,
      {{"input", [&](const Json& v) { out.input = v.to_number<double>(); }},
       {"cached_input", [&](const Json& v) { out.cached_input = v.to_number<double>(); }},
       {"cache_write", [&](const Json& v) { out.cache_write = v.to_number<double>(); }},
       {"output", [&](const Json& v) { out.output = v.to_number<double>(); }}},
      keys);
  return out;
}

Model model_of(const Json& json, Keys& keys) {
  Model out;
  say("model", json,
      {{"model", [&](const Json& v) { out.model = text(v); }},
       {"base_url", [&](const Json& v) { out.base_url = text(v); }},
       {"api_key", [&](const Json& v) { out.api_key = text(v); }},
       {"api", [&](const Json& v) { out.api = text(v); }},
       {"headers", [&](const Json& v) { out.headers = v.as_object(); }},
       {"timeout", [&](const Json& v) { out.timeout = length(v); }},
       {"first_token_timeout", [&](const Json& v) { out.first_token_timeout = length(v); }},
       {"token_timeout", [&](const Json& v) { out.token_timeout = length(v); }},
       {"max_retries", [&](const Json& v) { out.max_retries = number(v); }},
       {"requests_per_minute", [&](const Json& v) { out.requests_per_minute = number(v); }},
       {"tokens_per_minute", [&](const Json& v) { out.tokens_per_minute = number(v); }},
       {"cache", [&](const Json& v) { out.cache = v; }},
       {"prices", [&](const Json& v) { out.prices = prices_of(v, keys); }},
       {"profile",
        [&](const Json& v) {
          out.profile = v.as_object();
          for (const auto& [quirk, value] : v.as_object()) keys.insert("model_profile." + std::string(quirk));
        }}},
      keys);
  return out;
}

AgentBudget agent_budget_of(const Json& json, Keys& keys) {
  AgentBudget out;
  say("agent_budget", json,
      {{"daily", [&](const Json& v) { out.daily = daily_budget_of(v, keys); }},
       {"tokens", [&](const Json& v) { out.tokens = number(v); }},
       {"cost", [&](const Json& v) { out.cost = v.as_double(); }},
       {"tool_calls", [&](const Json& v) { out.tool_calls = number(v); }}},
      keys);
  return out;
}

Guardrail guardrail_of(const Json& json, Keys& keys) {
  Guardrail out;
  const auto list = [](std::vector<std::string>& into) {
    return [&into](const Json& v) {
      for (const auto& item : v.as_array()) into.push_back(text(item));
    };
  };
  say("guardrail", json,
      {{"max_length", [&](const Json& v) { out.max_length = number(v); }},
       {"forbidden_words", list(out.forbidden_words)},
       {"forbidden_patterns", list(out.forbidden_patterns)},
       {"required_patterns", list(out.required_patterns)},
       {"schema", [&](const Json& v) { out.schema = v; }},
       {"action", [&](const Json& v) { out.action = text(v); }},
       {"message", [&](const Json& v) { out.message = text(v); }}},
      keys);
  return out;
}

Concurrency concurrency_of(const Json& json, Keys& keys) {
  Concurrency out;
  say("concurrency", json,
      {{"key", [&](const Json& v) { out.key = text(v); }},
       {"limit", [&](const Json& v) { out.limit = number(v); }},
       {"on_limit", [&](const Json& v) { out.on_limit = text(v); }}},
      keys);
  return out;
}

WorkflowBuilder workflow_of(const Json& json, Keys& keys);

void instruct(AgentBuilder& out, const Json& json, Keys& keys) {
  if (json.is_string()) {
    out.instructions(text(json));
    return;
  }
  std::string file;
  JsonObject parameters;
  say("prompt", json,
      {{"file", [&](const Json& v) { file = text(v); }}, {"parameters", [&](const Json& v) { parameters = v.as_object(); }}}, keys);
  out.instructions_file(file, std::move(parameters));
}

AgentBuilder agent_of(const Json& json, Keys& keys) {
  AgentBuilder out(text(json.at("name")), text(json.at("type")));
  say("agent", json,
      {{"name", [](const Json&) {}},
       {"type", [](const Json&) {}},
       {"endpoint", [&](const Json& v) { out.endpoint(text(v)); }},
       {"timeout", [&](const Json& v) { out.timeout(length(v)); }},
       {"authentication", [&](const Json& v) { out.authentication(authentication_of(v, keys)); }},
       {"retry_config", [&](const Json& v) { out.retry(retry_of(v, keys)); }},
       {"retry_on", [&](const Json& v) { out.retry_on(retry_on_of(v, keys)); }},
       {"circuit_breaker", [&](const Json& v) { out.circuit_breaker(breaker_of(v, keys)); }},
       {"custom_params", [&](const Json& v) { out.custom_params(v.as_object()); }},
       {"command", [&](const Json& v) { out.command(text(v)); }},
       {"args",
        [&](const Json& v) {
          for (const auto& item : v.as_array()) out.arg(text(item));
        }},
       {"env",
        [&](const Json& v) {
          for (const auto& [name, value] : v.as_object()) out.env(name, text(value));
        }},
       {"model", [&](const Json& v) { out.model(text(v)); }},
       {"fallback_models",
        [&](const Json& v) {
          for (const auto& item : v.as_array()) out.fallback_model(text(item));
        }},
       {"step_models",
        [&](const Json& v) {
          for (const auto& [step, name] : v.as_object()) {
            keys.insert("step_models." + std::string(step));
            out.step_model(step, text(name));
          }
        }},
       {"instructions", [&](const Json& v) { instruct(out, v, keys); }},
       {"role", [&](const Json& v) { out.role(text(v)); }},
       {"tools",
        [&](const Json& v) {
          for (const auto& item : v.as_array()) out.tool(text(item));
        }},
       {"approve",
        [&](const Json& v) {
          for (const auto& item : v.as_array()) out.approve(text(item));
        }},
       {"approvers",
        [&](const Json& v) {
          for (const auto& item : v.as_array()) out.approver(text(item));
        }},
       {"context_tokens", [&](const Json& v) { out.context_tokens(number(v)); }},
       {"guardrails",
        [&](const Json& v) {
          for (const auto& [where, checks] : v.as_object()) {
            keys.insert("guardrails." + std::string(where));
            for (const auto& check : checks.as_array()) out.guardrail(where, guardrail_of(check, keys));
          }
        }},
       {"tool_calling", [&](const Json& v) { out.tool_calling(text(v)); }},
       {"max_turns", [&](const Json& v) { out.max_turns(number(v)); }},
       {"max_output_tokens", [&](const Json& v) { out.max_output_tokens(number(v)); }},
       {"temperature", [&](const Json& v) { out.temperature(v.as_double()); }},
       {"top_p", [&](const Json& v) { out.top_p(v.as_double()); }},
       {"reasoning_effort", [&](const Json& v) { out.reasoning_effort(text(v)); }},
       {"output_schema", [&](const Json& v) { out.output_schema(v); }},
       {"reflect", [&](const Json& v) { out.reflect(v.as_bool()); }},
       {"session", [&](const Json& v) { out.session(text(v)); }},
       {"budget", [&](const Json& v) { out.budget(agent_budget_of(v, keys)); }},
       {"workflow",
        [&](const Json& v) {
          if (v.is_string()) out.workflow_file(text(v));
          if (v.is_object()) out.workflow(workflow_of(v, keys));
        }}},
      keys);
  return out;
}

TaskBuilder task_of(const Json& json, Keys& keys) {
  TaskBuilder out(text(json.at("name")), text(json.at("agent_name")), text(json.at("action")));
  say("task", json,
      {{"name", [](const Json&) {}},
       {"agent_name", [](const Json&) {}},
       {"action", [](const Json&) {}},
       {"description", [&](const Json& v) { out.description(text(v)); }},
       {"parameters", [&](const Json& v) { out.parameters(v.as_object()); }},
       {"timeout", [&](const Json& v) { out.timeout(length(v)); }},
       {"depends_on",
        [&](const Json& v) {
          for (const auto& task : v.as_array()) out.after(text(task));
        }},
       {"when", [&](const Json& v) { out.when(condition(v)); }},
       {"for_each",
        [&](const Json& v) {
          const auto* most = json.as_object().if_contains("max_concurrency");
          out.for_each(v, most == nullptr ? 0 : number(*most));
        }},
       {"max_concurrency", [](const Json&) {}},
       {"deadline", [&](const Json& v) { out.deadline(length(v)); }},
       {"approval", [&](const Json& v) { out.approval(approval_of(v, keys)); }},
       {"continue_on_failure", [&](const Json& v) { out.continue_on_failure(v.as_bool()); }},
       {"retry_config", [&](const Json& v) { out.retry(retry_of(v, keys)); }},
       {"retry_on", [&](const Json& v) { out.retry_on(retry_on_of(v, keys)); }},
       {"effect", [&](const Json& v) { out.effect(v.as_bool()); }},
       {"compensate", [&](const Json& v) { out.compensate(undo_of(v, keys)); }}},
      keys);
  return out;
}

void include(WorkflowBuilder& out, const Json& json, Keys& keys) {
  if (json.is_string()) {
    out.include(text(json));
    return;
  }
  std::string file;
  JsonObject parameters;
  say("include", json,
      {{"file", [&](const Json& v) { file = text(v); }}, {"parameters", [&](const Json& v) { parameters = v.as_object(); }}}, keys);
  out.include(file, std::move(parameters));
}

WorkflowBuilder workflow_of(const Json& json, Keys& keys) {
  WorkflowBuilder out(text(json.at("name")));
  say("workflow", json,
      {{"name", [](const Json&) {}},
       {"description", [&](const Json& v) { out.description(text(v)); }},
       {"version", [&](const Json& v) { out.version(text(v)); }},
       {"parallel_execution",
        [&](const Json& v) {
          const auto* most = json.as_object().if_contains("max_parallel_tasks");
          if (v.as_bool()) out.parallel(most == nullptr ? 0 : number(*most));
          if (!v.as_bool()) out.sequential();
        }},
       {"max_parallel_tasks", [](const Json&) {}},
       {"failure_strategy", [&](const Json& v) { out.failure_strategy(text(v)); }},
       {"global_timeout", [&](const Json& v) { out.global_timeout(length(v)); }},
       {"on_failure", [&](const Json& v) { out.on_failure(text(v)); }},
       {"budget", [&](const Json& v) { out.budget(budget_of(v, keys)); }},
       {"concurrency", [&](const Json& v) { out.concurrency(concurrency_of(v, keys)); }},
       {"inputs",
        [&](const Json& v) {
          for (const auto& [name, schema] : v.as_object()) out.input(name, schema);
        }},
       {"include",
        [&](const Json& v) {
          for (const auto& file : v.as_array()) include(out, file, keys);
        }},
       {"defaults", [&](const Json& v) { out.defaults(defaults_of(v, keys)); }},
       {"models",
        [&](const Json& v) {
          for (const auto& [name, settings] : v.as_object()) out.model(name, model_of(settings, keys));
        }},
       {"agents",
        [&](const Json& v) {
          for (const auto& agent : v.as_array()) out.agent(agent_of(agent, keys));
        }},
       {"tasks",
        [&](const Json& v) {
          for (const auto& task : v.as_array()) out.task(task_of(task, keys));
        }},
       {"edges",
        [&](const Json& v) {
          for (const auto& edge : v.as_array()) out.edge(edge_of(edge, keys));
        }},
       {"outputs",
        [&](const Json& v) {
          for (const auto& [name, value] : v.as_object()) out.output(name, value);
        }}},
      keys);
  return out;
}

/// Without what means nothing: null, an empty list of agents, the order of keys.
Json meant(const Json& value) {  // NOLINT(misc-no-recursion)
  if (const auto* array = value.if_array()) {
    JsonArray out;
    for (const auto& item : *array) out.push_back(meant(item));
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  std::map<std::string, Json> members;
  for (const auto& [key, member] : *object) {
    const bool no_agents = key == "agents" && member.is_array() && member.get_array().empty();
    if (!member.is_null() && !no_agents) members.emplace(key, meant(member));
  }
  return JsonObject(members.begin(), members.end());
}

std::vector<fs::path> workflow_files() {
  std::vector<fs::path> out;
  const fs::path root = SKEIN_SOURCE_DIR;
  for (const auto& folder : {root / "tests/data/definitions/valid", root / "examples"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const auto name = entry.path().filename().string();
      const bool fits = name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
      if (fits && !name.ends_with(".test.yaml") && config::load_workflow_file(entry.path())) out.push_back(entry.path());
    }
  }
  std::ranges::sort(out);
  return out;
}

/// The document before files are put into it.
Json as_written(const fs::path& path) {
  const auto file = config::read_file(path, "a workflow file").value();
  std::string_view text = file.text;
  return config::read_source(text, path.string(), file.format, "").value().document;
}

/// The keys of the file format, from the JSON Schema: "task.when". Inputs are schemas, which the builder takes as they are.
Keys keys_of_the_format() {
  const auto schema = parse_json(config::workflow_schema_json()).value();
  Keys out;
  const auto add = [&](const std::string& table, const Json& object) {
    if (const auto* members = object.as_object().if_contains("properties")) {
      for (const auto& [key, member] : members->as_object()) out.insert(table + "." + std::string(key));
    }
  };
  add("workflow", schema);
  for (const auto& [table, object] : schema.at("definitions").as_object()) {
    if (table != "input") add(table, object);
  }
  return out;
}

TEST(Builder, SaysWhatEveryFileSays) {
  Keys keys;
  const auto files = workflow_files();
  EXPECT_GT(files.size(), 15U);
  for (const auto& path : files) {
    const auto file = Workflow::from_file(path).value();
    const auto built = workflow_of(as_written(path), keys).build(path.parent_path());
    ASSERT_TRUE(built) << path << '\n' << built.error().message;
    EXPECT_EQ(to_json(meant(built->document())), to_json(meant(file.document()))) << path;
    if (path.filename() != "merge_and_null.yaml") {
      EXPECT_EQ(built->hash(), file.hash()) << path;
    }
  }
  for (const auto& key : keys_of_the_format()) {
    EXPECT_TRUE(keys.contains(key)) << key << ": let a file in tests/data/definitions/valid use this key, and the builder say it";
  }
}

TEST(Builder, LengthsOfTimeAreSecondsTextOrChrono) {
  EXPECT_EQ(to_json(Duration(5).json()), "5");
  EXPECT_EQ(to_json(Duration(0.5).json()), "0.5");
  EXPECT_EQ(to_json(Duration("5m").json()), "\"5m\"");
  EXPECT_EQ(to_json(Duration(std::chrono::minutes(2)).json()), "120");
  EXPECT_EQ(to_json(Duration(std::chrono::milliseconds(250)).json()), "0.25");
  EXPECT_EQ(to_json(Condition("{{ x }}").json()), "\"{{ x }}\"");
  EXPECT_EQ(to_json(Condition(false).json()), "false");
}

TEST(Builder, ShorthandsSayTheSameAsTheLongForms) {
  const auto built = WorkflowBuilder("people")
                         .input("price", "number")
                         .agent(AgentBuilder("editor", "human"))
                         .agent(AgentBuilder("shop", "http_api").endpoint("http://127.0.0.1:1").retry(3, 0.5).circuit_breaker(2, "30s"))
                         .task(TaskBuilder::ask("copies", "editor",
                                                {.text = "How many?",
                                                 .answer = Json(JsonObject{{"type", "integer"}}),
                                                 .to = {"maria"},
                                                 .timeout = "2d",
                                                 .otherwise = Json(100)}))
                         .task(TaskBuilder::await_signal("paid", "payment", std::chrono::hours(1)))
                         .task(TaskBuilder::wait_for("pause", 5))
                         .task(TaskBuilder::wait_until("monday", "2026-01-05T08:00:00Z"))
                         .task(TaskBuilder("ship", "shop", "ship").when("{{ price > 1 }}").compensate("call_back", {{"why", "failed"}}))
                         .task(TaskBuilder("pack", "local", "transform"))
                         .edge("pack", "pack", "{{ pack.status == 'failed' }}", 3)
                         .edge("start", "pack")
                         .build();
  ASSERT_TRUE(built) << built.error().message;
  const auto file = Workflow::from_text(R"(
name: people
inputs: {price: number}
agents:
  - {name: editor, type: human}
  - {name: shop, type: http_api, endpoint: "http://127.0.0.1:1", retry_config: {max_attempts: 3, initial_delay: 0.5},
     circuit_breaker: {failure_threshold: 2, recovery_timeout: 30s}}
tasks:
  - {name: copies, agent_name: editor, action: ask,
     parameters: {question: "How many?", answer: {type: integer}, to: [maria], timeout: 2d, default: 100}}
  - {name: paid, agent_name: local, action: signal, parameters: {name: payment, timeout: 3600}}
  - {name: pause, agent_name: local, action: wait, parameters: {seconds: 5}}
  - {name: monday, agent_name: local, action: wait, parameters: {until: "2026-01-05T08:00:00Z"}}
  - {name: ship, agent_name: shop, action: ship, when: "{{ price > 1 }}", compensate: {action: call_back, parameters: {why: failed}}}
  - {name: pack, agent_name: local, action: transform}
edges:
  - {from: pack, to: pack, when: "{{ pack.status == 'failed' }}", max_iterations: 3}
  - {from: start, to: pack}
)");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(to_json(built->document()), to_json(file->document()));
  EXPECT_EQ(built->hash(), file->hash());
}

TEST(Builder, InnerWorkflowsComeFromBuildersWorkflowsAndFiles) {
  const fs::path folder = fs::path(SKEIN_SOURCE_DIR) / "tests/data/definitions/valid";
  const auto outer = [](const AgentBuilder& agent) { return WorkflowBuilder("outer").agent(agent).task(TaskBuilder("t", "inner", "run")); };
  const auto inner = WorkflowBuilder("x").task(TaskBuilder("a", "local", "t"));
  const auto of_builder = outer(AgentBuilder("inner", "workflow").workflow(inner)).build().value();
  const auto of_workflow = outer(AgentBuilder("inner", "workflow").workflow(inner.build().value())).build().value();
  const auto named = outer(AgentBuilder("inner", "workflow").workflow_file("flow.yaml"));
  const auto of_file = named.build(folder).value();
  EXPECT_EQ(of_builder.hash(), of_workflow.hash());
  EXPECT_EQ(of_builder.hash(), of_file.hash());

  const auto nowhere = named.build();
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("no folder to start from"), std::string::npos) << nowhere.error().message;
  const auto missing = outer(AgentBuilder("inner", "workflow").workflow_file("none.yaml")).build(folder);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("none.yaml: there is no such file"), std::string::npos) << missing.error().message;
}

}  // namespace
}  // namespace skein
