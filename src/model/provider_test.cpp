#include "model/provider.hpp"

#include <map>

#include <gtest/gtest.h>

namespace skein::model {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Result<ProviderSettings> resolve(std::string_view name, Variables variables, ProviderOverrides overrides = {},
                                 SecretValues* known = nullptr) {
  SecretValues unheard;
  const auto parsed = parse_model_name(name);
  if (!parsed) return std::unexpected(parsed.error());
  const auto lookup = [variables = std::move(variables)](std::string_view variable) -> std::optional<std::string> {
    const auto at = variables.find(variable);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
  return resolve_provider(*parsed, overrides, lookup, known == nullptr ? unheard : *known);
}

std::string message(const auto& result) { return result ? "(accepted)" : result.error().message; }

TEST(ModelName, IsAProviderAndTheRest) {
  EXPECT_EQ(*parse_model_name("openai/gpt-4o"), (ModelName{"openai", "gpt-4o"}));
  EXPECT_EQ(*parse_model_name(" compatible/meta-llama/Llama-3 "), (ModelName{"compatible", "meta-llama/Llama-3"}));
  EXPECT_EQ(parse_model_name("replay//tmp/a.jsonl")->model, "/tmp/a.jsonl");
  EXPECT_EQ(parse_model_name("scripted/plan.json")->text(), "scripted/plan.json");
}

TEST(ModelName, ErrorsSuggestWhatWasMeant) {
  EXPECT_EQ(message(parse_model_name("gpt-4o")), "'gpt-4o' is no model name: they look like provider/model; did you mean 'openai/gpt-4o'?");
  EXPECT_NE(message(parse_model_name("claude-x")).find("'anthropic/claude-x'"), std::string::npos);
  EXPECT_NE(message(parse_model_name("llama")).find("for example openai/gpt-4o"), std::string::npos);
  EXPECT_EQ(message(parse_model_name("opanai/x")), "'opanai/x': there is no provider 'opanai'; did you mean 'openai'?");
  EXPECT_NE(message(parse_model_name("mystery/x")).find("there are openai, anthropic, ollama, compatible, replay and scripted"),
            std::string::npos);
  for (const char* name : {"", "/", "openai/", "/gpt"}) EXPECT_FALSE(parse_model_name(name)) << name;
}

TEST(Provider, OpenAi) {
  SecretValues known;
  const auto r = resolve("openai/gpt-4o", {{"OPENAI_API_KEY", "sk-hunter2\n"}}, {}, &known);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->name, "openai");
  EXPECT_EQ(r->api, Api::openai_chat);
  EXPECT_EQ(r->base_url, "https://api.openai.com/v1");
  EXPECT_EQ(r->key_header, (http::Headers::Field{"Authorization", "Bearer sk-hunter2"}));
  EXPECT_EQ(known.redact("key=sk-hunter2"), "key=[redacted]");
}

TEST(Provider, AMissingKeySaysWhichVariableToSet) {
  const auto openai = resolve("openai/gpt-4o", {{"OPENAI_API_KEY", ""}});
  EXPECT_EQ(message(openai), "openai/gpt-4o needs a key: set OPENAI_API_KEY");
  EXPECT_EQ(openai.error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(message(resolve("anthropic/claude-x", {})), "anthropic/claude-x needs a key: set ANTHROPIC_API_KEY");
  EXPECT_NE(message(resolve("compatible/x", {})).find("set SKEIN_COMPATIBLE_BASE_URL"), std::string::npos);
}

TEST(Provider, AKeyIsNotNeededElsewhere) {
  const auto r = resolve("openai/x", {{"OPENAI_BASE_URL", "http://127.0.0.1:9/v1/"}});
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->base_url, "http://127.0.0.1:9/v1");
  EXPECT_FALSE(r->key_header);
}

TEST(Provider, Anthropic) {
  const auto r = resolve("anthropic/claude-x", {{"ANTHROPIC_API_KEY", "k-12345"}, {"ANTHROPIC_BASE_URL", "https://proxy.example"}});
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->api, Api::anthropic_messages);
  EXPECT_EQ(r->base_url, "https://proxy.example");
  EXPECT_EQ(r->key_header, (http::Headers::Field{"x-api-key", "k-12345"}));
}

TEST(Provider, OllamaHostMayBeShort) {
  const auto url = [](const char* host) { return resolve("ollama/x", {{"OLLAMA_HOST", host}})->base_url; };
  EXPECT_EQ(url(""), "http://127.0.0.1:11434");
  EXPECT_EQ(url("gpu.local"), "http://gpu.local:11434");
  EXPECT_EQ(url("0.0.0.0:8000"), "http://127.0.0.1:8000");
  EXPECT_EQ(url("[::1]"), "http://[::1]:11434");
  EXPECT_EQ(url("gpu.local/ollama"), "http://gpu.local:11434/ollama");
  EXPECT_EQ(url("https://gpu.example/"), "https://gpu.example");
  const auto r = resolve("ollama/x", {{"OLLAMA_API_KEY", "unused"}});
  EXPECT_FALSE(r->key_header);
  EXPECT_FALSE(r->profile.tool_choice);
}

TEST(Provider, CompatibleServers) {
  const auto r =
      resolve("compatible/qwen", {{"SKEIN_COMPATIBLE_BASE_URL", "http://u:secret@h:8080/v1"}, {"SKEIN_COMPATIBLE_API_KEY", "k-99"}});
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->key_header->second, "Bearer k-99");
  EXPECT_EQ(r->profile.output_limit, Profile::OutputLimit::max_tokens);
}

TEST(Provider, OverridesWinOverTheEnvironment) {
  ProviderOverrides overrides;
  overrides.base_url = "http://h/v1";
  overrides.key = "own-key";
  overrides.api = Api::openai_responses;
  overrides.headers = {{"X-Team", "a"}};
  overrides.profile = {{"strict_tools", true}};
  SecretValues known;
  const auto r = resolve("openai/x", {{"OPENAI_API_KEY", "other-key"}, {"OPENAI_BASE_URL", "http://other/"}, {"SKEIN_OPENAI_API", "chat"}},
                         overrides, &known);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->base_url, "http://h/v1");
  EXPECT_EQ(r->key_header->second, "Bearer own-key");
  EXPECT_EQ(r->api, Api::openai_responses);
  EXPECT_EQ(r->headers.get("x-team"), "a");
  EXPECT_TRUE(r->profile.strict_tools);
  EXPECT_EQ(known.redact("own-key"), "[redacted]");
}

TEST(Provider, TheApiOfOpenAiCanBeChosen) {
  const Variables home{{"OPENAI_API_KEY", "k-1"}};
  auto responses = home;
  responses["SKEIN_OPENAI_API"] = "responses";
  EXPECT_EQ(resolve("openai/x", responses)->api, Api::openai_responses);
  responses["SKEIN_OPENAI_API"] = "soap";
  EXPECT_EQ(message(resolve("openai/x", responses)), "SKEIN_OPENAI_API must be chat or responses, not 'soap'");
  ProviderOverrides overrides;
  overrides.api = Api::ollama_chat;
  EXPECT_NE(message(resolve("openai/x", home, overrides)).find("speaks openai_chat"), std::string::npos);
  overrides.base_url = "http://h";
  EXPECT_EQ(resolve("compatible/x", {}, overrides)->api, Api::ollama_chat);
}

TEST(Provider, WhatCannotBeSentIsRefused) {
  EXPECT_EQ(message(resolve("openai/x", {{"OPENAI_API_KEY", "two words"}})),
            "the key of openai/x holds spaces or control characters: check OPENAI_API_KEY");
  EXPECT_NE(message(resolve("openai/x", {{"OPENAI_BASE_URL", "ftp://h"}})).find("OPENAI_BASE_URL is no usable URL"), std::string::npos);
  EXPECT_NE(message(resolve("openai/x", {{"OPENAI_BASE_URL", "http://h/?key=1"}})).find("must not have a query"), std::string::npos);
  ProviderOverrides bad_profile;
  bad_profile.profile = {{"imageurls", true}};
  EXPECT_NE(message(resolve("ollama/x", {}, bad_profile)).find("did you mean 'image_urls'?"), std::string::npos);
  ProviderOverrides bad_headers;
  bad_headers.headers = {{"Content-Length", "7"}};
  EXPECT_FALSE(resolve("ollama/x", {}, bad_headers));
  EXPECT_FALSE(resolve("replay/file", {}));
}

TEST(Provider, CredentialsOfAnAddressAreSecret) {
  SecretValues known;
  ASSERT_TRUE(resolve("compatible/x", {{"SKEIN_COMPATIBLE_BASE_URL", "http://user:hunter2@h/v1"}}, {}, &known));
  EXPECT_EQ(known.redact("hunter2"), "[redacted]");
}

TEST(Api, NamesComeBack) {
  for (const auto api : {Api::openai_chat, Api::openai_responses, Api::anthropic_messages, Api::ollama_chat}) {
    EXPECT_EQ(api_from(to_string(api)), api);
  }
  EXPECT_FALSE(api_from("soap"));
  EXPECT_EQ(network_providers().size(), 4U);
}

}  // namespace
}  // namespace skein::model
