#include "model/models.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/hash.hpp"
#include "http/url.hpp"
#include "model/cassette/recording_transport.hpp"
#include "model/cassette/replay_transport.hpp"
#include "model/codecs.hpp"
#include "model/fallback.hpp"
#include "model/http_transport.hpp"
#include "model/scripted.hpp"

namespace skein::model {
namespace {

using Made = Result<std::shared_ptr<LanguageModel>>;

constexpr std::uintmax_t largest_file = std::uintmax_t{256} << 20;

Result<std::string> read_file(const std::string& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) return fail(ErrorCode::not_found, "cannot read " + path + ": " + failed.message());
  if (size > largest_file) return fail(ErrorCode::too_large, path + " is too large: at most 256 MiB are read");
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(ErrorCode::not_found, "cannot read " + path);
  return text;
}

std::string path_of(const ModelChoice& choice, std::string_view file) { return (std::filesystem::path(choice.folder) / file).string(); }

/// Nothing waits and nothing is limited where nothing goes over a network.
ClientSettings offline(ClientSettings settings) {
  settings.retry.first_wait = settings.retry.longest_wait = settings.retry.longest_asked_for = microseconds{0};
  settings.timeouts = {.total = microseconds{0}, .first_token = microseconds{0}, .between_tokens = microseconds{0}};
  settings.cache_for = microseconds{0};
  return settings;
}

Made make_scripted(const ModelChoice& choice, const ModelName& name, const ModelServices& services) {
  const auto path = path_of(choice, name.model);
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  auto script = parse_script(*text, path);
  if (!script) return std::unexpected(std::move(script.error()));
  return std::make_shared<ScriptedModel>(name.text(), std::move(*script), services.waits);
}

Made make_replayed(const ModelChoice& choice, const ModelName& name, const ModelServices& services) {
  const auto hash = name.model.find('#');
  auto tape = services.shared.tape(path_of(choice, name.model.substr(0, hash)));
  if (!tape) return std::unexpected(std::move(tape.error()));
  const auto recorded = (*tape)->model(hash == std::string::npos ? "" : std::string_view(name.model).substr(hash + 1));
  if (!recorded) return std::unexpected(recorded.error());
  const auto& model = **recorded;
  const auto recorded_name = parse_model_name(model.name);
  if (!recorded_name) return std::unexpected(recorded_name.error());
  ProviderSettings provider{.name = recorded_name->provider,
                            .api = model.api,
                            .base_url = model.base_url,
                            .key_header = {},
                            .headers = {},
                            .profile = model.profile};
  return std::make_shared<Client>(*recorded_name, std::move(provider), offline(choice.client),
                                  ClientServices{.transport = std::make_unique<ReplayTransport>(std::move(*tape), services.secrets),
                                                 .codec = make_codec(model.api),
                                                 .cache = nullptr,
                                                 .limit = nullptr,
                                                 .clock = services.clock,
                                                 .random = services.random,
                                                 .waits = services.waits});
}

Made make_networked(const ModelChoice& choice, const ModelName& name, const ModelServices& services) {
  auto provider = resolve_provider(name, choice.provider, services.lookup, services.secrets);
  if (!provider) return std::unexpected(std::move(provider.error()));
  std::unique_ptr<Transport> transport = std::make_unique<HttpTransport>(services.http);
  if (services.recorder) {
    RecordedModel model{.name = name.text(), .api = provider->api, .base_url = provider->base_url, .profile = provider->profile};
    if (auto noted = services.recorder->note(std::move(model)); !noted) return std::unexpected(std::move(noted.error()));
    transport = std::make_unique<RecordingTransport>(std::move(transport), services.recorder);
  }
  auto codec = make_codec(provider->api);
  auto limit = choice.limit.limits() ? services.shared.limit(*provider, choice.limit) : nullptr;
  return std::make_shared<Client>(name, std::move(*provider), choice.client,
                                  ClientServices{.transport = std::move(transport),
                                                 .codec = std::move(codec),
                                                 .cache = services.cache,
                                                 .limit = std::move(limit),
                                                 .clock = services.clock,
                                                 .random = services.random,
                                                 .waits = services.waits});
}

}  // namespace

Result<std::shared_ptr<Tape>> SharedModels::tape(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto known = tapes_.find(path); known != tapes_.end()) return known->second;
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  auto cassette = parse_cassette(*text, path);
  if (!cassette) return std::unexpected(std::move(cassette.error()));
  auto tape = std::make_shared<Tape>(std::move(*cassette));
  tapes_.emplace(path, tape);
  return tape;
}

std::shared_ptr<KeyLimit> SharedModels::limit(const ProviderSettings& provider, resilience::RateLimitPolicy policy) {
  const auto key = sha256_hex(provider.base_url + "\n" + (provider.key_header ? provider.key_header->second : ""));
  const std::lock_guard lock(mutex_);
  auto& limit = limits_[key];
  if (!limit) limit = std::make_shared<KeyLimit>(policy);
  return limit;
}

Result<std::shared_ptr<LanguageModel>> make_model(const ModelChoice& choice, const ModelServices& services) {
  const auto name = parse_model_name(choice.name);
  if (!name) return std::unexpected(name.error());
  if (name->provider == "scripted") return make_scripted(choice, *name, services);
  if (name->provider == "replay") return make_replayed(choice, *name, services);
  return make_networked(choice, *name, services);
}

Result<std::shared_ptr<LanguageModel>> make_models(const std::vector<ModelChoice>& choices, const ModelServices& services) {
  if (choices.empty()) return fail(ErrorCode::invalid_argument, "no model is named: say which one, as provider/model");
  std::vector<std::shared_ptr<LanguageModel>> models;
  for (const auto& choice : choices) {
    auto made = make_model(choice, services);
    if (!made) return made;
    models.push_back(std::move(*made));
  }
  if (models.size() == 1) return models.front();
  return std::make_shared<FallbackModels>(std::move(models));
}

}  // namespace skein::model
