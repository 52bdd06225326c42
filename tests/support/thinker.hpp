#pragma once

#include <algorithm>
#include <string>

#include "agent/machine.hpp"

namespace skein::testing {

/// A machine that asks a model and does what it says: an answer {"tools": [names]} leads to these calls at once, any other ends it with
/// {"said": the answer, "heard": what the tools brought}. A tool named "once" is not repeated. A failed model call is a failed attempt.
/// "ask" asks a person for a text, "pay" whether it may be called with {"n": 1}, and calls "pay_now" once it may.
class Thinker final : public agent::Machine {
 public:
  /// In a session it says how much it heard there, and leaves what its model said.
  explicit Thinker(std::vector<Json> earlier) : earlier_(std::move(earlier)) {}
  void begin_attempt() override { failed_ = false; }
  void started(std::uint32_t number, agent::CallKind kind, const JsonPtr& request) override {
    if (kind == agent::CallKind::model) {
      asked_ = true;
    } else {
      names_[number] = std::string(request->at("tool").as_string());
      wanted_.erase(std::find(wanted_.begin(), wanted_.end(), names_[number]));
      ++open_;
    }
  }
  void answered(std::uint32_t number, const JsonPtr& answer) override {
    const auto tool = names_.find(number);
    if (tool != names_.end()) {
      --open_;
      if (tool->second == "pay" && answer->as_object().contains("value")) {
        wanted_.emplace_back("pay_now");
      } else {
        heard_.push_back(JsonObject{{tool->second, *answer}});
      }
      return;
    }
    asked_ = false;
    if (answer->is_object() && answer->get_object().contains("error")) {
      failed_ = true;
    } else if (answer->is_object() && answer->get_object().contains("tools")) {
      for (const auto& name : answer->at("tools").as_array()) wanted_.emplace_back(name.as_string());
    } else {
      said_ = answer;
    }
  }
  agent::Turn next(const agent::SpendLimits& left) override {
    agent::Turn turn;
    if (said_) {
      JsonObject result{{"said", *said_}, {"heard", heard_}};
      if (!earlier_.empty()) result["earlier"] = JsonArray(earlier_.begin(), earlier_.end());
      turn.end = AgentResponse::ok(std::move(result));
      turn.said.emplace_back("asked");
      turn.said.push_back(*said_);
    } else if (failed_) {
      turn.end = AgentResponse::failed(
          {.code = ErrorCode::rate_limited, .message = "the model failed", .context = {}, .retryable = true, .retry_after = {}});
    } else if (!wanted_.empty()) {
      for (const auto& name : wanted_) {
        if (name == "ask" || name == "pay") {
          JsonObject question{{"tool", name}, {"question", name + "?"}, {"answer", {{"type", "string"}}}};
          if (name == "pay") {
            question["to"] = JsonArray{"ann"};
            question["arguments"] = {{"n", 1}};
            question["answer"] = {{"type", "object"}, {"properties", {{"n", {{"type", "integer"}}}}}};
          }
          turn.calls.push_back({.kind = agent::CallKind::person, .request = std::move(question), .worst_case = {}});
          continue;
        }
        turn.calls.push_back(
            {.kind = agent::CallKind::tool, .request = JsonObject{{"tool", name}}, .worst_case = {.tool_calls = 1}, .timeout = seconds{5}});
      }
    } else if (!asked_ && open_ == 0) {
      const auto most = left.tokens.value_or(100);
      if (most < 10) {
        turn.end = AgentResponse::failed(
            {.code = ErrorCode::budget_exceeded, .message = "no tokens left", .context = {}, .retryable = false, .retry_after = {}});
      } else {
        turn.calls.push_back({.kind = agent::CallKind::model,
                              .request = JsonObject{{"heard", heard_.size()}},
                              .worst_case = {.tokens = std::min<std::uint64_t>(most, 100)},
                              .timeout = microseconds{0}});
      }
    }
    return turn;
  }
  std::optional<agent::CallAnswer> instead_of_repeating(std::uint32_t number) override {
    const auto tool = names_.find(number);
    if (tool == names_.end() || tool->second != "once") return std::nullopt;
    return agent::CallAnswer{.value = "unknown", .used = {.tool_calls = 1}};
  }
  agent::CallAnswer failure(std::uint32_t, const Error& why) override { return {.value = JsonObject{{"error", why.message}}, .used = {}}; }
  agent::asio::awaitable<agent::CallAnswer> perform(std::uint32_t) override { co_return agent::CallAnswer{}; }

 private:
  std::vector<Json> earlier_;
  bool asked_ = false;
  bool failed_ = false;
  std::size_t open_ = 0;
  std::vector<std::string> wanted_;
  std::map<std::uint32_t, std::string> names_;
  JsonArray heard_;
  JsonPtr said_;
};

/// With the parameter {"lazy": true} it does not begin.
class ThinkingAgent final : public agent::MachineAgent {
 public:
  Result<std::unique_ptr<agent::Machine>> work_on(const AgentRequest& request, std::vector<Json> earlier) override {
    if (at_pointer(*request.parameters, "/lazy") != nullptr) return fail(ErrorCode::invalid_argument, "it does not want to");
    return std::make_unique<Thinker>(std::move(earlier));
  }
};

/// A call's answer as a call runner brings it.
inline AgentResponse call_answer(Json value, std::uint64_t tokens = 0) {
  auto response = AgentResponse::ok(std::move(value));
  if (tokens > 0) response.metadata["tokens"] = tokens;
  return response;
}

}  // namespace skein::testing
