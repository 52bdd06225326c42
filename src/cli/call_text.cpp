#include "cli/call_text.hpp"

#include <fmt/format.h>

#include "agent/thinking/loop_journal.hpp"
#include "base/text.hpp"
#include "cli/screen_text.hpp"
#include "model/prices.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t longest = 120;

std::string member(const JsonPtr& object, std::string_view pointer) {
  const auto* value = object ? at_pointer(*object, pointer) : nullptr;
  if (value == nullptr || value->is_null()) return {};
  return shorten(one_line(value->is_string() ? std::string(value->get_string()) : to_json(*value)), longest);
}

std::string cost(const agent::Spend& used) {
  std::string out;
  if (used.tokens > 0) out += fmt::format("{} tokens", used.tokens);
  if (used.nano_dollars > 0) {
    out += fmt::format("{}{}", out.empty() ? "" : ", ", model::to_string(model::money_of(used.nano_dollars)));
  }
  return out.empty() ? out : " (" + out + ")";
}

}  // namespace

std::string call_text(const workflow::CallStarted& call) {
  const auto again = call.again ? ", again: its process died" : "";
  if (call.kind == agent::CallKind::model && call.request && at_pointer(*call.request, "/summary") != nullptr)
    return fmt::format("asks {} to sum up{}", member(call.request, "/model"), again);
  if (call.kind == agent::CallKind::model)
    return fmt::format("asks {} (turn {}{})", member(call.request, "/model"), member(call.request, "/turn"), again);
  if (call.kind == agent::CallKind::person) {
    const auto question = "asks: " + member(call.request, "/question");
    return agent::asks_approval(*call.request) ? question + " " + member(call.request, "/arguments") : question;
  }
  return fmt::format("calls {} {}", member(call.request, "/tool"), member(call.request, "/arguments"));
}

bool is_failure(const workflow::CallEnded& call) {
  if (call.kind == agent::CallKind::person) return call.answer && at_pointer(*call.answer, "/rejected") != nullptr;
  return call.answer && (at_pointer(*call.answer, "/error") != nullptr || agent::outcome_in(*call.answer).failed);
}

std::string call_text(const workflow::CallEnded& call) {
  if (!call.answer) return "is answered";
  if (call.kind == agent::CallKind::person) {
    const auto comment = member(call.answer, "/comment");
    const auto said = at_pointer(*call.answer, "/rejected") != nullptr ? std::string("no") : member(call.answer, "/value");
    return fmt::format("{} says: {}{}", member(call.answer, "/by"), said, comment.empty() ? "" : " (" + comment + ")");
  }
  if (call.kind == agent::CallKind::tool)
    return fmt::format("{} {}", is_failure(call) ? "fails:" : "brings", member(call.answer, "/result"));
  if (const auto error = agent::error_in(*call.answer)) return "the model fails: " + one_line(error->message);
  const auto response = agent::response_in(*call.answer);
  const auto calls = model::calls_of(response.message).size();
  const auto text = shorten(one_line(model::text_of(response.message)), longest);
  const auto paid = response.cached ? " (from the cache)" : cost(call.used);
  if (calls > 0) return fmt::format("asks for {} tool call{}{}", calls, calls == 1 ? "" : "s", paid);
  return fmt::format("answers: {}{}", text, paid);
}

}  // namespace skein::cli
