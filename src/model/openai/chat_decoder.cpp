#include "model/openai/chat_decoder.hpp"

#include "base/text.hpp"
#include "model/wire_value.hpp"

namespace skein::model::openai {

Result<void> ChatDecoder::frame(std::string_view event, std::string_view data, const OnDelta& on_delta) {
  if (done_) return {};
  if (trim(data) == "[DONE]") {
    done_ = true;
    return {};
  }
  auto object = wire::event_object(data);
  if (!object) return std::unexpected(std::move(object.error()));
  const Json body(std::move(*object));
  const auto* error = chat_error_in(body);
  if (error == nullptr && event == "error") error = &body;
  if (error != nullptr) return std::unexpected(reported_chat_error(*error));
  answer_.take_frame(body.get_object());
  const auto* choices = wire::list_at(body.get_object(), "choices");
  if (choices == nullptr) return {};
  for (const auto& value : *choices) {
    const auto* choice = value.if_object();
    if (choice == nullptr || wire::count_at(*choice, "index") != 0) continue;
    if (auto taken = take_choice(*choice, on_delta); !taken) return taken;
  }
  return {};
}

Result<void> ChatDecoder::take_choice(const JsonObject& choice, const OnDelta& on_delta) {
  begun_ = true;
  if (const auto reason = wire::text_at(choice, "finish_reason"); !reason.empty()) answer_.take_finish_reason(reason);
  if (const auto* delta = wire::object_at(choice, "delta")) return answer_.take_delta(*delta, on_delta);
  // A server that does not stream answers with one event that holds it all.
  if (const auto* message = wire::object_at(choice, "message")) return answer_.take_message(*message, on_delta);
  return {};
}

Result<Response> ChatDecoder::finish() {
  if (!done_ && !answer_.has_finish_reason()) return wire::broken_off();
  if (!begun_) return wire::bad_answer("the model's server ended its answer without having said anything");
  return answer_.finish();
}

}  // namespace skein::model::openai
