#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <skein/agent.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace skein::async {
class BlockingPool;
}
namespace skein::http {
class Client;
}

namespace skein::model {
struct Delta;
class LanguageModel;
struct ModelChoice;
class PriceTable;
}  // namespace skein::model
namespace skein::tool {
class Registry;
}
namespace skein::workflow {
struct Definition;
}

namespace skein::agent {

namespace asio = boost::asio;

/// Anything that can be given a task. One object serves all attempts of one agent of one definition on one shard (thread);
/// calls may overlap. Interfaces for the three ways an agent can answer derive from it.
class Agent {
 public:
  Agent() = default;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  virtual ~Agent() = default;
};

/// Answers on the spot, without I/O and without waiting: the engine calls it inline.
class ImmediateAgent : public Agent {
 public:
  [[nodiscard]] virtual AgentResponse execute(const AgentRequest& request) = 0;
};

/// Does I/O. The coroutine runs on the shard's executor. It must answer (or throw on cancellation) soon after a *terminal*
/// cancellation; attempt timeouts are the caller's business. `request` lives until the coroutine has ended.
class AsyncAgent : public Agent {
 public:
  [[nodiscard]] virtual asio::awaitable<AgentResponse> execute(const AgentRequest& request) = 0;
};

/// A run of another workflow.
struct ChildRun {
  std::shared_ptr<const workflow::Definition> definition;
  JsonPtr inputs;                   ///< checked, defaults applied
};

/// What an attempt waits for: an instant, a signal, or whichever comes first; or the end of a run that begins with the attempt.
struct Wait {
  std::optional<Instant> until;     ///< an instant in the past answers at once
  std::string signal;               ///< the name of a signal; empty: none
  JsonPtr question;                 ///< to a person, {question, answer: a schema, to: names}: their word answers as {value, by, comment}
  std::optional<ChildRun> child;    ///< its end answers like a signal, with {run, status, outputs, error} as the payload
};

/// Answers some actions later and needs nothing until then: the engine keeps a durable timer or waits for a signal, and keeps no
/// memory. The other actions it answers on the spot, with `execute`. (Ask for this interface before the one that it derives from.)
class WaitingAgent : public ImmediateAgent {
 public:
  /// Whether this action goes through `wait`, else through `execute`.
  [[nodiscard]] virtual bool waits(std::string_view action) const = 0;
  /// What for; journaled, so it is asked once per attempt.
  [[nodiscard]] virtual Result<Wait> wait(const AgentRequest& request, Instant now) = 0;
  /// The answer once the instant has come.
  [[nodiscard]] virtual AgentResponse fired(const AgentRequest& request, Instant due) = 0;
  /// Why a person's word cannot be taken as the answer to a question, as a sentence for that person; empty where it can.
  [[nodiscard]] virtual std::string refuses(const AgentRequest& /*request*/, const Json& /*value*/, std::string_view /*by*/) { return {}; }
  /// The answer once the signal has come.
  [[nodiscard]] virtual AgentResponse signalled(const AgentRequest& request, const Json& payload) = 0;
};

/// How an agent is set up, every template of its definition rendered: secrets are in here, so it is never logged or journaled.
struct AgentSettings {
  std::string name;
  std::string kind;
  std::string endpoint;
  microseconds timeout = seconds{30};
  /// Ready to be sent: {"Authorization", "Bearer …"} or the api_key header; empty without authentication.
  std::optional<std::pair<std::string, std::string>> auth_header;
  Json custom_params;               ///< an object or null
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  Json thinking;                    ///< an object as of ThinkingSettings; null: the agent speaks to an endpoint
  std::shared_ptr<const workflow::Definition> workflow;  ///< of kind `workflow`
};

/// Hears what agents say while they say it. Ephemeral: nothing of it is journaled. On the shard's thread; must not block.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  /// Whether anybody listens; asked before each call. Where nobody does, models need not stream.
  [[nodiscard]] virtual bool listens() const { return true; }
  virtual void on_output(const AgentRequest& request, const model::Delta& delta) = 0;
};

/// A model; the further ones are asked in turn where it cannot be reached.
using OpenModel = std::function<Result<std::shared_ptr<model::LanguageModel>>(const std::vector<model::ModelChoice>& choices)>;

/// What an agent may use; everything outlives it and belongs to its shard.
struct AgentServices {
  asio::any_io_executor executor;
  http::Client* http = nullptr;
  async::BlockingPool* pool = nullptr;  ///< for functions that block
  const Clock* clock = nullptr;         ///< turns the dates that servers name into waits
  OpenModel open_model = {};
  const tool::Registry* tools = nullptr;
  const model::PriceTable* prices = nullptr;
  OutputSink* output = nullptr;         ///< null: nobody ever listens
};

using AgentFactory = std::function<Result<std::unique_ptr<Agent>>(AgentSettings, const AgentServices&)>;

/// Kinds by name (`ai_agent`, `http_api`, …). Filled once at start-up by runtime/, then only read.
class AgentKinds {
 public:
  /// Replaces an earlier registration of the same name.
  void add(std::string kind, AgentFactory factory);
  /// A kind that some other program implements: its factory only says so. `add` replaces it.
  void add_foreign(std::string kind, AgentFactory refusal);
  /// An unknown kind is an error that suggests the nearest name.
  [[nodiscard]] Result<std::unique_ptr<Agent>> make(AgentSettings settings, const AgentServices& services) const;
  [[nodiscard]] bool knows(std::string_view kind) const;
  /// Whether another program could run this kind and this one cannot.
  [[nodiscard]] bool is_foreign(std::string_view kind) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<std::string, AgentFactory, std::less<>> factories_;
  std::set<std::string, std::less<>> foreign_;
};

}  // namespace skein::agent
