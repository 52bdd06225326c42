#include "cli/message_text.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/screen_text.hpp"
#include "model/message.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t longest = 160;

/// The first line after "WHO: ", the others below it.
void add_text(std::vector<std::string>& lines, std::string_view who, Style style, std::string_view text, bool color) {
  const auto shown = printable(text);
  bool first = true;
  for (const auto line : split(shown, '\n')) {
    lines.push_back(first ? paint(fmt::format("{}:", one_line(who)), style, color) + " " + std::string(line) : "  " + std::string(line));
    first = false;
  }
}

}  // namespace

std::string tool_call_text(std::string_view name, std::string_view arguments) {
  return fmt::format("calls {} {}", one_line(name), shorten(one_line(arguments), longest));
}

std::string tool_result_text(std::string_view name, std::string_view text, bool failed) {
  return fmt::format("{} {} {}", one_line(name), failed ? "fails:" : "brings", shorten(one_line(text), longest));
}

std::vector<std::string> message_lines(const Json& message, std::string_view agent, bool color) {
  std::vector<std::string> lines;
  const auto read = model::message_from_json(message);
  if (!read) return {one_line(to_json(message))};
  const bool user = read->role == model::Role::user;
  if (const auto text = model::text_of(*read); !text.empty())
    add_text(lines, user ? "you" : agent, user ? Style::cyan : Style::bold, text, color);
  for (const auto& part : read->parts) {
    if (const auto* call = std::get_if<model::ToolCall>(&part)) {
      lines.push_back("  " + paint(tool_call_text(call->name, call->arguments), Style::dim, color));
    } else if (const auto* result = std::get_if<model::ToolResult>(&part)) {
      lines.push_back("  " + paint(tool_result_text(result->name, result->text, result->failed), Style::dim, color));
    } else if (const auto* image = std::get_if<model::Image>(&part)) {
      lines.push_back("  " + paint(image->url.empty() ? fmt::format("an image ({})", one_line(image->media_type)) : one_line(image->url),
                                   Style::dim, color));
    }
  }
  return lines;
}

}  // namespace skein::cli
