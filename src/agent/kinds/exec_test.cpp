#include <cstdlib>

#include "agent/kinds/kind_test.hpp"
#include "async/timeout.hpp"

namespace skein::agent {
namespace {

class ExecTest : public KindTest {
 protected:
  static void SetUpTestSuite() {}
  AgentResponse shell(std::string script, std::string_view parameters = "{}") {
    auto s = settings("exec");
    s.command = "sh";
    s.args = {"-c", std::move(script)};
    s.env = {{"GIVEN", "yes"}};
    return execute(std::move(s), "act", parameters);
  }
};

TEST_F(ExecTest, GetsTheRequestAsJson) {
  const auto r = shell("cat", R"({"x":[1,2]})");
  ASSERT_TRUE(r.success) << r.error.message;
  EXPECT_EQ(r.result.at("action").as_string(), "act");
  EXPECT_EQ(r.result.at("parameters"), boost::json::parse(R"({"x":[1,2]})"));
  EXPECT_EQ(r.result.at("idempotency_key").as_string(), "key-1");
  EXPECT_EQ(r.result.at("attempt").as_int64(), 1);
}

TEST_F(ExecTest, TextIsAResultToo) {
  EXPECT_EQ(shell("echo plain words").result, Json("plain words"));
  EXPECT_EQ(shell("true").result, Json());
  EXPECT_EQ(shell("echo 42").result, Json(42));
  EXPECT_FALSE(shell(R"(printf '\377\376')").success);
}

TEST_F(ExecTest, TheEnvironmentIsMinimal) {
  ::setenv("SKEIN_TEST_SECRET", "hunter2", 1);
  EXPECT_EQ(shell("echo $GIVEN,$SKEIN_TEST_SECRET,${PATH:+path}").result, Json("yes,,path"));
}

TEST_F(ExecTest, AnExitCodeFailsWithTheEndOfTheErrors) {
  const auto r = shell("echo first >&2; echo the reason >&2; exit 3");
  EXPECT_EQ(r.error.code, ErrorCode::agent_failed);
  EXPECT_EQ(r.error.context, "exit=3");
  EXPECT_EQ(r.error.message, "the program 'sh' ended with exit code 3: first\nthe reason");
  EXPECT_FALSE(r.error.retryable);
  EXPECT_TRUE(shell("exit 75").error.retryable);
  EXPECT_TRUE(shell("kill -9 $$").error.retryable);
}

TEST_F(ExecTest, AMissingProgramOrCommandIsAClearError) {
  auto s = settings("exec");
  EXPECT_EQ(execute(s, "act").error.code, ErrorCode::invalid_argument);
  s.command = "/no/such/program";
  EXPECT_EQ(execute(s, "act").error.code, ErrorCode::not_found);
}

TEST_F(ExecTest, ATimeLimitEndsIt) {
  auto s = settings("exec");
  s.command = "sleep";
  s.args = {"1000"};
  auto agent = make_exec(std::move(s), services());
  const TestRequest request("act");
  const auto r = async::run_in(io, async::with_timeout(dynamic_cast<AsyncAgent&>(**agent).execute(request.request), milliseconds{20}));
  EXPECT_FALSE(r);
}

}  // namespace
}  // namespace skein::agent
