#include <algorithm>
#include <array>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/validate.hpp"
#include "http/headers.hpp"
#include "http/url.hpp"
#include "model/provider.hpp"

// The models of a workflow, and the names that agents call them.
namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;
using describe::Problems;

/// Headers that carry credentials.
constexpr std::array<std::string_view, 5> secret_headers{"authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"};

bool holds_expression(std::string_view text) { return text.contains("{{"); }

void warn(Problems& problems, const Path& at, std::string message) {
  problems.push_back({.pointer = at.pointer(),
                      .message = std::move(message),
                      .severity = describe::Severity::warning,
                      .part = describe::Part::value,
                      .offset = {}});
}

void check_address(const agent::ModelSettings& settings, const Path& at, Problems& problems) {
  if (settings.base_url.empty()) {
    if (settings.model.starts_with("compatible/"))
      warn(problems, Path(at, "model"),
           "'compatible' models have no address of their own; add 'base_url', or set SKEIN_COMPATIBLE_BASE_URL where the workflow runs");
    return;
  }
  if (holds_expression(settings.base_url)) return;
  const auto url = http::Url::parse(settings.base_url);
  if (!url) {
    add_error(problems, Path(at, "base_url"),
              fmt::format("'base_url' must be an http or https address ({}); write it in full, as in http://127.0.0.1:8080/v1",
                          url.error().message));
  } else if (!url->credentials().empty()) {
    warn(problems, Path(at, "base_url"), "credentials are written literally in the file; use {{secrets.NAME}}");
  }
}

void check_headers(const agent::ModelSettings& settings, const Path& at, Problems& problems) {
  for (const auto& [name, value] : settings.headers) {
    const Path place(at, std::string_view(name));
    http::Headers one;
    one.set(name, holds_expression(value) ? "x" : value);
    if (const auto fine = http::check_request_headers(one); !fine) {
      add_error(problems, place, fine.error().message, describe::Part::key);
    } else if (!holds_expression(value) && std::ranges::find(secret_headers, to_lower(name)) != secret_headers.end()) {
      warn(problems, place, fmt::format("the header '{}' is written literally in the file; use {{{{secrets.NAME}}}}", name));
    }
  }
}

bool same(const agent::OwnPrice& a, const agent::OwnPrice& b) {
  return a.input == b.input && a.output == b.output && a.cached_input.value_or(a.input) == b.cached_input.value_or(b.input) &&
         a.cache_write.value_or(a.input) == b.cache_write.value_or(b.input);
}

}  // namespace

void check_model_name(std::string_view name, const agent::NamedModels& models, const Path& at, Problems& problems) {
  if (holds_expression(name)) return;
  if (std::ranges::find(models, name, &std::pair<std::string, agent::ModelSettings>::first) != models.end()) return;
  if (!name.contains('/') && !models.empty()) {
    std::vector<std::string_view> names;
    for (const auto& [known, settings] : models) names.emplace_back(known);
    auto advice = suggestion(name, names, problems);
    if (advice.empty()) advice = "; it has " + list_of(std::vector<std::string>(names.begin(), names.end()));
    return add_error(
        problems, at,
        fmt::format("there is no model '{}' under 'models' (others are written as provider/model){}", shorten(name, 60), advice));
  }
  if (const auto parsed = model::parse_model_name(name); !parsed) add_error(problems, at, parsed.error().message);
}

void check_models(const agent::NamedModels& models, const Path& at, Problems& problems) {
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto& [name, settings] = models[i];
    const Path place(at, std::string_view(name));
    if (const auto wrong = check_name(name); !wrong.empty())
      add_error(problems, place, fmt::format("the name of a model {}", wrong), describe::Part::key);
    if (!settings.model.empty()) check_model_name(settings.model, {}, Path(place, "model"), problems);
    check_address(settings, place, problems);
    check_headers(settings, Path(place, "headers"), problems);
    if (!settings.api_key.empty() && !holds_expression(settings.api_key))
      add_error(problems, Path(place, "api_key"), "a key must not be written into the file; use {{secrets.NAME}}");
    if (!settings.prices || holds_expression(settings.model)) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const auto& [earlier, other] = models[j];
      if (other.model != settings.model || !other.prices || same(*other.prices, *settings.prices)) continue;
      add_error(problems, Path(place, "prices"),
                fmt::format("'{}' gives {} another price, and there can be one; let both say the same", earlier, settings.model));
    }
  }
}

void for_each_model_name(const AgentSpec& agent, const Path& at, const std::function<void(std::string_view, const Path&)>& visit) {
  if (const auto* name = agent.model.source.if_string()) visit(*name, Path(at, "model"));
  const Path list(at, "fallback_models");
  for (std::size_t i = 0; i < agent.fallback_models.size(); ++i) visit(agent.fallback_models[i], Path(list, i));
  if (!agent.step_models) return;
  const Path steps(at, "step_models");
  const auto step = [&](std::string_view key, const std::string& name) {
    if (!name.empty()) visit(name, Path(steps, key));
  };
  step("reflect", agent.step_models->reflect);
  step("repair", agent.step_models->repair);
  step("summarise", agent.step_models->summarise);
}

JsonObject models_for(const AgentSpec& agent, const Json& document) {
  JsonObject out;
  const auto* models = at_pointer(document, "/models");
  if (models == nullptr || !models->is_object()) return out;
  bool all = false;
  for_each_model_name(agent, Path(), [&](std::string_view name, const Path&) {
    const auto* settings = models->get_object().if_contains(name);
    if (settings != nullptr) out[name] = *settings;
    all = all || holds_expression(name);
  });
  return all ? models->get_object() : out;
}

}  // namespace skein::config
