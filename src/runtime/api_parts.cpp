#include "runtime/api_parts.hpp"

#include <cmath>

#include <boost/json/array.hpp>

namespace skein {
namespace {

Json written(const std::string& text) { return Json(text); }
Json written(unsigned number) { return Json(number); }
Json written(std::uint64_t number) { return Json(static_cast<std::int64_t>(number)); }
Json written(double number) { return number_as_json(number); }
Json written(bool yes) { return Json(yes); }
Json written(const Json& value) { return value; }
Json written(const Duration& length) { return length.json(); }
Json written(const Condition& condition) { return condition.json(); }
Json written(ErrorCode code) { return Json(to_string(code)); }
Json written(const Retry& policy) { return Json(as_json(policy)); }
Json written(const RetryOn& failures) { return Json(as_json(failures)); }
Json written(const CircuitBreaker& policy) { return Json(as_json(policy)); }
Json written(const DailyBudget& limits) { return Json(as_json(limits)); }
Json written(const ModelPrices& prices) { return Json(as_json(prices)); }

template <class T>
void put(JsonObject& out, std::string_view key, const std::optional<T>& value) {
  if (value) out[key] = written(*value);
}

template <class T>
void put(JsonObject& out, std::string_view key, const std::vector<T>& list) {
  if (list.empty()) return;
  JsonArray items;
  for (const auto& item : list) items.push_back(written(item));
  out[key] = std::move(items);
}

}  // namespace

Json number_as_json(double number) {
  constexpr double surely_whole = 1e15;
  if (std::trunc(number) == number && std::abs(number) < surely_whole) return Json(static_cast<std::int64_t>(number));
  return Json(number);
}

JsonObject as_json(const Authentication& credentials) {
  JsonObject out{{"type", credentials.type}};
  put(out, "token", credentials.token);
  put(out, "key", credentials.key);
  put(out, "header", credentials.header);
  put(out, "username", credentials.username);
  put(out, "password", credentials.password);
  return out;
}

JsonObject as_json(const Retry& policy) {
  JsonObject out;
  put(out, "max_attempts", policy.max_attempts);
  put(out, "initial_delay", policy.initial_delay);
  put(out, "max_delay", policy.max_delay);
  put(out, "exponential_base", policy.exponential_base);
  put(out, "jitter", policy.jitter);
  return out;
}

JsonObject as_json(const RetryOn& failures) {
  JsonObject out;
  put(out, "codes", failures.codes);
  put(out, "http_status", failures.http_status);
  put(out, "never_codes", failures.never_codes);
  put(out, "never_http_status", failures.never_http_status);
  return out;
}

JsonObject as_json(const CircuitBreaker& policy) {
  JsonObject out;
  put(out, "failure_threshold", policy.failure_threshold);
  put(out, "recovery_timeout", policy.recovery_timeout);
  return out;
}

JsonObject as_json(const Approval& question) {
  JsonObject out{{"message", question.message}};
  put(out, "approvers", question.approvers);
  put(out, "timeout", question.timeout);
  put(out, "on_timeout", question.on_timeout);
  return out;
}

JsonObject as_json(const Undo& undo) {
  JsonObject out;
  put(out, "agent_name", undo.agent);
  out["action"] = undo.action;
  if (!undo.parameters.empty()) out["parameters"] = undo.parameters;
  put(out, "timeout", undo.timeout);
  put(out, "retry_config", undo.retry);
  put(out, "retry_on", undo.retry_on);
  return out;
}

JsonObject as_json(const Question& question) {
  JsonObject out{{"question", question.text}};
  put(out, "answer", question.answer);
  put(out, "to", question.to);
  put(out, "timeout", question.timeout);
  put(out, "default", question.otherwise);
  return out;
}

JsonObject as_json(const Edge& edge) {
  JsonObject out{{"from", edge.from}, {"to", edge.to}};
  put(out, "when", edge.when);
  put(out, "max_iterations", edge.max_iterations);
  return out;
}

JsonObject as_json(const Budget& limits) {
  JsonObject out;
  put(out, "wall_time", limits.wall_time);
  put(out, "attempts", limits.attempts);
  put(out, "tokens", limits.tokens);
  put(out, "cost", limits.cost);
  put(out, "tool_calls", limits.tool_calls);
  return out;
}

JsonObject as_json(const DailyBudget& limits) {
  JsonObject out;
  put(out, "tokens", limits.tokens);
  put(out, "cost", limits.cost);
  return out;
}

JsonObject as_json(const ModelPrices& prices) {
  JsonObject out{{"input", prices.input}};
  put(out, "cached_input", prices.cached_input);
  put(out, "cache_write", prices.cache_write);
  out["output"] = prices.output;
  return out;
}

JsonObject as_json(const Model& settings) {
  JsonObject out{{"model", settings.model}};
  put(out, "base_url", settings.base_url);
  put(out, "api_key", settings.api_key);
  put(out, "api", settings.api);
  if (!settings.headers.empty()) out["headers"] = settings.headers;
  put(out, "timeout", settings.timeout);
  put(out, "first_token_timeout", settings.first_token_timeout);
  put(out, "token_timeout", settings.token_timeout);
  put(out, "max_retries", settings.max_retries);
  put(out, "requests_per_minute", settings.requests_per_minute);
  put(out, "tokens_per_minute", settings.tokens_per_minute);
  if (!settings.cache.is_null()) out["cache"] = settings.cache;
  put(out, "prices", settings.prices);
  if (!settings.profile.empty()) out["profile"] = settings.profile;
  return out;
}

JsonObject as_json(const AgentBudget& limits) {
  JsonObject out;
  put(out, "tokens", limits.tokens);
  put(out, "cost", limits.cost);
  put(out, "tool_calls", limits.tool_calls);
  put(out, "daily", limits.daily);
  return out;
}

JsonObject as_json(const Guardrail& check) {
  JsonObject out;
  put(out, "max_length", check.max_length);
  put(out, "forbidden_words", check.forbidden_words);
  put(out, "forbidden_patterns", check.forbidden_patterns);
  put(out, "required_patterns", check.required_patterns);
  if (!check.schema.is_null()) out["schema"] = check.schema;
  if (!check.action.empty()) out["action"] = check.action;
  if (!check.message.empty()) out["message"] = check.message;
  return out;
}

JsonObject as_json(const Concurrency& limit) {
  JsonObject out;
  put(out, "key", limit.key);
  put(out, "limit", limit.limit);
  put(out, "on_limit", limit.on_limit);
  return out;
}

JsonObject as_json(const Defaults& values) {
  JsonObject out;
  put(out, "timeout", values.timeout);
  put(out, "retry_config", values.retry);
  put(out, "retry_on", values.retry_on);
  put(out, "circuit_breaker", values.circuit_breaker);
  put(out, "continue_on_failure", values.continue_on_failure);
  put(out, "deadline", values.deadline);
  put(out, "max_concurrency", values.max_concurrency);
  return out;
}

Retry attempts_and_delay(unsigned max_attempts, const std::optional<Duration>& initial_delay) {
  Retry out;
  out.max_attempts = max_attempts;
  out.initial_delay = initial_delay;
  return out;
}

}  // namespace skein
