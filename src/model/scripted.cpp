#include "model/scripted.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/answer_reader.hpp"

namespace skein::model {
namespace {

/// What a script matches: the words of a person, and what tools brought.
std::string heard_in(const Message& message) {
  auto text = text_of(message);
  for (const auto& part : message.parts) {
    if (const auto* result = std::get_if<ToolResult>(&part)) text += "\n" + result->text;
  }
  return text;
}

std::size_t answers_in(const Request& request) {
  return static_cast<std::size_t>(std::ranges::count(request.messages, Role::assistant, &Message::role));
}

/// Calls without a name get one that is the same whenever the same conversation is had.
void name_calls(Message& message, std::size_t turn) {
  std::size_t number = 0;
  for (auto& part : message.parts) {
    auto* call = std::get_if<ToolCall>(&part);
    if (call == nullptr) continue;
    ++number;
    if (call->id.empty()) call->id = "call_" + std::to_string(turn + 1) + "_" + std::to_string(number);
  }
}

/// Text word by word, as a model would.
OnDelta by_words(const OnDelta& on_delta) {
  return [&on_delta](const Delta& delta) {
    auto rest = delta.text;
    while (delta.kind == Delta::Kind::text && !rest.empty()) {
      const auto space = rest.find(' ');
      const auto length = space == std::string_view::npos ? rest.size() : space + 1;
      on_delta(Delta{.kind = delta.kind, .index = delta.index, .text = rest.substr(0, length)});
      rest.remove_prefix(length);
    }
    if (delta.kind != Delta::Kind::text) on_delta(delta);
  };
}

}  // namespace

ScriptedModel::ScriptedModel(std::string name, Script script, Waits& waits)
    : name_(std::move(name)), script_(std::move(script)), waits_(waits), given_(script_.answers.size()) {}

Result<const ScriptAnswer*> ScriptedModel::choose(const Request& request) {
  const auto heard = request.messages.empty() ? std::string() : heard_in(request.messages.back());
  const auto turn = answers_in(request);
  const std::lock_guard lock(mutex_);
  const auto is_left = [&](std::size_t place) { return !script_.answers[place].error || given_[place] < script_.answers[place].times; };
  for (std::size_t i = 0; i < script_.answers.size(); ++i) {
    const auto& answer = script_.answers[i];
    if (answer.match.empty() || heard.find(answer.match) == std::string::npos || !is_left(i)) continue;
    ++given_[i];
    return &answer;
  }
  std::size_t number = 0;
  for (std::size_t i = 0; i < script_.answers.size(); ++i) {
    const auto& answer = script_.answers[i];
    if (!answer.match.empty()) continue;
    if (number == turn && is_left(i)) {
      ++given_[i];
      return &answer;
    }
    if (!answer.error) ++number;
  }
  return fail(ErrorCode::not_found, name_ + " has no answer number " + std::to_string(turn + 1) + " (it has " + std::to_string(number) +
                                        " that answer in order, and none that matches) to: '" + shorten(heard, 120) + "'");
}

asio::awaitable<Result<Response>> ScriptedModel::complete(Request request, CallOptions options) {
  const auto chosen = choose(request);
  if (!chosen) co_return std::unexpected(chosen.error());
  const auto& answer = **chosen;
  co_await wait(waits_, answer.delay);
  if (answer.error) {
    auto error = *answer.error;
    error.message = name_ + ": " + error.message;
    co_return std::unexpected(std::move(error));
  }
  Response response;
  response.message = answer.message;
  name_calls(response.message, answers_in(request));
  response.finish = answer.cut_off ? Finish::length : calls_of(answer.message).empty() ? Finish::stop : Finish::tool_calls;
  response.usage = answer.usage;
  response.model = "scripted";
  response.answered_by = name_;
  if (options.on_delta) tell(response, by_words(options.on_delta));
  co_return response;
}

}  // namespace skein::model
