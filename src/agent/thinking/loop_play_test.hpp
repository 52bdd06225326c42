#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/thinking/loop_journal.hpp"
#include "agent/thinking/tool_loop.hpp"
#include "model/response_json.hpp"

namespace skein::agent::testing {

using model::Finish;

inline tool::SpecPtr spec(std::string name, tool::Effect effect = tool::Effect::pure) {
  tool::Spec out;
  out.name = std::move(name);
  out.description = "adds";
  out.parameters = *parse_json(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})");
  out.effect = effect;
  return std::make_shared<const tool::Spec>(std::move(out));
}

inline LoopSetup usual() {
  LoopSetup setup;
  setup.agent = "writer";
  setup.settings.model = "test/small";
  setup.tools = {spec("add"), spec("pay", tool::Effect::effect)};
  setup.prices =
      model::PriceTable::parse(R"({"keep_built_in":false,"prices":[{"model":"test/small","input":1,"output":10}]})", "here").value();
  return setup;
}

/// Plays the journal's part: what a turn wants is started, answers are told.
struct Play {
  explicit Play(LoopSetup with = usual()) : setup(std::make_shared<const LoopSetup>(std::move(with))), loop(made()) {}

  std::unique_ptr<ToolLoop> made() const;

  Turn turn() {
    auto out = loop->next(left);
    for (const auto& call : out.calls) {
      auto request = std::make_shared<const Json>(call.request);
      journal.push_back({.kind = call.kind, .request = request, .answer = nullptr});
      loop->started(static_cast<std::uint32_t>(journal.size()), call.kind, request);
    }
    return out;
  }
  void answer(std::uint32_t number, Json value) {
    journal[number - 1].answer = std::make_shared<const Json>(std::move(value));
    loop->answered(number, journal[number - 1].answer);
  }
  /// One turn, which must be a model call, answered with a text and calls {name, arguments}.
  void model_says(const std::string& text, std::vector<std::pair<std::string, std::string>> calls = {}, Finish finish = Finish::stop) {
    const auto wanted = turn();
    ASSERT_EQ(wanted.calls.size(), 1U) << (wanted.end ? wanted.end->error.message : "");
    ASSERT_EQ(wanted.calls[0].kind, CallKind::model);
    model::Response response{
        .message = {.role = model::Role::assistant, .parts = {}}, .finish = finish, .usage = model::Usage{.input = 100, .output = 10}};
    if (!text.empty()) response.message.parts.emplace_back(model::Text{text});
    for (auto& [name, arguments] : calls) {
      response.message.parts.emplace_back(
          model::ToolCall{.id = "c" + std::to_string(++ids), .name = name, .arguments = arguments, .kept = {}});
    }
    answer(static_cast<std::uint32_t>(journal.size()), model::response_to_json(response));
  }
  /// One turn of tool calls, all answered with this.
  void tools_bring(Json value, std::vector<std::string> sources = {}) {
    const auto before = journal.size();
    const auto wanted = turn();
    ASSERT_FALSE(wanted.calls.empty());
    for (auto number = before + 1; number <= journal.size(); ++number) {
      ASSERT_EQ(journal[number - 1].kind, CallKind::tool);
      answer(static_cast<std::uint32_t>(number), outcome_to_json({.failed = false, .value = value, .sources = sources}));
    }
  }
  AgentResponse end() {
    auto last = turn();
    EXPECT_TRUE(last.calls.empty());
    EXPECT_TRUE(last.end);
    return last.end ? std::move(*last.end) : AgentResponse{};
  }
  /// What the journal alone leads to.
  std::unique_ptr<ToolLoop> refolded() const {
    auto out = made();
    std::uint32_t number = 0;
    for (const auto& entry : journal) {
      out->started(++number, entry.kind, entry.request);
      if (entry.answer) out->answered(number, entry.answer);
    }
    return out;
  }
  std::string told() const {
    const auto request = loop->request_of(0);
    return to_json(model::message_to_json(request.messages.back()));
  }

  struct Entry {
    CallKind kind;
    JsonPtr request;
    JsonPtr answer;
  };
  std::shared_ptr<const LoopSetup> setup;
  std::unique_ptr<ToolLoop> loop;
  std::vector<Entry> journal;
  SpendLimits left;
  int ids = 0;
};

class Pure final : public ToolLoop {
 public:
  using ToolLoop::ToolLoop;
  asio::awaitable<CallAnswer> perform(std::uint32_t) override { co_return CallAnswer{}; }
};

inline std::unique_ptr<ToolLoop> Play::made() const {
  return std::make_unique<Pure>(setup, std::vector{model::user_says("What is 2 and 3?")}, JsonObject{{"agent_id", "writer"}});
}

}  // namespace skein::agent::testing
