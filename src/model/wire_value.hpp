#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "model/exchange.hpp"

/// What codecs have in common when they read values that a server may have got wrong, and write those that it expects. A member of the
/// wrong type counts as absent.
namespace skein::model::wire {

[[nodiscard]] const JsonObject* object_at(const JsonObject& object, std::string_view key);
[[nodiscard]] const JsonArray* list_at(const JsonObject& object, std::string_view key);
/// A view into the object; empty where there is no such text.
[[nodiscard]] std::string_view text_at(const JsonObject& object, std::string_view key);
/// Not negative and at most 2⁴⁰, so that sums cannot overflow; zero where there is no such number.
[[nodiscard]] std::uint64_t count_at(const JsonObject& object, std::string_view key);

/// {"type": `type`}
[[nodiscard]] JsonObject of_type(std::string_view type);

/// By name: the head of a prompt must not depend on the order in which tools were registered, or caches miss.
[[nodiscard]] std::vector<const ToolSpec*> sorted_by_name(const std::vector<ToolSpec>& tools);

/// A picture's data, where it is inline or its URL is a base64 `data:` URL.
struct InlineImage {
  std::string_view media_type;
  std::string_view data;
};
[[nodiscard]] std::optional<InlineImage> inline_data(const Image& image);

/// Arguments of a call as one text whichever way they came: an object compactly, a text that holds an object as that object, another text
/// (cut off, malformed) as it is, nothing as an empty object.
[[nodiscard]] std::string arguments_text(const Json* arguments);

/// Whether `arguments` are the beginning of a JSON text that never ended, rather than a whole one or none at all.
[[nodiscard]] bool is_cut_off(std::string_view arguments);
/// Arguments for formats that take an object only; what a model wrote otherwise is told as such: {"malformed_arguments"}.
[[nodiscard]] JsonObject arguments_object(std::string_view arguments);

/// A name for a call that its server gave none, the `number`th of its answer: from the answer's name, or else from the call itself.
[[nodiscard]] std::string made_up_id(std::string_view answer_id, const ToolCall& call, std::size_t number);

/// Calls of tools in one answer: far more than a model makes at once, and few enough that looking for one among them costs nothing.
inline constexpr std::size_t most_calls = 1024;
[[nodiscard]] std::unexpected<Error> too_many_calls();

/// A piece of a streamed answer, where there is anything in it and somebody listens.
inline void tell(const OnDelta& on_delta, Delta::Kind kind, std::string_view text, std::size_t index = 0) {
  if (on_delta && !text.empty()) on_delta(Delta{.kind = kind, .index = index, .text = text});
}

/// An answer that the format does not allow: bad_response, worth another try.
[[nodiscard]] std::unexpected<Error> bad_answer(std::string message);
/// The body ended before the answer did.
[[nodiscard]] std::unexpected<Error> broken_off();
/// The data of one streamed event.
[[nodiscard]] Result<JsonObject> event_object(std::string_view data);

}  // namespace skein::model::wire
