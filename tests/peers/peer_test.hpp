#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "http/client.hpp"
#include "model/models.hpp"
#include "model/waits.hpp"
#include "support/python_server.hpp"

namespace skein::model::testing {

/// A way to ask one server: the name of a model, and where the API is.
struct Wire {
  std::string name;      ///< of the test
  std::string model;
  std::string path;      ///< of the API's base at the server
  std::optional<Api> api;
  /// As the API answers without being streamed, the parts that a mock gives differently.
  bool reasoning = true;
};

inline void PrintTo(const Wire& wire, std::ostream* out) { *out << wire.model; }
inline std::string name_of(const ::testing::TestParamInfo<Wire>& info) { return info.param.name; }

/// What was heard of a streamed answer.
struct Told {
  std::string text, reasoning;
  std::map<std::size_t, std::string> names, arguments;
  std::size_t pieces = 0;
};

/// Asks a peer through everything that a user's model goes through, as `make_model` puts it together.
class PeerTest : public ::testing::TestWithParam<Wire> {
 protected:
  PeerTest() {
    test::clear_proxy_environment();
    settings.retry.first_wait = milliseconds{1};
    settings.retry.longest_asked_for = milliseconds{0};
  }

  [[nodiscard]] virtual std::string base_url() const = 0;

  std::shared_ptr<LanguageModel> model() {
    const auto& wire = GetParam();
    ModelChoice choice;
    choice.name = wire.model;
    choice.provider.base_url = base_url() + wire.path;
    choice.provider.key = "sk-peer-test";
    choice.provider.api = wire.api;
    choice.provider.headers = headers;
    choice.provider.profile = profile;
    choice.client = settings;
    auto made = make_model(choice, {.http = client,
                                    .clock = clock,
                                    .random = random,
                                    .waits = waits,
                                    .secrets = secrets,
                                    .shared = shared,
                                    .lookup = {},
                                    .cache = nullptr,
                                    .recorder = nullptr});
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }

  [[nodiscard]] static Request saying(std::string text) {
    Request request;
    request.instructions = "You are a test.";
    request.messages.push_back(user_says(std::move(text)));
    request.max_output_tokens = 200;
    return request;
  }
  Result<Response> ask(Request request) { return async::run_in(io, model()->complete(std::move(request), {})); }
  Result<Response> ask(std::string text) { return ask(saying(std::move(text))); }

  Result<Response> stream(Request request) {
    told = {};
    CallOptions options;
    options.idempotency_key = "key-1";
    options.on_delta = [this](const Delta& delta) {
      ++told.pieces;
      switch (delta.kind) {
        case Delta::Kind::text: told.text += delta.text; break;
        case Delta::Kind::reasoning: told.reasoning += delta.text; break;
        case Delta::Kind::tool_name: told.names[delta.index] += delta.text; break;
        case Delta::Kind::tool_arguments: told.arguments[delta.index] += delta.text; break;
      }
    };
    return async::run_in(io, model()->complete(std::move(request), std::move(options)));
  }
  Result<Response> stream(std::string text) { return stream(saying(std::move(text))); }

  /// What was told on the way is what the answer holds.
  void expect_told(const Response& response) const {
    std::string reasoning;
    for (const auto& part : response.message.parts) {
      if (const auto* thought = std::get_if<Reasoning>(&part)) reasoning += thought->text;
    }
    EXPECT_EQ(told.text, text_of(response.message));
    EXPECT_EQ(told.reasoning, reasoning);
    const auto calls = calls_of(response.message);
    ASSERT_EQ(told.names.size(), calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
      EXPECT_EQ(told.names.at(i), calls[i].name);
      if (told.arguments.contains(i)) EXPECT_EQ(told.arguments.at(i), calls[i].arguments);
    }
  }

  asio::io_context io;
  http::Client client{io.get_executor()};
  SystemClock clock;
  SeededRandom random{1};
  TimerWaits waits;
  SecretValues secrets;
  SharedModels shared;
  ClientSettings settings;
  http::Headers headers;
  JsonObject profile;
  Told told;
};

inline std::string messages_of(const Result<Response>& response) { return response ? "(an answer)" : response.error().message; }

/// Whether a peer is installed; tells how to install it where not.
inline bool installed(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace skein::model::testing
