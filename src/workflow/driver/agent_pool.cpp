#include "workflow/driver/agent_pool.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "base/encoding.hpp"

namespace skein::workflow {
namespace {

bool same_for_every_run(const Template& text) {
  return std::ranges::all_of(text.references(), [](const auto& r) { return r.reference.head == "env" || r.reference.head == "secrets"; });
}

bool same_for_every_run(const AgentDefinition& agent) {
  if (agent.authentication) {
    const auto& a = *agent.authentication;
    for (const auto* text : {&a.token, &a.key, &a.username, &a.password}) {
      if (!same_for_every_run(*text)) return false;
    }
  }
  const std::array texts{&agent.endpoint, &agent.custom_params, &agent.command, &agent.args, &agent.env, &agent.thinking};
  return std::ranges::all_of(texts, [](const auto* text) { return same_for_every_run(*text); });
}

std::string as_text(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? std::string(value.get_string()) : to_json(value);
}

Result<std::string> text_of(const Template& text, const Scope& scope) {
  const auto value = text.render(scope);
  if (!value) return std::unexpected(value.error());
  return as_text(**value);
}

Result<std::pair<std::string, std::string>> auth_header(const Authentication& auth, const Scope& scope) {
  using Header = std::pair<std::string, std::string>;
  switch (auth.type) {
    case AuthenticationType::bearer: {
      auto token = text_of(auth.token, scope);
      if (!token) return std::unexpected(token.error());
      return Header{"Authorization", "Bearer " + *token};
    }
    case AuthenticationType::api_key: {
      auto key = text_of(auth.key, scope);
      if (!key) return std::unexpected(key.error());
      return Header{auth.header, *key};
    }
    case AuthenticationType::basic: break;
  }
  auto user = text_of(auth.username, scope);
  if (!user) return std::unexpected(user.error());
  auto password = text_of(auth.password, scope);
  if (!password) return std::unexpected(password.error());
  return Header{"Authorization", "Basic " + base64(*user + ":" + *password)};
}

}  // namespace

Result<agent::Agent*> AgentPool::get(const DefinitionPtr& definition, AgentIndex index, const Scope& scope, PerRun& per_run) {
  const auto& wanted = definition->agents[index];
  auto& shared = shared_of(definition);
  if (shared.agents[index]) return shared.agents[index].get();
  if (const auto it = per_run.find(index); it != per_run.end()) return it->second.get();
  auto made = make(wanted, scope);
  if (!made) return std::unexpected(made.error());
  auto& place = same_for_every_run(wanted) ? shared.agents[index] : per_run[index];
  place = std::move(*made);
  return place.get();
}

/// Mostly it is the one that was asked for last, so that its hash need not be hashed.
AgentPool::Shared& AgentPool::shared_of(const DefinitionPtr& definition) {
  if (latest_ != nullptr && latest_->definition == definition) return *latest_;
  auto& shared = shared_[definition->hash];
  if (!shared.definition) {
    shared.definition = definition;
    shared.agents.resize(definition->agents.size());
  }
  latest_ = &shared;
  return shared;
}

Result<std::unique_ptr<agent::Agent>> AgentPool::make(const AgentDefinition& definition, const Scope& scope) const {
  agent::AgentSettings settings;
  settings.name = definition.name;
  settings.kind = definition.kind;
  settings.timeout = definition.timeout;
  settings.workflow = definition.workflow;
  auto endpoint = text_of(definition.endpoint, scope);
  if (!endpoint) return std::unexpected(endpoint.error());
  settings.endpoint = std::move(*endpoint);
  auto command = text_of(definition.command, scope);
  if (!command) return std::unexpected(command.error());
  settings.command = std::move(*command);
  if (definition.authentication) {
    auto header = auth_header(*definition.authentication, scope);
    if (!header) return std::unexpected(header.error());
    settings.auth_header = std::move(*header);
  }
  auto custom = definition.custom_params.render(scope);
  if (!custom) return std::unexpected(custom.error());
  settings.custom_params = **custom;
  auto thinking = definition.thinking.render(scope);
  if (!thinking) return std::unexpected(thinking.error());
  settings.thinking = **thinking;
  auto args = definition.args.render(scope);
  if (!args) return std::unexpected(args.error());
  if (const auto* array = (*args)->if_array()) {
    for (const auto& arg : *array) settings.args.push_back(as_text(arg));
  }
  auto env = definition.env.render(scope);
  if (!env) return std::unexpected(env.error());
  if (const auto* object = (*env)->if_object()) {
    for (const auto& member : *object) settings.env.emplace(member.key(), as_text(member.value()));
  }
  return kinds_.make(std::move(settings), services_);
}

}  // namespace skein::workflow
