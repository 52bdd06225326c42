#include "tool/function_tool.hpp"

#include <utility>

#include <fmt/format.h>

#include "async/blocking_pool.hpp"
#include "async/run_in.hpp"
#include "async/timeout.hpp"
#include "base/sentence.hpp"
#include "base/text.hpp"
#include "tool/blocking.hpp"
#include "tool/builtin/builtin.hpp"

namespace skein {

struct Tool::State {
  tool::ToolPtr inner;
  std::string builtin;  ///< which of those that come with Skein it is, with its settings; empty: none
};

namespace tool {
namespace {

Effect effect_of(ToolEffect effect) {
  switch (effect) {
    case ToolEffect::pure: return Effect::pure;
    case ToolEffect::idempotent: return Effect::idempotent;
    case ToolEffect::effect: return Effect::effect;
  }
  return Effect::effect;
}

/// Functions return bytes; journals and models want UTF-8.
void make_text(Json& value) {  // NOLINT(misc-no-recursion): as deep as what a user's function built
  if (auto* text = value.if_string()) {
    if (const std::string_view bytes(text->data(), text->size()); !is_utf8(bytes)) value = Json(to_valid_utf8(bytes));
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) make_text(item);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) make_text(member.value());
  }
}

Outcome outcome_of(Result<ToolAnswer> answer) {
  if (!answer) return Outcome::failure(to_valid_utf8(answer.error().message));
  auto out = Outcome::ok(std::move(answer->value));
  make_text(out.value);
  for (const auto& source : answer->sources) out.sources.push_back(to_valid_utf8(source));
  return out;
}

class FunctionTool final : public Tool {
 public:
  explicit FunctionTool(ToolFunction function)
      : spec_{.name = std::move(function.name),
              .description = std::move(function.description),
              .parameters = std::move(function.parameters),
              .effect = effect_of(function.options.effect),
              .timeout = function.options.timeout},
        function_(std::make_shared<const decltype(function.call)>(std::move(function.call))) {}

  [[nodiscard]] const Spec& spec() const override { return spec_; }

  [[nodiscard]] asio::awaitable<Outcome> call(const Call& call, const Services& services) const override {
    const ToolCall seen{.idempotency_key = call.idempotency_key, .run_id = call.run_id, .agent = call.agent};
    std::function<Outcome()> work = [function = function_, arguments = std::make_shared<const Json>(*call.arguments), seen] {
      return outcome_of((*function)(*arguments, seen));
    };
    auto outcome = co_await run_blocking(services.pool, std::move(work));
    co_return outcome;
  }

 private:
  Spec spec_;
  std::shared_ptr<const std::function<Result<ToolAnswer>(const Json&, const ToolCall&)>> function_;
};

}  // namespace

ToolPtr unwrap(const skein::Tool& value) { return value.state()->inner; }
skein::Tool wrap(ToolPtr tool) { return skein::Tool(std::make_shared<const skein::Tool::State>(std::move(tool), std::string())); }
bool same(const skein::Tool& a, const skein::Tool& b) {
  return a.state() == b.state() || (!a.state()->builtin.empty() && a.state()->builtin == b.state()->builtin);
}

}  // namespace tool

const std::string& Tool::name() const { return state_->inner->spec().name; }
const std::string& Tool::description() const { return state_->inner->spec().description; }
const Json& Tool::parameters() const { return state_->inner->spec().parameters; }

Result<ToolAnswer> Tool::call(const JsonObject& arguments) const {
  const auto& spec = state_->inner->spec();
  const Json json = arguments;
  if (const auto wrong = tool::misfits(spec, json); !wrong.empty())
    return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", spec.name, as_sentence(wrong)));
  boost::asio::io_context io;
  async::BlockingPool pool(1);
  const SystemClock clock;
  tool::Call call;
  call.arguments = &json;
  const tool::Services services{.executor = io.get_executor(), .http = nullptr, .pool = &pool, .clock = &clock};
  auto work = state_->inner->call(call, services);
  std::optional<tool::Outcome> outcome;
  if (spec.timeout.count() > 0) {
    outcome = async::run_in(io, async::with_timeout(std::move(work), spec.timeout));
  } else {
    outcome = async::run_in(io, std::move(work));
  }
  if (!outcome) return fail(ErrorCode::timeout, fmt::format("{} took longer than {}", spec.name, human_duration(spec.timeout)));
  if (outcome->failed) {
    const auto* text = outcome->value.if_string();
    return fail(ErrorCode::agent_failed, text != nullptr ? std::string(text->data(), text->size()) : to_json(outcome->value));
  }
  return ToolAnswer{.value = std::move(outcome->value), .sources = std::move(outcome->sources)};
}

Tool make_tool(ToolFunction function) { return tool::wrap(std::make_shared<const tool::FunctionTool>(std::move(function))); }

namespace tools {
namespace {

Tool builtin(tool::ToolPtr tool, std::string what) { return Tool(std::make_shared<const Tool::State>(std::move(tool), std::move(what))); }

}  // namespace

Tool calculator() { return builtin(tool::calculator(), "calculator"); }
Tool current_time() { return builtin(tool::current_time(), "current_time"); }
Tool read_file(const std::filesystem::path& root) {
  const auto folder = std::filesystem::absolute(root).lexically_normal();
  return builtin(tool::read_file(folder), "read_file " + folder.string());
}

}  // namespace tools
}  // namespace skein
