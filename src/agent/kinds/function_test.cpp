#include <stdexcept>
#include <thread>

#include "agent/kinds/kind_test.hpp"

namespace skein::agent {
namespace {

class FunctionKindTest : public ::testing::Test {
 protected:
  AgentResponse run(AgentFunction function, RunFunction where) {
    asio::io_context io;
    async::BlockingPool pool(1);
    auto agent =
        function_kind(std::move(function), where)({}, {.executor = io.get_executor(), .http = nullptr, .pool = &pool, .clock = nullptr});
    const TestRequest request("act", R"({"x":1})");
    if (where == RunFunction::inline_) return dynamic_cast<ImmediateAgent&>(**agent).execute(request.request);
    return async::run_in(io, dynamic_cast<AsyncAgent&>(**agent).execute(request.request));
  }
};

TEST_F(FunctionKindTest, GetsTheRequestAndAnswers) {
  for (const auto where : {RunFunction::inline_, RunFunction::on_pool}) {
    const auto r = run(
        [](const AgentRequest& request) {
          JsonObject out;
          out.emplace("action", request.action);
          out.emplace("task", request.task);
          out.emplace("x", request.parameters->at("x"));
          return AgentResponse::ok(Json(std::move(out)));
        },
        where);
    ASSERT_TRUE(r.success);
    EXPECT_EQ(r.result, boost::json::parse(R"({"action":"act","task":"the_task","x":1})"));
  }
}

TEST_F(FunctionKindTest, AnExceptionIsAFailureOfTheAgent) {
  for (const auto where : {RunFunction::inline_, RunFunction::on_pool}) {
    const auto r = run([](const AgentRequest&) -> AgentResponse { throw std::runtime_error("no luck"); }, where);
    EXPECT_FALSE(r.success);
    EXPECT_EQ(r.error.code, ErrorCode::agent_failed);
    EXPECT_EQ(r.error.message, "the agent 'the_agent' failed: no luck");
    EXPECT_FALSE(run([](const AgentRequest&) -> AgentResponse { throw 7; }, where).success);
  }
}

TEST_F(FunctionKindTest, OnThePoolMeansAnotherThread) {
  const auto here = std::this_thread::get_id();
  const auto r =
      run([here](const AgentRequest&) { return AgentResponse::ok(Json(std::this_thread::get_id() != here)); }, RunFunction::on_pool);
  EXPECT_EQ(r.result, Json(true));
}

TEST_F(FunctionKindTest, WithoutAPoolItRefuses) {
  const auto agent = function_kind([](const AgentRequest&) { return AgentResponse(); }, RunFunction::on_pool)({}, {});
  ASSERT_FALSE(agent);
  EXPECT_EQ(agent.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace skein::agent
