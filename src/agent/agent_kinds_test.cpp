#include <gtest/gtest.h>

#include "agent/kinds/kinds.hpp"

namespace skein::agent {
namespace {

AgentSettings of_kind(std::string kind) {
  AgentSettings settings;
  settings.name = "a";
  settings.kind = std::move(kind);
  return settings;
}

TEST(AgentKinds, AnUnknownKindSuggestsTheNearest) {
  AgentKinds kinds;
  add_builtin_kinds(kinds);
  const auto made = kinds.make(of_kind("http_ap"), {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid_definition);
  EXPECT_NE(made.error().message.find("did you mean 'http_api'?"), std::string::npos) << made.error().message;
}

TEST(AgentKinds, NamesAreKnownAndSorted) {
  AgentKinds kinds;
  add_builtin_kinds(kinds);
  EXPECT_EQ(kinds.names(), (std::vector<std::string>{"ai_agent", "custom", "exec", "http_api", "local", "mcp_server"}));
  EXPECT_TRUE(kinds.knows("exec"));
  EXPECT_FALSE(kinds.knows("EXEC"));
}

TEST(AgentKinds, WhatIsNotBuiltRefusesByName) {
  AgentKinds kinds;
  add_builtin_kinds(kinds);
  const auto mcp = kinds.make(of_kind("mcp_server"), {});
  ASSERT_FALSE(mcp);
  EXPECT_EQ(mcp.error().code, ErrorCode::unsupported);
  EXPECT_TRUE(mcp.error().message.starts_with("agent kind 'mcp_server' is not built into this version")) << mcp.error().message;
  EXPECT_EQ(kinds.make(of_kind("custom"), {}).error().code, ErrorCode::unsupported);
  EXPECT_TRUE(kinds.is_foreign("custom"));
  EXPECT_FALSE(kinds.is_foreign("mcp_server"));
  kinds.add("custom", make_local);
  EXPECT_FALSE(kinds.is_foreign("custom"));
}

TEST(AgentKinds, ALaterRegistrationReplaces) {
  AgentKinds kinds;
  add_builtin_kinds(kinds);
  kinds.add("custom", function_kind([](const AgentRequest&) { return AgentResponse::ok(Json(1)); }, RunFunction::inline_));
  EXPECT_TRUE(kinds.make(of_kind("custom"), {}));
}

}  // namespace
}  // namespace skein::agent
