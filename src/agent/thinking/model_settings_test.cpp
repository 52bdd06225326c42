#include "agent/thinking/model_settings.hpp"

#include <gtest/gtest.h>

#include "model/profile.hpp"

namespace skein::agent {
namespace {

NamedModels parse(std::string_view text) {
  NamedModels out;
  describe::Problems problems;
  describe::Shape<NamedModels>::parse(out, *parse_json(text), {}, describe::Path(), problems);
  EXPECT_TRUE(problems.empty()) << problems.front().message;
  return out;
}

std::string wrong(std::string_view text) {
  NamedModels out;
  describe::Problems problems;
  describe::Shape<NamedModels>::parse(out, *parse_json(text), {}, describe::Path(), problems);
  return problems.empty() ? "nothing" : problems.front().pointer + ": " + problems.front().message;
}

TEST(ModelSettings, ANameThatIsNoneOfTheModelsIsTheModelItself) {
  const auto choice = model_choice("openai/gpt-5.4", {});
  EXPECT_EQ(choice.name, "openai/gpt-5.4");
  EXPECT_EQ(choice.client.cache_for, microseconds{0});
  EXPECT_FALSE(choice.limit.limits());
}

TEST(ModelSettings, SayWhereAndHowAModelIsAsked) {
  const auto models =
      parse(R"({"near": {"model": "compatible/qwen3", "base_url": "http://gpu:8080/v1", "api_key": "k", "api": "openai_responses",
    "headers": {"X-Team": "a"}, "timeout": "1m", "first_token_timeout": 5, "token_timeout": "2s", "max_retries": 7,
    "requests_per_minute": 60, "tokens_per_minute": 1000, "cache": "10m", "profile": {"tool_choice": false, "output_limit": "max_tokens"}}})");
  const auto choice = model_choice("near", models);
  EXPECT_EQ(choice.name, "compatible/qwen3");
  EXPECT_EQ(choice.provider.base_url, "http://gpu:8080/v1");
  EXPECT_EQ(choice.provider.key, "k");
  EXPECT_EQ(choice.provider.api, model::Api::openai_responses);
  EXPECT_EQ(choice.provider.headers.get("x-team"), "a");
  EXPECT_EQ(to_json(Json(choice.provider.profile)), R"({"output_limit":"max_tokens","tool_choice":false})");
  EXPECT_EQ(choice.client.timeouts.total, seconds{60});
  EXPECT_EQ(choice.client.timeouts.first_token, seconds{5});
  EXPECT_EQ(choice.client.timeouts.between_tokens, seconds{2});
  EXPECT_EQ(choice.client.retry.max_retries, 7U);
  EXPECT_EQ(choice.client.cache_for, std::chrono::minutes{10});
  EXPECT_EQ(choice.limit.requests_per_minute, 60U);
  EXPECT_EQ(choice.limit.tokens_per_minute, 1000U);
}

TEST(ModelSettings, WithoutKeysAModelIsAskedAsOneThatIsNotListed) {
  const auto choice = model_choice("a", parse(R"({"a": {"model": "openai/x"}})"));
  const model::ClientSettings usual;
  EXPECT_EQ(choice.client.timeouts.total, usual.timeouts.total);
  EXPECT_EQ(choice.client.timeouts.first_token, usual.timeouts.first_token);
  EXPECT_EQ(choice.client.timeouts.between_tokens, usual.timeouts.between_tokens);
  EXPECT_EQ(choice.client.retry.max_retries, usual.retry.max_retries);
  EXPECT_EQ(choice.client.cache_for, usual.cache_for);
}

TEST(ModelSettings, ACacheKeepsAnswersForAnHourWhereNoTimeIsSaid) {
  const auto models = parse(R"({"a": {"model": "openai/x", "cache": true}, "b": {"model": "openai/x", "cache": false}})");
  EXPECT_EQ(model_choice("a", models).client.cache_for, std::chrono::hours{1});
  EXPECT_EQ(model_choice("b", models).client.cache_for, microseconds{0});
  EXPECT_EQ(wrong(R"({"a": {"model": "openai/x", "cache": "soon"}})").substr(0, 9), "/a/cache:");
}

TEST(ModelSettings, APriceOfItsOwnStandsBeforeTheTable) {
  const auto models = parse(R"({"a": {"model": "openai/x", "prices": {"input": 1, "output": 4}}})");
  EXPECT_FALSE(own_price("openai/x", models));
  const auto price = own_price("a", models);
  ASSERT_TRUE(price);
  const auto table = model::PriceTable::built_in().with({*price});
  EXPECT_EQ(table.cost_of({.input = 1'000'000, .output = 1'000'000}, "openai/x"), (model::Money{.nano = 5'000'000'000}));
  EXPECT_EQ(wrong(R"({"a": {"model": "openai/x", "prices": {"input": 1}}})").substr(0, 10), "/a/prices:");
}

TEST(ModelSettings, EveryQuirkOfAProfileIsAKey) {
  const auto& fields = describe::table_of<Quirks>().fields;
  for (const auto& member : model::profile_to_json({})) {
    EXPECT_TRUE(std::ranges::any_of(fields, [&](const auto& one) { return one.name == std::string_view(member.key()); })) << member.key();
    Quirks quirks;
    describe::Problems problems;
    describe::parse_object(quirks, JsonObject{{member.key(), member.value()}}, describe::Path(), problems);
    ModelSettings settings;
    settings.model = "openai/x";
    settings.profile = quirks;
    const auto overrides = model_choice("a", {{"a", settings}}).provider.profile;
    EXPECT_TRUE(model::profile_from_json(overrides, {})) << member.key();
    EXPECT_EQ(overrides.size(), 1U) << member.key();
  }
  EXPECT_EQ(fields.size(), model::profile_to_json({}).size());
  EXPECT_NE(wrong(R"({"a": {"model": "openai/x", "profile": {"tool_choise": true}}})").find("did you mean 'tool_choice'"),
            std::string::npos);
}

}  // namespace
}  // namespace skein::agent
