#include "agent/kinds/kind_test.hpp"

namespace skein::agent {
namespace {

AgentResponse run(std::string action, std::string_view parameters = "{}") {
  auto agent = make_local({}, {});
  const TestRequest request(std::move(action), parameters);
  return dynamic_cast<ImmediateAgent&>(**agent).execute(request.request);
}

Result<Instant> due(std::string_view parameters, Instant now = Instant{seconds{1000}}) {
  auto agent = make_local({}, {});
  const TestRequest request("wait", parameters);
  const auto wait = dynamic_cast<WaitingAgent&>(**agent).wait(request.request, now);
  if (!wait) return std::unexpected(wait.error());
  return wait->until.value();
}

TEST(LocalTransform, OneValueOrAllParameters) {
  EXPECT_EQ(run("transform", R"({"value":[1,2]})").result, boost::json::parse("[1,2]"));
  EXPECT_EQ(run("transform", R"({"value":1,"other":2})").result, boost::json::parse(R"({"value":1,"other":2})"));
  EXPECT_EQ(run("transform", "{}").result, boost::json::parse("{}"));
  EXPECT_EQ(run("transform", R"({"value":null})").result, Json());
}

TEST(LocalEmit, MakesAnEvent) {
  const auto r = run("emit", R"({"name":"done","data":{"n":1}})");
  ASSERT_TRUE(r.success);
  ASSERT_EQ(r.emitted.size(), 1U);
  EXPECT_EQ(r.emitted[0].name, "done");
  EXPECT_EQ(r.emitted[0].data, boost::json::parse(R"({"n":1})"));
  EXPECT_EQ(r.result, r.emitted[0].data);
  EXPECT_EQ(run("emit", R"({"data":1})").error.code, ErrorCode::invalid_argument);
}

TEST(LocalFail, SaysWhatItWasTold) {
  const auto r = run("fail", R"({"message":"no","code":"timeout","retryable":true})");
  EXPECT_FALSE(r.success);
  EXPECT_EQ(r.error.code, ErrorCode::timeout);
  EXPECT_EQ(r.error.message, "no");
  EXPECT_TRUE(r.error.retryable);
  EXPECT_EQ(run("fail").error.code, ErrorCode::agent_failed);
  EXPECT_FALSE(run("fail").error.retryable);
  EXPECT_EQ(run("fail", R"({"code":"nope"})").error.code, ErrorCode::invalid_argument);
}

TEST(LocalWait, SecondsAndInstants) {
  EXPECT_EQ(due(R"({"seconds":1.5})"), Instant{milliseconds{1'001'500}});
  EXPECT_EQ(due(R"({"seconds":0})"), Instant{seconds{1000}});
  EXPECT_EQ(due(R"({"until":"1970-01-01T01:00:00Z"})"), Instant{seconds{3600}});
  for (const char* bad : {"{}", R"({"seconds":-1})", R"({"seconds":"5"})", R"({"seconds":1e300})", R"({"until":"soon"})",
                          R"({"seconds":1,"until":"1970-01-01T01:00:00Z"})"}) {
    const auto r = due(bad);
    ASSERT_FALSE(r) << bad;
    EXPECT_EQ(r.error().code, ErrorCode::invalid_argument);
  }
}

TEST(LocalWait, OnlyWaitIsATimer) {
  auto agent = make_local({}, {});
  auto& timer = dynamic_cast<WaitingAgent&>(**agent);
  EXPECT_TRUE(timer.waits("wait"));
  EXPECT_FALSE(timer.waits("transform"));
  const TestRequest request("wait");
  EXPECT_EQ(timer.fired(request.request, Instant{seconds{0}}).result, boost::json::parse(R"({"waited_until":"1970-01-01T00:00:00.000Z"})"));
}

TEST(Local, AnUnknownActionNamesTheKnownOnes) {
  const auto r = run("transfrom");
  EXPECT_EQ(r.error.code, ErrorCode::invalid_argument);
  EXPECT_NE(r.error.message.find("did you mean 'transform'?"), std::string::npos) << r.error.message;
  EXPECT_NE(r.error.message.find("transform, emit, fail, wait and signal"), std::string::npos);
}

TEST(LocalSignal, WaitsForItsNameAndAnswersWithThePayload) {
  const auto agent = make_local({}, {});
  auto& waiting = dynamic_cast<WaitingAgent&>(**agent);
  EXPECT_TRUE(waiting.waits("signal"));
  const auto wait = [&](std::string_view parameters) {
    TestRequest request("signal", parameters);
    request.request.task = "paid";
    return waiting.wait(request.request, Instant{seconds{1000}});
  };
  EXPECT_EQ(wait("{}")->signal, "paid");
  EXPECT_EQ(wait("{}")->until, std::nullopt);
  EXPECT_EQ(wait(R"({"name":"s"})")->signal, "s");
  EXPECT_EQ(wait(R"({"timeout":5})")->until, Instant{seconds{1005}});
  EXPECT_EQ(wait(R"({"timeout":"1m"})")->until, Instant{seconds{1060}});
  for (const auto* bad : {R"({"name":""})", R"({"name":4})", R"({"timeout":"soon"})", R"({"timeout":-1})", R"({"timeout":[]})"}) {
    const auto refused = wait(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  }
  const TestRequest request("signal");
  EXPECT_EQ(waiting.signalled(request.request, Json(7)).result, Json(7));
  EXPECT_EQ(waiting.fired(request.request, Instant{}).error.code, ErrorCode::timeout);
}

}  // namespace
}  // namespace skein::agent
