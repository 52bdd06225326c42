// `skein worker --idle-exit` with tools of its own, for the crash suite: `look_up` (pure), `store` (idempotent) and `pay` (effect) each ask
// the witness under the key that the loop gives them.
//
//   skein_agents_worker STORE WITNESS_URL [--stream] [--stay]
//
// With --stream somebody listens, so models are asked for streams. With --stay it does not leave when nothing can go on.

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "http/client.hpp"
#include "runtime/runtime.hpp"

namespace {

using namespace skein;

class WitnessTool final : public tool::Tool {
 public:
  WitnessTool(std::string name, tool::Effect effect, std::string url) : url_(std::move(url)) {
    spec_ = {.name = std::move(name),
             .description = "Asks the witness",
             .parameters = parse_json(R"({"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]})").value(),
             .effect = effect};
  }
  [[nodiscard]] const tool::Spec& spec() const override { return spec_; }

  [[nodiscard]] tool::asio::awaitable<tool::Outcome> call(const tool::Call& call, const tool::Services& services) const override {
    http::Request request;
    request.method = "POST";
    request.url = url_ + "/tool-" + spec_.name;
    request.headers.set("Idempotency-Key", call.idempotency_key);
    request.headers.set("Content-Type", "application/json");
    request.body = to_json(*call.arguments);
    auto answer = co_await services.http->send(std::move(request));
    if (!answer) co_return tool::Outcome::failure(answer.error().message);
    if (answer->status != 200) co_return tool::Outcome::failure(fmt::format("status {}", answer->status));
    co_return tool::Outcome::ok(Json("did " + std::string(call.arguments->at("what").as_string())));
  }

 private:
  tool::Spec spec_;
  std::string url_;
};

/// Wakes who waits for the end of a run; listens to models if it is told to.
struct Hearer final : runtime::Listener {
  explicit Hearer(bool stream) : stream(stream) {}
  void on_events(RunId, const workflow::RunState& state, std::span<const workflow::Event>, std::uint64_t) override {
    if (is_final(state.status())) changed.notify_one();
  }
  [[nodiscard]] bool hears_output() const override { return stream; }
  bool stream;
  std::mutex mutex;
  std::condition_variable changed;
};

int work(const std::string& store, const std::string& witness, bool stream, bool stay) {
  runtime::RuntimeOptions options;
  options.store_path = store;
  const auto opened = runtime::Runtime::open(std::move(options));
  if (!opened) {
    fmt::print(stderr, "{}\n", opened.error().message);
    return 1;
  }
  auto& runtime = **opened;
  for (const auto& [name, effect] :
       {std::pair{"look_up", tool::Effect::pure}, std::pair{"store", tool::Effect::idempotent}, std::pair{"pay", tool::Effect::effect}}) {
    if (const auto added = runtime.register_tool(std::make_shared<WitnessTool>(name, effect, witness)); !added) return 1;
  }
  const auto heard = std::make_shared<Hearer>(stream);
  auto& ends = *heard;
  runtime.add_listener(heard);
  while (true) {
    const auto claimed = runtime.claim_runnable(100);
    if (!stay && claimed && *claimed == 0 && runtime.active_runs() == 0) return 0;
    std::unique_lock lock(ends.mutex);
    ends.changed.wait_for(lock, std::chrono::milliseconds{20});
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool stream = false;
  bool stay = false;
  for (int i = 3; i < argc; ++i) {
    stream = stream || std::string_view(argv[i]) == "--stream";
    stay = stay || std::string_view(argv[i]) == "--stay";
  }
  if (argc < 3) return 2;
  return work(argv[1], argv[2], stream, stay);
}
