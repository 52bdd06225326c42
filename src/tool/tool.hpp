#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace skein::async {
class BlockingPool;
}
namespace skein::http {
class Client;
}

namespace skein::tool {

namespace asio = boost::asio;

/// What a crash may repeat.
enum class Effect : std::uint8_t {
  pure,        ///< reads and computes; may be repeated freely
  idempotent,  ///< a repetition with the same key changes nothing more
  effect       ///< never repeated: after a crash its outcome is unknown, and the model is told so
};
[[nodiscard]] std::string_view to_string(Effect effect);

/// Tools answer within this, unless they say otherwise.
inline constexpr milliseconds default_timeout{5'000};

/// What a model is told of a tool, and what the loop must know to call it.
struct Spec {
  std::string name;         ///< [A-Za-z0-9_-]{1,64}
  std::string description;  ///< for the model
  Json parameters;          ///< a JSON Schema of type object; arguments are checked against it before the call
  Effect effect = Effect::effect;
  milliseconds timeout = default_timeout;  ///< of one call; 0: none
  /// A person answers, not the tool, which is not called: {"question", "choices"} are its arguments.
  bool asks_person = false;
};

/// What agents keep of a tool: its own specification, not a copy.
using SpecPtr = std::shared_ptr<const Spec>;

/// One call, as the tool sees it. Valid until the call has ended.
struct Call {
  const Json* arguments = nullptr;   ///< an object that fits `Spec::parameters`
  std::string idempotency_key;       ///< the same when the call is repeated after a crash
  std::string run_id;                ///< empty outside a run
  std::string agent;
};

/// What came of it. A failure is told to the model, which may do something else.
struct Outcome {
  bool failed = false;
  Json value;                        ///< a string is handed to the model as it is, everything else as JSON
  std::vector<std::string> sources;  ///< where the knowledge is from: URLs, file names

  [[nodiscard]] static Outcome ok(Json value) { return {.failed = false, .value = std::move(value), .sources = {}}; }
  [[nodiscard]] static Outcome failure(std::string why) { return {.failed = true, .value = Json(std::move(why)), .sources = {}}; }
};

/// What tools may use; everything outlives the call and belongs to one shard (thread).
struct Services {
  asio::any_io_executor executor;
  http::Client* http = nullptr;
  async::BlockingPool* pool = nullptr;
  const Clock* clock = nullptr;
};

/// A function that a model may call. One object serves all calls of a process, from several threads; it holds no state of a call.
class Tool {
 public:
  Tool() = default;
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;
  virtual ~Tool() = default;
  /// The same as long as the tool lives.
  [[nodiscard]] virtual const Spec& spec() const = 0;
  /// Runs on the shard's executor and must not block it (see `Services::pool`). Ends soon after a terminal cancellation, by throwing.
  [[nodiscard]] virtual asio::awaitable<Outcome> call(const Call& call, const Services& services) const = 0;
};

}  // namespace skein::tool
