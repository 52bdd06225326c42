#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/random.hpp"
#include "cli/chat_view.hpp"
#include "cli/session.hpp"
#include "workflow/definition.hpp"

namespace skein::cli {

/// Who answers in a conversation: an agent as a workflow file would have it, and what it refers to.
struct ChatAgent {
  JsonObject agent;
  Json around;                         ///< the workflow that it is from; may be null
  std::filesystem::path folder = ".";  ///< of that workflow
  JsonObject inputs;                   ///< that it refers to
};

/// The run that spoke last in a session, or speaks in it now.
struct LatestTurn {
  RunId run;
  bool ended = true;
  std::string said;                    ///< by the person
};
/// Empty where nobody has spoken in it yet, or the run is gone.
[[nodiscard]] Result<std::optional<LatestTurn>> latest_turn(runtime::Runtime& runtime, const std::string& session);
/// The agent that answered in a run of `Chat`.
[[nodiscard]] Result<ChatAgent> agent_of_run(runtime::Runtime& runtime, RunId run);

/// A conversation with one agent. Each turn is a run of the workflow `chat`, so that it is durable and can be looked at like any other.
class Chat {
 public:
  struct Options {
    CommonOptions common;
    bool person = false;               ///< sits at a terminal: is asked questions, and sees answers as they come
  };
  /// What is given outlives it.
  Chat(Session& session, runtime::Runtime& runtime, ChatView& view, ChatAgent agent, std::string name, Options options);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const JsonObject& agent() const { return agent_.agent; }
  [[nodiscard]] std::string agent_name() const;

  /// Another conversation from now on.
  void use_session(std::string name) { name_ = std::move(name); }
  [[nodiscard]] Result<void> use_model(const std::string& model);

  enum class Said : std::uint8_t {
    answered,  ///< the answer was shown
    failed,    ///< it was said why; nothing of the turn is kept
    waits      ///< for a person who is not here; it was said for what
  };
  /// Says something to the agent, and shows the answer.
  [[nodiscard]] Result<Said> say(const std::string& text);
  /// Goes on with a turn that was interrupted.
  [[nodiscard]] Result<Said> go_on(RunId run);

 private:
  [[nodiscard]] Result<workflow::DefinitionPtr> definition() const;
  [[nodiscard]] Result<runtime::RunReport> follow(RunId run);
  [[nodiscard]] Result<Said> show(RunId run);

  Session& session_;
  runtime::Runtime& runtime_;
  ChatView& view_;
  ChatAgent agent_;
  std::string name_;
  const Options options_;
};

}  // namespace skein::cli
