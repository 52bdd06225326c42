#include "cli/junit.hpp"

#include <gtest/gtest.h>

namespace skein::cli {
namespace {

TEST(Junit, CountsAndEscapes) {
  EXPECT_EQ(
      junit_xml(
          {{.file = "a.test.yaml", .cases = {{.name = "good", .failure = ""}, {.name = "<\"&\x01", .failure = "a > b\nc"}}, .error = ""},
           {.file = "b.test.yaml", .cases = {}, .error = "1:2: wrong"}}),
      R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="skein test" tests="3" failures="1" errors="1">
  <testsuite name="a.test.yaml" tests="2" failures="1" errors="0">
    <testcase classname="a.test.yaml" name="good"/>
    <testcase classname="a.test.yaml" name="&lt;&quot;&amp;?">
      <failure message="a &gt; b">a &gt; b&#10;c</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.test.yaml" tests="1" failures="0" errors="1">
    <testcase classname="b.test.yaml" name="the file is valid">
      <error message="1:2: wrong">1:2: wrong</error>
    </testcase>
  </testsuite>
</testsuites>
)");
}

}  // namespace
}  // namespace skein::cli
