#include "model/wire_value.hpp"

#include <algorithm>

#include <boost/json/stream_parser.hpp>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace skein::model::wire {
namespace {

constexpr std::uint64_t most = std::uint64_t{1} << 40;

}  // namespace

const JsonObject* object_at(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

const JsonArray* list_at(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_array();
}

std::string_view text_at(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::uint64_t count_at(const JsonObject& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (const auto* positive = value->if_uint64()) return std::min(*positive, most);
  if (const auto* number = value->if_int64()) return *number < 0 ? 0 : std::min(static_cast<std::uint64_t>(*number), most);
  const auto* inexact = value->if_double();  // some servers write counts as 12.0
  if (inexact == nullptr || !(*inexact > 0)) return 0;
  return *inexact < static_cast<double>(most) ? static_cast<std::uint64_t>(*inexact) : most;
}

JsonObject of_type(std::string_view type) {
  JsonObject out;
  out.emplace("type", type);
  return out;
}

std::vector<const ToolSpec*> sorted_by_name(const std::vector<ToolSpec>& tools) {
  std::vector<const ToolSpec*> sorted;
  sorted.reserve(tools.size());
  for (const auto& tool : tools) sorted.push_back(&tool);
  // By address among equals: they stand in one list.
  std::sort(sorted.begin(), sorted.end(),
            [](const ToolSpec* a, const ToolSpec* b) { return a->name != b->name ? a->name < b->name : a < b; });
  return sorted;
}

std::optional<InlineImage> inline_data(const Image& image) {
  if (!image.data.empty()) return InlineImage{.media_type = image.media_type, .data = image.data};
  std::string_view rest = image.url;
  if (!rest.starts_with("data:")) return std::nullopt;
  rest.remove_prefix(5);
  const auto comma = rest.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  auto head = rest.substr(0, comma);
  if (!head.ends_with(";base64")) return std::nullopt;
  head.remove_suffix(7);
  return InlineImage{.media_type = head.substr(0, head.find(';')), .data = rest.substr(comma + 1)};
}

std::string arguments_text(const Json* arguments) {
  if (arguments == nullptr || arguments->is_null()) return "{}";
  if (!arguments->is_string()) return to_json(*arguments);
  const std::string_view text = arguments->get_string();
  if (trim(text).empty()) return "{}";
  const auto parsed = parse_json(text);
  return parsed && parsed->is_object() ? to_json(*parsed) : std::string(text);
}

bool is_cut_off(std::string_view arguments) {
  const auto text = trim(arguments);
  if (!text.starts_with('{') && !text.starts_with('[')) return false;
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::json::stream_parser parser({}, options);
  boost::json::error_code malformed;
  parser.write(text.data(), text.size(), malformed);
  return !malformed && !parser.done();
}

JsonObject arguments_object(std::string_view arguments) {
  if (trim(arguments).empty()) return {};
  auto parsed = parse_json(arguments);
  if (parsed && parsed->is_object()) return std::move(parsed->get_object());
  JsonObject out;
  out.emplace("malformed_arguments", arguments);
  return out;
}

std::string made_up_id(std::string_view answer_id, const ToolCall& call, std::size_t number) {
  std::string base(answer_id);
  if (base.empty()) base = "call_" + sha256_hex(call.name + "\n" + call.arguments).substr(0, 12);
  return base + "_" + std::to_string(number);
}

std::unexpected<Error> bad_answer(std::string message) {
  auto failed = fail(ErrorCode::bad_response, std::move(message));
  failed.error().retryable = true;
  return failed;
}

std::unexpected<Error> too_many_calls() {
  return bad_answer("the model's answer has more than " + std::to_string(most_calls) + " tool calls");
}

std::unexpected<Error> broken_off() { return bad_answer("the model's server broke its answer off before the end; try again"); }

Result<JsonObject> event_object(std::string_view data) {
  auto value = parse_json(data);
  if (!value) return bad_answer("the model's server sent an event that is not JSON: " + value.error().message);
  if (!value->is_object()) return bad_answer("the model's server sent an event that is not a JSON object: " + shorten(data, 80));
  return std::move(value->get_object());
}

}  // namespace skein::model::wire
