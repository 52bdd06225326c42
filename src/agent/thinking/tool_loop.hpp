#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/machine.hpp"
#include "agent/thinking/settings.hpp"
#include "model/exchange.hpp"
#include "model/prices.hpp"
#include "tool/tool.hpp"

namespace skein::agent {

/// Of an agent's settings what its loop goes by; see `ThinkingSettings`. The rest is used up when the agent is made.
struct LoopSettings {
  std::string model;
  StepModels step_models;
  std::string instructions;
  std::string role;
  std::vector<std::string> approvers;
  std::string reasoning_effort;
  Json output_schema;
  std::uint32_t max_turns = ThinkingSettings{}.max_turns;
  std::optional<std::uint32_t> max_output_tokens;
  std::optional<std::uint32_t> context_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  bool react = false;  ///< the model cannot call tools
  bool reflect = false;
};
[[nodiscard]] LoopSettings loop_settings(const ThinkingSettings& settings);

/// What all tasks of one agent share. There may be many agents: what belongs to a tool or a table is shared with them.
struct LoopSetup {
  std::string agent;
  LoopSettings settings;
  std::vector<tool::SpecPtr> tools;        ///< that it may call, sorted by name
  std::vector<std::string> approved;       ///< the names of those whose calls a person approves
  model::PriceTable prices;
  /// The full names of those that may answer where a model is asked by a name, the usual one first; without an entry that name itself.
  std::map<std::string, std::vector<std::string>, std::less<>> answerers;
  Guards on_tool_results;
  Guards on_output;
};

/// The same tool with the same arguments, asked for in one turn after another: so often, and no more.
inline constexpr std::uint32_t most_repeats = 3;
/// Answers that do not fit the schema; after so many the task fails.
inline constexpr std::uint32_t most_repairs = 2;
/// Of a tool's result, in bytes: a model is given no more.
inline constexpr std::size_t most_of_a_result = std::size_t{64} << 10;
/// A result of a tool that takes less, in bytes, is never left out to save room.
inline constexpr std::size_t least_to_forget = 400;
/// How often a conversation is made shorter because the model's server did not take it.
inline constexpr std::uint32_t most_overflows = 3;
/// How the text begins that stands for what was left out of a conversation.
inline constexpr std::string_view summary_begins = "\n\nWhat you have found out and done so far:\n";
/// Of an answer, where a budget must know the most it can cost and nobody has said it.
inline constexpr std::uint32_t usual_output_tokens = 4096;

/// A budget that leaves fewer tokens than this for an answer is used up, unless the agent's answers are said to be shorter.
inline constexpr std::uint32_t least_output_tokens = 16;

/// The loop of an agent that thinks: ask the model; call the tools that it asks for, all at once, some of them after a person has approved
/// the call; tell it what they brought; until it answers without asking for one. Pure: a fold over calls and answers. What the model gets
/// wrong (unknown tools, arguments that are no JSON or do not fit, calls that were cut off) is told to it and not run. `ThinkingAgent` adds
/// the I/O.
class ToolLoop : public Machine {
 public:
  /// `prompt`: what the task says, after the messages of the session where it goes on with one. `identity`: members of the result that are
  /// known before.
  ToolLoop(std::shared_ptr<const LoopSetup> setup, std::vector<model::Message> prompt, JsonObject identity,
           std::vector<model::Message> earlier = {});

  void begin_attempt() override;
  void started(std::uint32_t number, CallKind kind, const JsonPtr& request) override;
  void answered(std::uint32_t number, const JsonPtr& answer) override;
  [[nodiscard]] Turn next(const SpendLimits& left) override;
  [[nodiscard]] std::optional<CallAnswer> instead_of_repeating(std::uint32_t number) override;
  [[nodiscard]] CallAnswer failure(std::uint32_t number, const Error& why) override;

  /// The request of an open model call, and the call of an open tool call.
  [[nodiscard]] model::Request request_of(std::uint32_t number) const;
  struct ToolUse {
    std::string id;
    const tool::Spec* tool = nullptr;  ///< null: there is none of that name; the problem says so
    std::string name;
    Json arguments;
    std::string problem;  ///< why it is not run; told to the model
    bool wants_approval = false;  ///< a person has not approved it yet
    std::vector<std::string> sources;
    bool changed = false;  ///< the person changed the arguments
    std::optional<std::uint32_t> asked;  ///< the call of a person, once it was begun
    std::optional<std::uint32_t> number;  ///< once it was begun
    std::optional<model::ToolResult> result;
  };
  [[nodiscard]] const ToolUse& use_of(std::uint32_t number) const;
  [[nodiscard]] bool is_model_call(std::uint32_t number) const { return model_calls_.contains(number); }
  [[nodiscard]] const LoopSetup& setup() const { return *setup_; }

  /// By the name that the call's request was journaled with.
  [[nodiscard]] const std::string& model_of(std::uint32_t number) const;
  /// What an answer to an open model call cost, by the price table; nothing where it came from a cache. `request` counts only where the
  /// server did not say what it used.
  [[nodiscard]] Spend cost_of(std::uint32_t number, const model::Response& response, const model::Request& request) const;

 private:
  /// What the next answer of the model is for.
  enum class Step : std::uint8_t { think, reflect, repair, summarise };
  [[nodiscard]] const std::string& model_for(Step step) const;
  /// A call of the model that was not answered.
  struct Asked {
    std::string model;  ///< by the name in the settings
    std::optional<std::uint32_t> most_output;
    bool summary = false;  ///< it is asked to sum up, not to go on
  };
  void hear(const model::Response& response, const Asked& call);
  void count(const model::Response& response, std::string_view asked);
  void take_answer(const model::Response& response, const Asked& call);
  /// How long an answer may be where no budget makes it shorter.
  [[nodiscard]] std::uint32_t usual_output() const { return setup_->settings.max_output_tokens.value_or(usual_output_tokens); }
  void take_calls(const model::Message& message, model::Finish finish);
  void take_word(ToolUse& use, const Json& word);
  /// Of a call that has no result yet, so there is a tool of its name.
  [[nodiscard]] static bool asks_person(const ToolUse& use) { return use.wants_approval || use.tool->asks_person; }
  [[nodiscard]] MachineCall call_for(const ToolUse& use, std::size_t place) const;
  void say(std::string text);
  void fail_with(ErrorCode code, std::string message);
  [[nodiscard]] std::string too_often() const;
  void tools_answered();
  std::string with_sources(std::string text, const std::vector<std::string>& sources);
  [[nodiscard]] model::Request request(const Asked& call) const;
  /// How many tokens an answer may have so that the call fits into what is left; empty where none does. `why`: in words.
  struct Reserve {
    Spend worst_case;
    std::optional<std::uint32_t> most_output;
  };
  /// At most, whichever model answers; the name of one that has no price where the table knows nothing of it.
  [[nodiscard]] std::expected<std::uint64_t, std::string> most_cost_of(std::uint64_t prompt, std::uint64_t output, Step step) const;
  [[nodiscard]] std::vector<std::string> answerers_of(std::string_view asked) const;
  [[nodiscard]] std::optional<std::uint64_t> price_of(const model::Usage& usage, const model::Response& response,
                                                      std::string_view asked) const;
  [[nodiscard]] Result<Reserve> reserve(const SpendLimits& left, Step step) const;

  // context.cpp: what is left out of a conversation that outgrows the model's window
  /// What has to be done before the next call of the model, as it is written into that call.
  struct Fitting {
    std::uint32_t forget = 0;  ///< so many of the oldest results of tools give way to notes
    bool summary = false;  ///< all but the task and the latest turn gives way to a summary, which is asked for
  };
  [[nodiscard]] Fitting fit() const;
  [[nodiscard]] bool fits(std::uint64_t tokens) const;
  [[nodiscard]] std::uint64_t estimate() const;
  [[nodiscard]] bool makes_room_after(const Error& error);
  void forget(std::uint32_t results);
  void sum_up(const std::string& summary);
  [[nodiscard]] std::size_t latest_turn() const;
  [[nodiscard]] AgentResponse result() const;
  /// What this task added to the conversation.
  [[nodiscard]] std::vector<Json> said() const;

  std::shared_ptr<const LoopSetup> setup_;
  JsonObject identity_;
  std::vector<model::Message> messages_;
  std::size_t earlier_;  ///< so many of them are the session's
  std::size_t task_messages_;  ///< so many of them, from the first on, say what the task is
  std::uint32_t window_ = 0;  ///< tokens; 0: not known
  std::uint32_t overflows_ = 0;  ///< how often its server said that the window is smaller
  std::map<std::uint32_t, Asked> model_calls_;
  Step step_ = Step::think;
  std::vector<ToolUse> uses_;  ///< of the latest answer
  std::map<std::string, std::uint32_t, std::less<>> repeats_;  ///< how often in a row each call was asked for
  std::vector<std::string> sources_;
  std::uint32_t turns_ = 0;
  std::uint32_t repairs_ = 0;
  std::uint32_t tool_calls_ = 0;
  /// The model reviews its answer, and then gives the final one.
  enum class Reflection : std::uint8_t { none, reviewing, done } reflection_ = Reflection::none;
  std::string notes_;  ///< of the review
  model::Usage usage_;
  std::uint64_t nano_dollars_ = 0;
  bool priced_ = true;
  std::uint32_t cached_ = 0;  ///< answers that came from the cache
  std::string model_;  ///< that answered
  std::optional<Json> output_;
  std::optional<Error> failed_;
};

}  // namespace skein::agent
