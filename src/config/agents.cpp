#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/shapes.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;
using describe::Problems;
using workflow::AuthenticationType;

void warn(Problems& problems, const Path& at, std::string message, describe::Part part = describe::Part::value) {
  problems.push_back(
      {.pointer = at.pointer(), .message = std::move(message), .severity = describe::Severity::warning, .part = part, .offset = {}});
}

std::string_view text_of(const TextTemplate& value) {
  const auto* text = value.source.if_string();
  return text == nullptr ? std::string_view{} : std::string_view(text->data(), text->size());
}

bool is_literal(const TextTemplate& value) { return !text_of(value).empty() && !text_of(value).contains("{{"); }

bool has(const AgentSpec& agent, std::string_view key) {
  if (key == "workflow") return !agent.workflow.document.is_null();
  if (key == "model") return !agent.model.source.is_null();
  return key == "endpoint" ? !agent.endpoint.source.is_null() : !agent.command.source.is_null();
}

/// What a missing key is taken for: a key that is there but wrong has its own problem.
bool has_problem_at(const Problems& problems, const Path& at) {
  const auto pointer = at.pointer();
  return std::ranges::any_of(problems, [&](const auto& problem) { return problem.pointer == pointer; });
}

void check_needs(const AgentSpec& agent, const Path& at, Problems& problems) {
  const auto kind = describe::names_of<AgentKind>()[static_cast<std::size_t>(agent.type)];
  for (const auto& needs : kind_needs()) {
    if (needs.kind != agent.type) continue;
    for (const auto key : needs.all) {
      if (has(agent, key) || has_problem_at(problems, Path(at, key))) continue;
      add_error(problems, at, fmt::format("agent '{}' of type {} needs the key '{}'; add it", agent.name, kind, key));
    }
    const bool any = needs.any.empty() ||
                     std::ranges::any_of(needs.any, [&](auto key) { return has(agent, key) || has_problem_at(problems, Path(at, key)); });
    if (any) continue;
    const std::vector<std::string> words(needs.any.begin(), needs.any.end());
    add_error(problems, at, fmt::format("agent '{}' of type {} needs the key {}; add one", agent.name, kind, list_of(words, " or ")));
  }
  if (agent.type != AgentKind::workflow && has(agent, "workflow")) {
    warn(problems, Path(at, "workflow"), fmt::format("'workflow' means nothing to an agent of type {}; remove it", kind),
         describe::Part::key);
  }
  if (starts_program(agent.type)) return;
  const std::array<std::pair<std::string_view, bool>, 3> program{
      {{"command", has(agent, "command")}, {"args", !agent.args.empty()}, {"env", !agent.env.empty()}}};
  for (const auto& [key, given] : program) {
    if (given)
      warn(problems, Path(at, key), fmt::format("'{}' means nothing to an agent of type {}; remove it", key, kind), describe::Part::key);
  }
}

void check_endpoint(const AgentSpec& agent, const Path& at, Problems& problems) {
  if (agent.type != AgentKind::ai_agent && agent.type != AgentKind::http_api) return;
  const auto endpoint = text_of(agent.endpoint);
  if (endpoint.empty() || endpoint.starts_with("{{")) return;
  const auto lower = to_lower(endpoint);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (lower.starts_with(scheme) && lower.size() > scheme.size()) return;
  }
  add_error(problems, Path(at, "endpoint"),
            fmt::format("'endpoint' must be an http or https address, got '{}'; write it in full, as in https://api.example.com/v1",
                        shorten(endpoint, 60)));
}

void check_authentication(const AuthenticationSpec& auth, const Path& at, Problems& problems) {
  struct Credential {
    std::string_view key;
    const TextTemplate& value;
    AuthenticationType type;
    bool secret;
  };
  const std::array<Credential, 4> credentials{{{"token", auth.token, AuthenticationType::bearer, true},
                                               {"key", auth.key, AuthenticationType::api_key, true},
                                               {"username", auth.username, AuthenticationType::basic, false},
                                               {"password", auth.password, AuthenticationType::basic, true}}};
  const auto type = to_string(auth.type);
  if (has_problem_at(problems, Path(at, "type")) || has_problem_at(problems, at)) return;
  for (const auto& [key, value, needed_by, secret] : credentials) {
    const Path place(at, key);
    const bool given = !value.source.is_null();
    if (!given && needed_by == auth.type && !has_problem_at(problems, place)) {
      add_error(problems, at, fmt::format("authentication of type {} needs the key '{}'; add it", type, key));
    }
    if (given && needed_by != auth.type) {
      warn(problems, place, fmt::format("'{}' means nothing to authentication of type {}; remove it", key, type), describe::Part::key);
    }
    if (secret && is_literal(value))
      warn(problems, place, fmt::format("a {} is written literally in the file; use {{{{secrets.NAME}}}}", key));
  }
}

}  // namespace

void check_agents(const WorkflowSpec& spec, Problems& problems) {
  const Path root;
  check_models(spec.models, Path(root, "models"), problems);
  const Path list(root, "agents");
  for (std::size_t i = 0; i < spec.agents.size(); ++i) {
    const auto& agent = spec.agents[i];
    const Path at(list, i);
    if (!has_problem_at(problems, Path(at, "type"))) {
      check_needs(agent, at, problems);
      check_endpoint(agent, at, problems);
      check_thinking(agent, spec.models, at, problems);
    }
    if (agent.authentication) check_authentication(*agent.authentication, Path(at, "authentication"), problems);
    if (agent.retry_config && agent.retry_config->initial_delay > agent.retry_config->max_delay) {
      const Path retry(at, "retry_config");
      warn(problems, retry, "'initial_delay' is longer than 'max_delay', so every wait is 'max_delay'; lower one");
    }
  }
}

}  // namespace skein::config
