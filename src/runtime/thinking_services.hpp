#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "agent/agent.hpp"
#include "base/secrets.hpp"
#include "model/models.hpp"
#include "model/prices.hpp"
#include "tool/registry.hpp"

namespace skein::runtime {

struct ThinkingOptions {
  std::string record;                  ///< a cassette that is written of all that models say; empty: none
  std::filesystem::path tool_root = ".";  ///< below this folder agents read files
  std::string prices;                  ///< a file of prices; empty: $SKEIN_PRICES, else those that came with this version
};

/// What the agents of a runtime that think have in common: models, tools and prices.
class ThinkingServices {
 public:
  /// `cache_path`: the file of answers that models' own settings let be used again; empty: they are kept in memory. `pool` outlives the
  /// object. Errors: those of the cassette (see model::Recorder::create), of the folder and of the prices.
  [[nodiscard]] static Result<std::unique_ptr<ThinkingServices>> make(const ThinkingOptions& options, SecretValues& secrets,
                                                                      async::BlockingPool& pool, std::string cache_path);

  /// What belongs to the shard that an agent is made for; it outlives the agent.
  struct OfShard {
    http::Client& http;
    const Clock& clock;
    Random& random;
    model::Waits& waits;
  };
  /// For `agent::AgentServices`. The object outlives what is returned.
  [[nodiscard]] agent::OpenModel open_model(OfShard shard);

  [[nodiscard]] tool::Registry& tools() { return tools_; }
  [[nodiscard]] const model::PriceTable& prices() const { return prices_; }

 private:
  explicit ThinkingServices(SecretValues& secrets) : secrets_(secrets) {}

  SecretValues& secrets_;
  model::SharedModels shared_;
  std::shared_ptr<model::Recorder> recorder_;
  std::shared_ptr<model::AnswerCache> cache_;
  tool::Registry tools_;
  model::PriceTable prices_ = model::PriceTable::built_in();
};

}  // namespace skein::runtime
