#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/object.hpp>

#include "agent/react.hpp"
#include "base/text.hpp"

namespace skein::agent {
namespace {

enum class Label : std::uint8_t { none, thought, action, input, observation, answer };

struct Line {
  Label label = Label::none;
  std::string_view rest;  ///< after the label
};

constexpr std::string_view fence = "```";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_leading(std::string_view text, std::string_view characters) {
  const auto first = text.find_first_not_of(characters);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

bool take_word(std::string_view& text, std::string_view word) {
  if (text.size() < word.size() || !iequals(text.substr(0, word.size()), word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// "**Action 1:** add" is the label `action` with the rest "add".
Line read_line(std::string_view line) {
  // Longer words before their beginnings.
  constexpr std::array<std::pair<std::string_view, Label>, 6> words{{{"action input", Label::input},
                                                                     {"action_input", Label::input},
                                                                     {"action", Label::action},
                                                                     {"thought", Label::thought},
                                                                     {"observation", Label::observation},
                                                                     {"final answer", Label::answer}}};
  constexpr std::string_view wide_colon = "：";
  auto text = without_leading(line, " \t>#*-_");
  for (const auto& [word, label] : words) {
    auto rest = text;
    if (!take_word(rest, word)) continue;
    rest = without_leading(rest, " \t");
    while (!rest.empty() && is_digit(rest.front())) rest.remove_prefix(1);
    rest = without_leading(rest, " \t*_");
    if (rest.starts_with(':')) {
      rest.remove_prefix(1);
    } else if (rest.starts_with(wide_colon)) {
      rest.remove_prefix(wide_colon.size());
    } else {
      continue;
    }
    if (rest.starts_with("**")) rest.remove_prefix(2);
    return {.label = label, .rest = rest};
  }
  return {};
}

/// The next line with its line feed left out; `text` goes on after it.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Without a code fence around it, whether that was closed or not.
std::string_view without_fence(std::string_view text) {
  text = trim(text);
  if (text.starts_with(fence)) {
    text.remove_prefix(fence.size());
    const auto end = text.find('\n');
    const auto word = text.substr(0, end);
    // The language's name stands on the fence's line; a value that begins on it does not.
    const bool names_language = end != std::string_view::npos && word.find_first_of("{[\"") == std::string_view::npos;
    if (names_language) {
      text.remove_prefix(end + 1);
    } else if (take_word(text, "json")) {
      text = trim(text);
    }
  }
  text = trim(text);
  if (text.ends_with(fence)) text.remove_suffix(fence.size());
  return trim(text);
}

/// What a model wraps all of its answer in.
std::string_view unwrapped(std::string_view text) {
  text = trim(text);
  constexpr std::string_view begin = "<think>";
  constexpr std::string_view end = "</think>";
  if (text.starts_with(begin)) {
    const auto at = text.find(end);
    if (at != std::string_view::npos) text = trim(text.substr(at + end.size()));
  }
  if (!text.starts_with(fence)) return text;
  auto inner = text;
  take_line(inner);
  auto peek = trim(inner);
  return read_line(take_line(peek)).label == Label::none ? text : without_fence(text);
}

/// The JSON object that a text begins with, where something follows it.
std::optional<std::string_view> leading_object(std::string_view text) {
  if (!text.starts_with('{')) return std::nullopt;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return text.substr(0, i + 1);
    }
  }
  return std::nullopt;
}

std::optional<JsonObject> object_of(std::string_view text) {
  auto value = parse_json(text);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

/// The only argument that a tool can be meant to get: its only one, or the only one that it must have.
std::string_view only_argument(const model::ToolSpec& tool) {
  if (const auto* required = at_pointer(tool.parameters, "/required"); required != nullptr && required->is_array()) {
    const auto& names = required->get_array();
    if (names.size() == 1 && names.front().is_string()) return names.front().get_string();
    if (names.size() > 1) return {};
  }
  const auto* properties = at_pointer(tool.parameters, "/properties");
  if (properties == nullptr || !properties->is_object() || properties->get_object().size() != 1) return {};
  return properties->get_object().begin()->key();
}

bool takes_text(const model::ToolSpec& tool, std::string_view argument) {
  const auto* type = at_pointer(tool.parameters, pointer_to("/properties", argument) + "/type");
  return type != nullptr && type->is_string() && std::string_view(type->get_string()) == "string";
}

std::string read_arguments(std::string_view text, std::string_view name, const std::vector<model::ToolSpec>& tools) {
  text = without_fence(text);
  if (text.empty()) return "{}";
  if (object_of(text)) return std::string(text);
  if (const auto object = leading_object(text); object && object_of(*object)) return std::string(*object);
  const auto tool = std::find_if(tools.begin(), tools.end(), [&](const model::ToolSpec& one) { return one.name == name; });
  const auto argument = tool == tools.end() || text.starts_with('{') ? std::string_view() : only_argument(*tool);
  if (argument.empty()) return std::string(text);
  auto value = parse_json(text);
  const bool as_written = !value || (takes_text(*tool, argument) && !value->is_string());
  JsonObject arguments;
  arguments.emplace(argument, as_written ? Json(to_valid_utf8(text)) : std::move(*value));
  return to_json(arguments);
}

/// `add`, "add", **add**, [add], add. → add
std::string_view plain_name(std::string_view name) {
  constexpr std::string_view around = " \t\r`\"'*[]<>";
  const auto first = name.find_first_not_of(around);
  if (first == std::string_view::npos) return {};
  name.remove_prefix(first);
  const auto last = name.find_last_not_of(" \t\r`\"'*[]<>.,;:");
  return last == std::string_view::npos ? std::string_view() : name.substr(0, last + 1);
}

const Json* first_of(const JsonObject& object, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    if (const auto* value = object.if_contains(key)) return value;
  }
  return nullptr;
}

/// {"action": "add", "action_input": {…}}
std::optional<ReactStep::Call> call_in_json(std::string_view text, const std::vector<model::ToolSpec>& tools) {
  const auto object = object_of(without_fence(text));
  if (!object) return std::nullopt;
  const auto* name = first_of(*object, {"action", "tool", "name"});
  if (name == nullptr || !name->is_string()) return std::nullopt;
  ReactStep::Call call{.tool = std::string(name->get_string()), .arguments = "{}"};
  const auto* input = first_of(*object, {"action_input", "arguments", "input", "parameters", "args"});
  if (input == nullptr) return call;
  const auto text_of_input = input->is_string() ? std::string(input->get_string()) : to_json(*input);
  call.arguments = read_arguments(text_of_input, call.tool, tools);
  return call;
}

/// What stands after "Action:" and after "Action Input:", if anything does.
ReactStep::Call read_call(std::string_view action, std::optional<std::string_view> input, const std::vector<model::ToolSpec>& tools) {
  action = trim(action);
  if (!input) {
    if (auto call = call_in_json(action, tools)) return *call;
    const auto open = action.find_first_of("([");
    const auto close = action.find_last_of(")]");
    if (open != std::string_view::npos && open > 0 && close != std::string_view::npos && close > open) {
      const auto name = plain_name(action.substr(0, open));
      const bool one_word = !name.empty() && name.find_first_of(" \t\r\n") == std::string_view::npos;
      if (one_word) return {.tool = std::string(name), .arguments = read_arguments(action.substr(open + 1, close - open - 1), name, tools)};
    }
  }
  action = without_fence(action);
  const auto name = plain_name(take_line(action));
  return {.tool = std::string(name), .arguments = read_arguments(input.value_or(""), name, tools)};
}

/// Where a model fills the form in although it wants no tool.
bool is_no_tool(std::string_view name) {
  constexpr std::array<std::string_view, 5> words{"none", "n/a", "no action", "no tool", "nothing"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return iequals(name, word); });
}

/// "Action: Final Answer", with the answer as the input.
bool is_final(std::string_view name) { return iequals(name, "final answer") || iequals(name, "finish"); }

/// A labelled line: where it begins and where what follows the label does.
struct Mark {
  Label label = Label::none;
  std::size_t line = 0;
  std::size_t rest = 0;
};
using Marks = std::vector<Mark>;

Marks marks_in(std::string_view text) {
  Marks marks;
  auto rest = text;
  while (!rest.empty()) {
    const auto begin = text.size() - rest.size();
    const auto line = read_line(take_line(rest));
    if (line.label == Label::none) continue;
    marks.push_back({.label = line.label, .line = begin, .rest = static_cast<std::size_t>(line.rest.data() - text.data())});
  }
  return marks;
}

Marks::const_iterator find(Marks::const_iterator from, Marks::const_iterator to, Label label) {
  return std::find_if(from, to, [&](const Mark& mark) { return mark.label == label; });
}

/// What follows a mark, up to the next one.
std::string_view section(std::string_view text, const Marks& marks, Marks::const_iterator mark) {
  const auto next = std::next(mark);
  const auto end = next == marks.end() ? text.size() : next->line;
  return text.substr(mark->rest, end - mark->rest);
}

/// What was said before the mark that decides.
std::string thought_before(std::string_view text, const Marks& marks, Marks::const_iterator decisive) {
  const auto thought = find(marks.begin(), decisive, Label::thought);
  const auto begin = thought == decisive ? 0 : thought->rest;
  return std::string(trim(text.substr(begin, decisive->line - begin)));
}

/// All that was said is the answer.
ReactStep plain_answer(std::string_view text, const Marks& marks) {
  const bool is_thought = !marks.empty() && marks.front().label == Label::thought && trim(text.substr(0, marks.front().line)).empty();
  return {.thought = {}, .call = std::nullopt, .answer = std::string(trim(is_thought ? text.substr(marks.front().rest) : text))};
}

}  // namespace

ReactStep parse_react(std::string_view text, const std::vector<model::ToolSpec>& tools) {
  text = unwrapped(text);
  const auto marks = marks_in(text);
  const auto action = find(marks.begin(), marks.end(), Label::action);
  const auto answer_at = [&](Marks::const_iterator mark) {
    return ReactStep{
        .thought = thought_before(text, marks, mark), .call = std::nullopt, .answer = std::string(trim(text.substr(mark->rest)))};
  };
  if (const auto answer = find(marks.begin(), action, Label::answer); answer != action) return answer_at(answer);
  if (action == marks.end()) return plain_answer(text, marks);

  std::optional<std::string_view> input;
  const auto next = std::next(action);
  if (next != marks.end() && next->label == Label::input) input = section(text, marks, next);
  auto call = read_call(section(text, marks, action), input, tools);
  if (is_no_tool(call.tool)) {
    const auto answer = find(action, marks.end(), Label::answer);
    return answer == marks.end() ? plain_answer(text, marks) : answer_at(answer);
  }
  ReactStep step{.thought = thought_before(text, marks, action), .call = std::nullopt, .answer = {}};
  if (is_final(call.tool) && input && !trim(*input).empty()) {
    step.answer = std::string(trim(*input));
  } else {
    step.call = std::move(call);
  }
  return step;
}

}  // namespace skein::agent
