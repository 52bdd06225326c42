#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <skein/error.hpp>
#include <skein/json.hpp>

/// What the builders are given: one struct for each object of the file format. A member that is not set is a key that is not written,
/// and the format's default holds (docs/workflow-format.md).
namespace skein {

/// A length of time: seconds as a number, text with a unit ("250ms", "5m", "2d"), or a duration of <chrono>.
class Duration {
 public:
  template <class Number>
    requires((std::integral<Number> || std::floating_point<Number>) && !std::same_as<Number, bool>)
  Duration(Number seconds) : json_(seconds) {}  // NOLINT(google-explicit-constructor)
  template <class Text>
    requires std::convertible_to<Text, std::string_view>
  Duration(const Text& text) : json_(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  template <class Count, class Period>
  Duration(std::chrono::duration<Count, Period> length) : json_(in_seconds(length)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] const Json& json() const { return json_; }

 private:
  template <class Length>
  static Json in_seconds(Length length) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(length);
    if (length == whole) return Json(whole.count());
    return Json(std::chrono::duration<double>(length).count());
  }
  Json json_;
};

/// true, false, or an expression in `{{ }}` that is one of them.
class Condition {
 public:
  Condition(std::same_as<bool> auto holds) : json_(holds) {}  // NOLINT(google-explicit-constructor)
  template <class Text>
    requires std::convertible_to<Text, std::string_view>
  Condition(const Text& expression) : json_(std::string_view(expression)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] const Json& json() const { return json_; }

 private:
  Json json_;
};

struct Authentication {
  std::string type = {};  ///< bearer, api_key or basic
  std::optional<std::string> token = {};
  std::optional<std::string> key = {};
  std::optional<std::string> header = {};
  std::optional<std::string> username = {};
  std::optional<std::string> password = {};
};

/// `retry_config`
struct Retry {
  std::optional<unsigned> max_attempts = {};
  std::optional<Duration> initial_delay = {};
  std::optional<Duration> max_delay = {};
  std::optional<Json> exponential_base = {};    ///< a number from 1
  std::optional<bool> jitter = {};
};

struct RetryOn {
  std::vector<ErrorCode> codes = {};
  std::vector<unsigned> http_status = {};
  std::vector<ErrorCode> never_codes = {};
  std::vector<unsigned> never_http_status = {};
};

struct CircuitBreaker {
  std::optional<unsigned> failure_threshold = {};
  std::optional<Duration> recovery_timeout = {};
};

struct Approval {
  std::string message = {};
  std::vector<std::string> approvers = {};      ///< empty: anybody
  std::optional<Duration> timeout = {};
  std::optional<std::string> on_timeout = {};   ///< reject or approve
};

/// The step that undoes a task: `compensate`.
struct Undo {
  std::optional<std::string> agent = {};        ///< the task's where it is not set
  std::string action = {};
  JsonObject parameters = {};
  std::optional<Duration> timeout = {};
  std::optional<Retry> retry = {};
  std::optional<RetryOn> retry_on = {};
};

/// What a task of an agent of type human asks.
struct Question {
  std::string text = {};
  std::optional<Json> answer = {};              ///< a schema, as of an input; without it any text
  std::vector<std::string> to = {};             ///< who may answer; empty: anybody
  std::optional<Duration> timeout = {};
  std::optional<Json> otherwise = {};           ///< the answer where nobody gives one in time: `default`
};

/// Whoever leaves `when` away goes this way always.
struct Edge {
  std::string from = {};                        ///< a task, or start
  std::string to = {};                          ///< a task, or end
  std::optional<Condition> when = {};
  std::optional<unsigned> max_iterations = {};  ///< every loop needs an edge with one
};

/// What a run may use. A step that would break a limit fails with budget_exceeded before it begins.
struct Budget {
  std::optional<Duration> wall_time = {};
  std::optional<unsigned> attempts = {};
  std::optional<std::uint64_t> tokens = {};     ///< of all models, prompts and answers together
  std::optional<double> cost = {};              ///< US dollars; models without a price are refused
  std::optional<std::uint64_t> tool_calls = {};
};

/// What an agent that thinks may spend on one day (UTC), over all runs of a store.
struct DailyBudget {
  std::optional<std::uint64_t> tokens = {};     ///< prompts and answers together
  std::optional<double> cost = {};              ///< US dollars; models without a price are refused
};

/// What an agent that thinks may spend in one run.
struct AgentBudget {
  std::optional<std::uint64_t> tokens = {};     ///< prompts and answers together
  std::optional<double> cost = {};              ///< US dollars; models without a price are refused
  std::optional<std::uint64_t> tool_calls = {};
  std::optional<DailyBudget> daily = {};
};

/// A check of what goes into an agent or comes out of it, without a model.
struct Guardrail {
  std::optional<unsigned> max_length = {};             ///< characters
  std::vector<std::string> forbidden_words = {};       ///< whole words, in any case
  std::vector<std::string> forbidden_patterns = {};    ///< regular expressions (RE2)
  std::vector<std::string> required_patterns = {};     ///< each must match somewhere
  Json schema = {};                                    ///< a JSON Schema that the value must fit; null: none
  std::string action = {};                             ///< refuse (where nothing is said), or redact
  std::string message = {};                            ///< what is said where it refuses
};

/// US dollars per million tokens.
struct ModelPrices {
  double input = 0;
  std::optional<double> cached_input = {};      ///< as input where it is not set
  std::optional<double> cache_write = {};       ///< as input where it is not set
  double output = 0;
};

/// A language model by a name of its own: where it is asked, and how. See `model` in docs/workflow-format.md.
struct Model {
  std::string model = {};                       ///< provider/model
  std::optional<std::string> base_url = {};
  std::optional<std::string> api_key = {};      ///< a template, such as {{secrets.TEAM_KEY}}
  std::optional<std::string> api = {};
  JsonObject headers = {};
  std::optional<Duration> timeout = {};         ///< of one try of a call
  std::optional<Duration> first_token_timeout = {};
  std::optional<Duration> token_timeout = {};
  std::optional<unsigned> max_retries = {};
  std::optional<unsigned> requests_per_minute = {};
  std::optional<unsigned> tokens_per_minute = {};
  Json cache = nullptr;                         ///< true: for an hour; or a duration
  std::optional<ModelPrices> prices = {};
  JsonObject profile = {};                      ///< quirks of the server
};

struct Concurrency {
  std::optional<std::string> key = {};
  std::optional<unsigned> limit = {};
  std::optional<std::string> on_limit = {};     ///< queue or reject
};

/// What agents (the first four) and tasks take over that do not say it themselves.
struct Defaults {
  std::optional<Duration> timeout = {};
  std::optional<Retry> retry = {};
  std::optional<RetryOn> retry_on = {};
  std::optional<CircuitBreaker> circuit_breaker = {};
  std::optional<bool> continue_on_failure = {};
  std::optional<Duration> deadline = {};
  std::optional<unsigned> max_concurrency = {};
};

}  // namespace skein
