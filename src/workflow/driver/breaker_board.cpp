#include "workflow/driver/breaker_board.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "agent/failures.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace skein::workflow {
namespace {

constexpr std::string_view stream_prefix = "breaker/";

std::optional<resilience::BreakerTransition> transition_from(const store::SharedEvent& event) {
  const auto value = parse_json(event.payload);
  if (!value || !value->is_object()) return std::nullopt;
  const auto* to = value->get_object().if_contains("to");
  if (to == nullptr || !to->is_string()) return std::nullopt;
  const auto phase = resilience::breaker_phase_from(to->get_string());
  if (!phase) return std::nullopt;
  return resilience::BreakerTransition{.to = *phase, .at = event.at};
}

}  // namespace

BreakerBoard::BreakerBoard(store::RunStore& store, OnTransition on_transition) : store_(store), on_transition_(std::move(on_transition)) {
  refresh();
}

Result<BreakerBoard::Ticket> BreakerBoard::acquire(std::string breaker, const resilience::BreakerPolicy& policy, Instant now) {
  resilience::Breaker::Answer answer;
  Instant since;
  {
    const std::lock_guard lock(mutex_);
    auto& state = breakers_[breaker];
    answer = state.acquire(policy, now);
    since = state.since();
  }
  if (answer.transition) record(breaker, *answer.transition);
  if (answer.permit == resilience::Breaker::Permit::refused) {
    const auto left = std::max(microseconds{0}, since + policy.recovery_timeout - now);
    return std::unexpected(Error{.code = ErrorCode::circuit_open,
                                 .message = "Circuit breaker is open",
                                 .context = fmt::format("breaker={} next_probe_in={}", breaker, human_duration(left)),
                                 .retryable = true,
                                 .retry_after = std::chrono::ceil<milliseconds>(left)});
  }
  return Ticket{.breaker = std::move(breaker), .policy = policy, .permit = answer.permit};
}

void BreakerBoard::succeeded(const Ticket& ticket, Instant now) {
  if (!ticket.tracked()) return;
  std::optional<resilience::BreakerTransition> transition;
  {
    const std::lock_guard lock(mutex_);
    transition = breakers_[ticket.breaker].record_success(ticket.permit, now);
  }
  if (transition) record(ticket.breaker, *transition);
}

void BreakerBoard::failed(const Ticket& ticket, Instant now) {
  if (!ticket.tracked()) return;
  std::optional<resilience::BreakerTransition> transition;
  {
    const std::lock_guard lock(mutex_);
    transition = breakers_[ticket.breaker].record_failure(ticket.permit, ticket.policy, now);
  }
  if (transition) record(ticket.breaker, *transition);
}

void BreakerBoard::abandoned(const Ticket& ticket) {
  if (!ticket.tracked()) return;
  const std::lock_guard lock(mutex_);
  breakers_[ticket.breaker].record_nothing(ticket.permit);
}

bool BreakerBoard::counts(const Error& error) {
  switch (error.code) {
    case ErrorCode::timeout:
    case ErrorCode::connection_failed:
    case ErrorCode::bad_response:
    case ErrorCode::rate_limited:
    case ErrorCode::agent_failed: return true;
    case ErrorCode::http_status: return agent::http_status_of(error).value_or(500) >= 500;
    default: return false;
  }
}

void BreakerBoard::record(const std::string& breaker, const resilience::BreakerTransition& transition) {
  const auto payload = to_json(JsonObject{{"to", resilience::to_string(transition.to)}});
  const auto id = store_.append_shared(std::string(stream_prefix) + breaker, payload, transition.at);
  if (id) {
    const std::lock_guard lock(mutex_);
    last_seen_ = std::max(last_seen_, *id);
  } else {
    log::warning("a circuit breaker's transition could not be stored; it holds in this process only",
                 {{"breaker", Json(breaker)}, {"error", Json(id.error().message)}});
  }
  if (on_transition_) on_transition_(breaker, transition);
}

void BreakerBoard::refresh() {
  std::int64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    after = last_seen_;
  }
  const auto events = store_.read_shared(stream_prefix, after);
  if (!events) return;
  const std::lock_guard lock(mutex_);
  for (const auto& event : *events) {
    if (event.id <= last_seen_) continue;
    last_seen_ = event.id;
    if (const auto transition = transition_from(event)) breakers_[event.stream.substr(stream_prefix.size())].apply(*transition);
  }
}

std::vector<BreakerBoard::Status> BreakerBoard::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Status> out;
  for (const auto& [name, state] : breakers_) {
    out.push_back({.name = name, .phase = state.phase(), .since = state.since(), .failures = state.failures()});
  }
  return out;
}

}  // namespace skein::workflow
