#include "runtime/rehearsal/faked_calls.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "agent/failures.hpp"

namespace skein::runtime {
namespace {

/// What the expression of a faked result may refer to.
class RequestScope final : public workflow::Scope {
 public:
  RequestScope(const AgentRequest& request, const Json& inputs) : request_(request), inputs_(inputs) {}

  [[nodiscard]] Result<const Json*> find(std::string_view head, std::string_view field, Json& scratch) const override {
    if (head == "parameters") return member(*request_.parameters, field, scratch);
    if (head == "inputs") return member(inputs_, field, scratch);
    if (head == "action") return text(request_.action, scratch);
    if (head == "task") return text(request_.task, scratch);
    if (head == "attempt") return number(request_.attempt, scratch);
    if (head == "activation") return number(request_.activation, scratch);
    return fail(ErrorCode::expression_failed, fmt::format("unknown name '{}'", head));
  }

 private:
  static Result<const Json*> member(const Json& object, std::string_view field, Json& scratch) {
    if (field.empty()) return &object;
    const auto* found = object.is_object() ? object.get_object().if_contains(field) : nullptr;
    scratch = nullptr;
    return found != nullptr ? found : &scratch;
  }
  static Result<const Json*> text(std::string_view value, Json& scratch) {
    scratch = value;
    return &scratch;
  }
  static Result<const Json*> number(std::uint32_t value, Json& scratch) {
    scratch = std::int64_t{value};
    return &scratch;
  }

  const AgentRequest& request_;
  const Json& inputs_;
};

Error error_of(const config::FakedError& faked) {
  Error out;
  const int status = faked.status.value_or(0);
  const auto of_status = status == 401   ? ErrorCode::unauthenticated
                         : status == 403 ? ErrorCode::permission_denied
                         : status == 429 ? ErrorCode::rate_limited
                                         : ErrorCode::http_status;
  out.code = faked.code.value_or(status == 0 ? ErrorCode::agent_failed : of_status);
  out.retryable = status == 0 ? agent::is_retryable(out.code) : agent::is_retryable_status(status, agent::Peer::service);
  if (faked.retryable) out.retryable = *faked.retryable;
  if (status != 0) out.context = fmt::format("status={}", status);
  if (faked.retry_after) out.retry_after = std::chrono::ceil<milliseconds>(*faked.retry_after);
  out.message = faked.message;
  if (out.message.empty()) out.message = status != 0 ? fmt::format("HTTP {}", status) : fmt::format("{} (faked)", to_string(out.code));
  return out;
}

}  // namespace

void FakedCalls::start(workflow::CallId call, agent::AsyncAgent& /*agent*/, std::unique_ptr<workflow::CallRequest> request,
                       microseconds timeout) {
  const auto& asked = request->request;
  record(asked);
  const auto task = path_of(asked);
  const auto fakes = test_.tasks.find(task);
  if (fakes == test_.tasks.end() || fakes->second.calls.empty()) return missing(asked);
  const auto& calls = fakes->second.calls;
  const auto& fake = calls[std::min(used_[task]++, calls.size() - 1)];
  if (fake.after >= timeout) {
    auto late = AgentResponse::failed(
        {.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = true, .retry_after = {}});
    open_.emplace(std::pair(clock_.now() + timeout, call), std::move(late));
    return;
  }
  open_.emplace(std::pair(clock_.now() + fake.after, call), answer_of(task, fake, asked));
}

void FakedCalls::cancel(workflow::CallId call) {
  std::erase_if(open_, [&](const auto& one) { return one.first.second == call; });
}

std::optional<Instant> FakedCalls::next_due() const { return open_.empty() ? std::nullopt : std::optional(open_.begin()->first.first); }

std::optional<FakedCalls::Answer> FakedCalls::take_due() {
  if (open_.empty() || open_.begin()->first.first > clock_.now()) return std::nullopt;
  auto first = open_.extract(open_.begin());
  return Answer{.call = first.key().second, .response = std::move(first.mapped())};
}

config::TaskPath FakedCalls::path_of(const AgentRequest& request) const {
  const auto& member = *family_.find(request.run_id);
  return Family::path_of(member, member.definition->find_task(request.task).value_or(0));
}

AgentResponse FakedCalls::answer_of(const config::TaskPath& task, const config::FakedCall& fake, const AgentRequest& request) {
  if (fake.error) return AgentResponse::failed(error_of(*fake.error));
  const auto result = fake.result->render(RequestScope(request, *family_.find(request.run_id)->inputs));
  if (result) {
    auto response = AgentResponse::ok(**result);
    response.metadata = fake.metadata;
    return response;
  }
  problem_ =
      fmt::format("the faked result of task '{}' cannot be computed: {}", Family::name_of(definition_, task), result.error().message);
  return AgentResponse::failed(result.error());
}

void FakedCalls::missing(const AgentRequest& request) {
  if (!problem_.empty()) return;
  const auto path = path_of(request);
  const auto name = Family::name_of(definition_, path);
  problem_ =
      fmt::format("task '{}' calls agent '{}' of type {}, and the case does not say what comes of it; add to 'tasks': {}: {{result: …}}",
                  name, request.agent, Family::workflow_of(definition_, path).agents[Family::task_of(definition_, path).agent].kind, name);
}

}  // namespace skein::runtime
