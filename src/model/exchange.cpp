#include "model/exchange.hpp"

#include "model/codec.hpp"

namespace skein::model {

std::string_view to_string(Finish finish) {
  switch (finish) {
    case Finish::stop: return "stop";
    case Finish::tool_calls: return "tool_calls";
    case Finish::length: return "length";
    case Finish::content_filter: return "content_filter";
    case Finish::refusal: return "refusal";
    case Finish::paused: return "paused";
  }
  return "stop";
}

std::string Codec::complaint(const Json& body) const {
  const auto text = [](const Json* value) {
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  const auto* error = at_pointer(body, "/error");
  if (error == nullptr) return text(at_pointer(body, "/message"));
  if (error->is_string()) return text(error);
  auto code = text(at_pointer(*error, "/code"));
  if (code.empty()) code = text(at_pointer(*error, "/type"));
  const auto message = text(at_pointer(*error, "/message"));
  if (code.empty() || message.empty()) return code + message;
  return code + ": " + message;
}

bool is_out_of_credit(std::string_view complaint) {
  return complaint.starts_with("insufficient_quota") || complaint.starts_with("billing_error") ||
         complaint.starts_with("billing_hard_limit");
}

}  // namespace skein::model
