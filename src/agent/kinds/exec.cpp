#include <cstdlib>
#include <string>

#include "agent/kinds/kinds.hpp"
#include "async/run_child.hpp"
#include "base/text.hpp"

namespace skein::agent {
namespace {

constexpr int exit_try_again = 75;  ///< EX_TEMPFAIL of sysexits.h
constexpr std::size_t shown_errors = 800;

/// What every program gets besides its own `env`.
std::map<std::string, std::string> minimal_environment() {
  std::map<std::string, std::string> env;
  for (const auto* name : {"PATH", "HOME", "LANG", "TMPDIR"}) {
    if (const auto* value = std::getenv(name)) env.emplace(name, value);  // NOLINT(concurrency-mt-unsafe): nobody sets variables
  }
  env.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  return env;
}

std::string request_text(const AgentRequest& request) {
  JsonObject out;
  out.emplace("action", request.action);
  out.emplace("parameters", *request.parameters);
  out.emplace("workflow", request.workflow);
  out.emplace("task", request.task);
  out.emplace("agent", request.agent);
  out.emplace("run_id", request.run_id);
  out.emplace("activation", request.activation);
  out.emplace("attempt", request.attempt);
  out.emplace("idempotency_key", request.idempotency_key);
  return to_json(Json(std::move(out))) + "\n";
}

AgentResponse failed(const std::string& program, std::string what, const async::ChildOutcome& outcome, std::string context,
                     bool retryable) {
  auto message = "the program '" + program + "' " + std::move(what);
  const auto whole = to_valid_utf8(outcome.errors);
  std::string_view errors = trim(whole);
  if (errors.size() > shown_errors) errors = trim(errors.substr(errors.size() - shown_errors));
  if (!errors.empty()) message += ": " + to_valid_utf8(errors);
  return AgentResponse::failed({.code = ErrorCode::agent_failed,
                                .message = std::move(message),
                                .context = std::move(context),
                                .retryable = retryable,
                                .retry_after = std::nullopt});
}

/// Runs a program for each attempt: the request as JSON on its standard input, the result on its standard output.
class ExecAgent final : public AsyncAgent {
 public:
  explicit ExecAgent(AgentSettings settings) : settings_(std::move(settings)), env_(minimal_environment()) {
    for (const auto& [name, value] : settings_.env) env_.insert_or_assign(name, value);
  }

  [[nodiscard]] asio::awaitable<AgentResponse> execute(const AgentRequest& request) override {
    async::ChildCommand command{.program = settings_.command, .args = settings_.args, .env = env_, .working_directory = {}};
    auto input = request_text(request);
    const auto outcome = co_await async::run_child(std::move(command), std::move(input), async::ChildLimits{});
    if (!outcome) co_return AgentResponse::failed(outcome.error());
    co_return answer(*outcome);
  }

 private:
  [[nodiscard]] AgentResponse answer(const async::ChildOutcome& outcome) const {
    const auto& [code, signal] = outcome.status;
    if (signal != 0) {
      return failed(settings_.command, "was killed by signal " + std::to_string(signal), outcome, "signal=" + std::to_string(signal), true);
    }
    if (code != 0) {
      return failed(settings_.command, "ended with exit code " + std::to_string(code), outcome, "exit=" + std::to_string(code),
                    code == exit_try_again);
    }
    if (!is_utf8(outcome.output)) {
      return failed(settings_.command, "wrote something that is neither JSON nor UTF-8 text", outcome, {}, false);
    }
    AgentResponse response;
    if (auto value = parse_json(outcome.output)) {
      response = AgentResponse::ok(std::move(*value));
    } else {
      std::string_view text = outcome.output;
      if (text.ends_with('\n')) text.remove_suffix(1);
      response = text.empty() ? AgentResponse::ok(Json()) : AgentResponse::ok(Json(boost::json::string(text)));
    }
    response.metadata.emplace("exit_code", code);
    if (const auto errors = to_valid_utf8(outcome.errors); !trim(errors).empty()) {
      response.metadata.emplace("stderr", boost::json::string(shorten(trim(errors), shown_errors)));
    }
    return response;
  }

  AgentSettings settings_;
  std::map<std::string, std::string> env_;
};

}  // namespace

Result<std::unique_ptr<Agent>> make_exec(AgentSettings settings, const AgentServices& /*services*/) {
  if (settings.command.empty()) {
    return fail(ErrorCode::invalid_argument,
                "the exec agent '" + settings.name + "' has no command; name the program to run, without a shell");
  }
  return std::make_unique<ExecAgent>(std::move(settings));
}

}  // namespace skein::agent
