#include "model/openai/responses_decoder.hpp"

#include <utility>
#include <vector>

#include "base/text.hpp"
#include "model/openai/responses_answer.hpp"
#include "model/wire_value.hpp"

namespace skein::model::openai {
namespace {

using wire::count_at;
using wire::list_at;
using wire::object_at;
using wire::tell;
using wire::text_at;

/// Places that servers name are below this.
constexpr std::uint64_t after_all_places = std::uint64_t{1} << 41;

/// Of an event that reports an error: the error stands in it or is it.
Error error_in(const JsonObject& event) {
  const auto* response = object_at(event, "response");
  const auto& holder = response == nullptr ? event : *response;
  const auto* error = object_at(holder, "error");
  return reported_response_error(error == nullptr ? holder : *error);
}

}  // namespace

ResponsesDecoder::Item& ResponsesDecoder::item_at(const JsonObject& event) {
  last_place_ = place_of(event);
  return items_[last_place_];
}

std::uint64_t ResponsesDecoder::place_of(const JsonObject& event) {
  const auto* number = event.if_contains("output_index");
  if (number != nullptr && number->is_number()) return count_at(event, "output_index");
  // A call may be announced with its id only and be called by its call's id later, or the other way round.
  std::vector<std::string_view> names{text_at(event, "item_id")};
  if (const auto* item = object_at(event, "item")) names.insert(names.end(), {text_at(*item, "id"), text_at(*item, "call_id")});
  std::erase(names, std::string_view());
  auto place = std::optional<std::uint64_t>();
  for (const auto name : names) {
    const auto known = names_.find(name);
    if (known != names_.end()) place = known->second;
    if (place) break;
  }
  const auto last = items_.find(last_place_);
  if (!place && names.empty() && last != items_.end() && !last->second.complete) place = last_place_;
  if (!place) place = after_all_places + unplaced_++;
  for (const auto name : names) names_.emplace(name, *place);
  return *place;
}

Result<void> ResponsesDecoder::frame(std::string_view event, std::string_view data, const OnDelta& on_delta) {
  if (done_ || trim(data) == "[DONE]") return {};
  auto body = wire::event_object(data);
  if (!body) return std::unexpected(std::move(body.error()));
  auto type = text_at(*body, "type");
  if (type.empty()) type = event;
  if (type == "error" || type == "response.failed") return std::unexpected(error_in(*body));
  if (type == "response.created" || type == "response.in_progress") {
    if (const auto* response = object_at(*body, "response")) {
      for (const auto* key : {"id", "model"}) response_[key] = text_at(*response, key);
    }
  } else if (type == "response.output_item.added") {
    begin_item(*body, on_delta);
  } else if (type == "response.output_item.done") {
    end_item(*body, on_delta);
  } else if (type == "response.completed" || type == "response.incomplete") {
    end(*body, type, on_delta);
  } else if (type.ends_with(".delta")) {
    add_delta(type, *body, on_delta);
  } else if (type == "response.function_call_arguments.done") {
    auto& item = item_at(*body);
    if (item.arguments.empty()) {
      item.arguments = text_at(*body, "arguments");
      tell_name(item, on_delta);
      tell(on_delta, Delta::Kind::tool_arguments, item.arguments, *item.call);
    }
  } else if (type == "response.reasoning_summary_part.added") {
    if (count_at(*body, "summary_index") > 0) tell(on_delta, Delta::Kind::reasoning, "\n\n");
  }
  return {};  // others repeat what these say, or report the progress of tools on the server
}

void ResponsesDecoder::begin_item(const JsonObject& event, const OnDelta& on_delta) {
  const auto* announced = object_at(event, "item");
  if (announced == nullptr) return;
  auto& item = item_at(event);
  if (item.complete) return;  // announced after its end
  item.item = *announced;
  if (text_at(item.item, "type") == "function_call") tell_name(item, on_delta);
}

void ResponsesDecoder::end_item(const JsonObject& event, const OnDelta& on_delta) {
  const auto* whole = object_at(event, "item");
  if (whole == nullptr) return;
  auto& item = item_at(event);
  item.item = *whole;
  item.complete = true;
  tell_rest(item, on_delta);
}

void ResponsesDecoder::add_delta(std::string_view type, const JsonObject& event, const OnDelta& on_delta) {
  const auto text = text_at(event, "delta");
  if (type == "response.output_text.delta" || type == "response.refusal.delta") {
    auto& piece = item_at(event).pieces[count_at(event, "content_index")];
    piece.text += text;
    piece.refusal = type == "response.refusal.delta";
    tell(on_delta, Delta::Kind::text, text);
  } else if (type == "response.function_call_arguments.delta") {
    auto& item = item_at(event);
    tell_name(item, on_delta);
    item.arguments += text;
    tell(on_delta, Delta::Kind::tool_arguments, text, *item.call);
  } else if (type == "response.reasoning_summary_text.delta" || type == "response.reasoning_text.delta") {
    const auto* place = type == "response.reasoning_text.delta" ? "content_index" : "summary_index";
    item_at(event).thoughts[count_at(event, place)] += text;
    tell(on_delta, Delta::Kind::reasoning, text);
  }
}

/// Numbers a call when it is first heard of, and tells its name when that is known.
void ResponsesDecoder::tell_name(Item& item, const OnDelta& on_delta) {
  if (!item.call) item.call = calls_++;
  const auto name = text_at(item.item, "name");
  if (item.name_told || name.empty()) return;
  item.name_told = true;
  tell(on_delta, Delta::Kind::tool_name, name, *item.call);
}

/// What of a whole item has not been told in pieces.
void ResponsesDecoder::tell_rest(Item& item, const OnDelta& on_delta) {
  const auto type = text_at(item.item, "type");
  if (type == "function_call") {
    tell_name(item, on_delta);
    if (item.arguments.empty()) tell(on_delta, Delta::Kind::tool_arguments, text_at(item.item, "arguments"), *item.call);
  } else if (type == "reasoning" && item.thoughts.empty()) {
    tell(on_delta, Delta::Kind::reasoning, reasoning_text(item.item));
  } else if (type == "message" && item.pieces.empty()) {
    const auto* content = list_at(item.item, "content");
    if (content == nullptr) return;
    for (const auto& part : *content) {
      if (!part.is_object()) continue;
      tell(on_delta, Delta::Kind::text, text_at(part.get_object(), "text"));
      tell(on_delta, Delta::Kind::text, text_at(part.get_object(), "refusal"));
    }
  }
}

void ResponsesDecoder::end(const JsonObject& event, std::string_view type, const OnDelta& on_delta) {
  done_ = true;
  const auto* response = object_at(event, "response");
  if (response != nullptr) {
    for (const auto& member : *response) response_[member.key()] = member.value();
  }
  if (text_at(response_, "status").empty()) response_["status"] = type == "response.completed" ? "completed" : "incomplete";
  const auto* output = list_at(response_, "output");
  if (output == nullptr || !items_.empty()) return;
  for (const auto& value : *output) {
    if (!value.is_object()) continue;
    Item item;
    item.item = value.get_object();
    tell_rest(item, on_delta);
  }
}

JsonObject ResponsesDecoder::put_together(Item& item) {
  auto whole = std::move(item.item);
  if (item.complete) return whole;
  if (item.call) {
    whole["type"] = "function_call";
    whole["arguments"] = item.arguments;
  } else if (!item.pieces.empty()) {
    JsonArray content;
    for (const auto& [place, piece] : item.pieces) {
      auto part = wire::of_type(piece.refusal ? "refusal" : "output_text");
      part.emplace(piece.refusal ? "refusal" : "text", piece.text);
      content.emplace_back(std::move(part));
    }
    whole["type"] = "message";
    whole["content"] = std::move(content);
  } else if (!item.thoughts.empty()) {
    JsonArray summary;
    for (const auto& [place, text] : item.thoughts) {
      auto part = wire::of_type("summary_text");
      part.emplace("text", text);
      summary.emplace_back(std::move(part));
    }
    whole["type"] = "reasoning";
    whole["summary"] = std::move(summary);
  }
  return whole;
}

Result<Response> ResponsesDecoder::finish() {
  if (!done_) return wire::broken_off();
  const auto* output = list_at(response_, "output");
  if (output == nullptr || output->empty()) {
    JsonArray items;
    for (auto& [place, item] : items_) items.emplace_back(put_together(item));
    response_["output"] = std::move(items);
  }
  items_.clear();
  return read_response(response_);
}

}  // namespace skein::model::openai
