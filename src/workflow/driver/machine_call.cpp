#include "workflow/driver/machine_call.hpp"

#include <boost/json/object.hpp>

namespace skein::workflow {
namespace {

std::uint64_t amount(const JsonObject& metadata, std::string_view key) {
  const auto* value = metadata.if_contains(key);
  if (value == nullptr) return 0;
  if (const auto* number = value->if_uint64()) return *number;
  const auto* number = value->if_int64();
  return number != nullptr && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

AgentResponse as_response(agent::CallAnswer answer) {
  auto response = AgentResponse::ok(std::move(answer.value));
  response.metadata.emplace("tokens", answer.used.tokens);
  response.metadata.emplace("nano_dollars", answer.used.nano_dollars);
  response.metadata.emplace("tool_calls", answer.used.tool_calls);
  if (answer.unsettled) response.metadata.emplace("unsettled", true);
  return response;
}

}  // namespace

std::vector<std::uint32_t> MachineWork::catch_up(std::span<const CallRecord> calls) {
  std::vector<std::uint32_t> unanswered;
  std::uint32_t seen = calls.empty() ? attempt.attempt : calls.front().attempt;
  std::uint32_t number = 0;
  const auto come_to = [&](std::uint32_t reached) {
    if (reached > seen) machine->begin_attempt();
    seen = reached;
  };
  for (const auto& call : calls) {
    ++number;
    come_to(call.attempt);
    machine->started(number, call.kind, call.request);
    if (call.answer) {
      machine->answered(number, call.answer);
    } else {
      unanswered.push_back(number);
    }
  }
  come_to(attempt.attempt);
  return unanswered;
}

/// Two coroutines, since calls may be many and long, and the frame of one that has no day to keep to is small.
agent::asio::awaitable<AgentResponse> MachineCallAgent::execute(const AgentRequest&) { return day_ ? make_within_day() : make(); }

agent::asio::awaitable<AgentResponse> MachineCallAgent::make() const {
  auto answer = co_await work_->machine->perform(number_);
  co_return as_response(std::move(answer));
}

agent::asio::awaitable<AgentResponse> MachineCallAgent::make_within_day() const {
  auto account = co_await reserve(*day_);
  if (!account) {
    auto refusal = work_->machine->failure(number_, account.error());
    refusal.unsettled = false;  // it was not made
    co_return as_response(std::move(refusal));
  }
  auto answer = co_await work_->machine->perform(number_);
  const auto used = answer.unsettled ? day_->most : answer.used;
  auto response = as_response(std::move(answer));
  auto alert = co_await settle(*day_, std::move(*account), used);
  if (alert) response.emitted.push_back(std::move(*alert));
  co_return response;
}

agent::CallAnswer answer_in(AgentResponse response) {
  return {.value = std::move(response.result),
          .used = {.tokens = amount(response.metadata, "tokens"),
                   .nano_dollars = amount(response.metadata, "nano_dollars"),
                   .tool_calls = amount(response.metadata, "tool_calls")},
          .unsettled = response.metadata.contains("unsettled")};
}

}  // namespace skein::workflow
