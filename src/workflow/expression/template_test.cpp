#include <gtest/gtest.h>

#include "workflow/expression/expression.hpp"
#include "workflow/expression/test_scope.hpp"

namespace skein::workflow {
namespace {

TEST(Template, Smoke) {
  const auto compiled = Template::compile(Json("{{ {a: {b: 1}}}}")).value();
  EXPECT_EQ(to_json(**compiled.render(test::JsonScope(test::names()))), R"({"a":{"b":1}})");
}

}  // namespace
}  // namespace skein::workflow
