#include "cli/agent_screen.hpp"

#include <fmt/format.h>

#include "agent/thinking/loop_journal.hpp"
#include "base/sentence.hpp"
#include "base/text.hpp"
#include "cli/call_text.hpp"
#include "cli/values.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t longest_note = 500;
constexpr std::size_t most_thought = 400;
constexpr microseconds spinner_step = milliseconds{80};

std::string member(const JsonPtr& object, std::string_view pointer) {
  const auto* value = object ? at_pointer(*object, pointer) : nullptr;
  if (value == nullptr || value->is_null()) return {};
  return shorten(one_line(value->is_string() ? std::string(value->get_string()) : to_json(*value)), longest_note);
}

std::string tools_text(const std::map<std::uint32_t, std::string>& tools) {
  std::vector<std::string> names;
  names.reserve(tools.size());
  for (const auto& [_, name] : tools) names.push_back(name);
  return list_of(names) + (names.size() == 1 ? " works" : " work");
}

}  // namespace

void AgentScreen::clear(Writings& out) {
  if (!line_painted_) return;
  out.push_back({.answer = false, .text = "\r\x1b[K"});
  line_painted_ = false;
}

void AgentScreen::end_line(Writings& out) {
  clear(out);
  if (at_line_start_) return;
  out.push_back({.answer = true, .text = "\n"});
  at_line_start_ = true;
}

void AgentScreen::note(Writings& out, std::string_view sign, Style style, std::string_view text, Style text_style) {
  end_line(out);
  Line line;
  line.add(sign, style).add(" ").add(text, text_style);
  out.push_back({.answer = false, .text = line.text(options_.moving_line ? options_.width - 1 : 0, options_.color) + "\n"});
}

void AgentScreen::say(Writings& out, std::string_view text) {
  if (!said_something_) {  // models like to begin with empty lines
    const auto begin = text.find_first_not_of("\r\n");
    if (begin == std::string_view::npos) return;
    text.remove_prefix(begin);
  }
  said_something_ = true;
  clear(out);
  out.push_back({.answer = true, .text = printable(text)});
  at_line_start_ = text.ends_with('\n');
}

AgentScreen::Writings AgentScreen::hear(model::Delta::Kind kind, std::string_view text) {
  Writings out;
  switch (kind) {
    case model::Delta::Kind::text:
      if (options_.stream_answer) {
        say(out, text);
        break;
      }
      [[fallthrough]];
    case model::Delta::Kind::reasoning:
      thought_ += one_line(text);
      if (thought_.size() > 2 * most_thought) thought_ = to_valid_utf8(std::string_view(thought_).substr(thought_.size() - most_thought));
      break;
    case model::Delta::Kind::tool_name: end_line(out); break;
    case model::Delta::Kind::tool_arguments: break;
  }
  return out;
}

AgentScreen::Writings AgentScreen::apply(const workflow::Event& event) {
  Writings out;
  const auto& s = signs(options_.utf8);
  if (const auto* begun = std::get_if<workflow::CallStarted>(&event.body)) {
    busy_since_ = event.at;
    if (begun->kind == agent::CallKind::model) {
      if (!begun->again) ++turns_;
      said_something_ = false;
      thought_.clear();
      busy_ = member(begun->request, "/model") + " thinks";
    } else {
      const auto name = member(begun->request, "/tool");
      tools_[begun->number] = name;
      busy_ = tools_text(tools_);
      note(out, options_.utf8 ? "▸" : ">", Style::cyan, fmt::format("{} {}", name, member(begun->request, "/arguments")), Style::plain);
    }
  } else if (const auto* ended = std::get_if<workflow::CallEnded>(&event.body)) {
    if (ended->kind == agent::CallKind::model) {
      busy_.clear();
      const auto error = ended->answer ? agent::error_in(*ended->answer) : std::nullopt;
      if (error) {
        note(out, s.failed, Style::red, one_line(error->message), Style::red);
      } else if (ended->answer) {
        const auto text = model::text_of(agent::response_in(*ended->answer).message);
        if (!said_something_ && options_.stream_answer) say(out, text);  // it did not come in pieces
        end_line(out);
      }
    } else {
      const auto name = tools_.contains(ended->number) ? tools_.at(ended->number) : "tool";
      tools_.erase(ended->number);
      busy_ = tools_.empty() ? std::string() : tools_text(tools_);
      const bool failed = is_failure(*ended);
      note(out, failed ? s.failed : s.completed, failed ? Style::red : Style::green,
           fmt::format("{} {}", name, member(ended->answer, "/result")), failed ? Style::red : Style::dim);
    }
  } else if (const auto* retried = std::get_if<workflow::AttemptFailed>(&event.body)) {
    busy_.clear();
    tools_.clear();
    note(out, s.retrying, Style::yellow,
         and_then(one_line(retried->error.message), "tried again in " + steady_duration(retried->retry_at - event.at)), Style::yellow);
  } else if (std::holds_alternative<workflow::TaskFailed>(event.body) || std::holds_alternative<workflow::RunFinished>(event.body)) {
    busy_.clear();
    tools_.clear();
  }
  return out;
}

AgentScreen::Writings AgentScreen::paint(Instant now) {
  Writings out;
  if (!options_.moving_line || !at_line_start_) return out;
  if (busy_.empty()) {
    clear(out);
    return out;
  }
  const auto& s = signs(options_.utf8);
  const auto step = static_cast<std::size_t>(now.time_since_epoch() / spinner_step) % static_cast<std::size_t>(s.spinner_count);
  Line line;
  line.add(s.spinner[step], Style::cyan).add(fmt::format(" {}  {}", busy_, steady_duration(now - busy_since_)), Style::dim);
  const auto room = options_.width > line.width() + 3 ? options_.width - line.width() - 3 : 0;
  if (!thought_.empty()) line.add("  ").add(tail(thought_, room, s.ellipsis), Style::dim);
  out.push_back({.answer = false, .text = "\r" + line.text(options_.width - 1, options_.color) + "\x1b[K"});
  line_painted_ = true;
  return out;
}

AgentScreen::Writings AgentScreen::finish() {
  Writings out;
  end_line(out);
  busy_.clear();
  return out;
}

}  // namespace skein::cli
