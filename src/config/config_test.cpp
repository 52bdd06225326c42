#include "config/config.hpp"

#include <gtest/gtest.h>

namespace skein::config {
namespace {

TEST(Config, LoadsTheFirstExample) {
  const auto loaded = load_workflow_text(R"(
name: "my_first_workflow"
agents:
  - name: "openai_agent"
    type: "ai_agent"
    endpoint: "https://api.openai.com/v1/chat/completions"
    authentication:
      type: "bearer"
      token: "your-api-key"
    retry_config:
      max_attempts: 3
      initial_delay: 1.0
tasks:
  - name: "generate_content"
    agent_name: "openai_agent"
    action: "chat_completion"
)",
                                         "w.yaml", Format::yaml);
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  EXPECT_EQ(loaded->definition->tasks.size(), 1U);
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(to_string(loaded->warnings[0]), "w.yaml:9:14: warning: a token is written literally in the file; use {{secrets.NAME}}");
}

}  // namespace
}  // namespace skein::config
