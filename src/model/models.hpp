#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/secrets.hpp"
#include "model/cassette/recorder.hpp"
#include "model/cassette/tape.hpp"
#include "model/client.hpp"
#include "model/language_model.hpp"
#include "model/provider.hpp"
#include "resilience/rate_limit.hpp"

namespace skein::http {
class Client;
}

namespace skein::model {

/// What all models of a process share: recordings that are being played, and the limits of keys. Safe from any thread.
class SharedModels {
 public:
  SharedModels() = default;
  SharedModels(const SharedModels&) = delete;
  SharedModels& operator=(const SharedModels&) = delete;

  /// Read once for all who play it.
  [[nodiscard]] Result<std::shared_ptr<Tape>> tape(const std::string& path);
  /// The limit of a key at an address; the policy of the first who asks holds.
  [[nodiscard]] std::shared_ptr<KeyLimit> limit(const ProviderSettings& provider, resilience::RateLimitPolicy policy);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Tape>> tapes_;
  std::map<std::string, std::shared_ptr<KeyLimit>> limits_;  ///< by a hash of address and key
};

/// What is used to make models. The references outlive what is made; all but what is shared belongs to its shard.
struct ModelServices {
  http::Client& http;
  const Clock& clock;
  Random& random;
  Waits& waits;
  SecretValues& secrets;
  SharedModels& shared;
  Lookup lookup;                       ///< the environment
  std::shared_ptr<AnswerCache> cache;  ///< null: none
  std::shared_ptr<Recorder> recorder;  ///< null: nothing is recorded
};

/// A model as a user asks for it.
struct ModelChoice {
  std::string name;    ///< "openai/gpt-4o", "replay/FILE", "replay/FILE#openai/gpt-4o", "scripted/FILE"
  std::string folder;  ///< where relative files are; empty: the working directory
  ProviderOverrides provider;
  ClientSettings client;
  resilience::RateLimitPolicy limit;
};

/// Makes ready to ask; nothing is sent yet. Errors: invalid_argument, unauthenticated, not_found (a file); each says what to
/// do.
///
/// A replayed model has the name of the one that was recorded, so that its answers cost what they cost then.
[[nodiscard]] Result<std::shared_ptr<LanguageModel>> make_model(const ModelChoice& choice, const ModelServices& services);

/// The first of several, with the others to fall back to. At least one.
[[nodiscard]] Result<std::shared_ptr<LanguageModel>> make_models(const std::vector<ModelChoice>& choices, const ModelServices& services);

}  // namespace skein::model
