#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error_json.hpp"
#include "store/store.hpp"
#include "workflow/event.hpp"

namespace skein::workflow {

/// Payloads whose JSON is longer are stored apart, by content; the event holds `"<field>_blob": "<sha256>"` instead.
inline constexpr std::size_t max_inline_payload = std::size_t{64} << 10;

/// Appends events as a JSON array of objects: {"type", "at" (µs), "task" (name), "attempt", …}; what has its usual value is left out.
void encode_events(const std::vector<Event>& events, const Definition& definition, std::string& out, store::BlobWriter& blobs);

/// The inverse. Unknown types, tasks and fields of the wrong type are errors: a journal is not guessed at.
[[nodiscard]] Result<std::vector<Event>> decode_events(std::string_view text, const Definition& definition, const store::BlobReader& blobs);

/// One event as people and programs see it: the journal's form with payloads in place and the time as RFC 3339.
[[nodiscard]] Json event_to_json(const Event& event, const Definition& definition);

/// The events of one commit on their way to a store.
class EventBatch final : public store::JournalEntry {
 public:
  EventBatch(DefinitionPtr definition, std::vector<Event> events) : definition_(std::move(definition)), events_(std::move(events)) {}
  void encode(std::string& out, store::BlobWriter& blobs) const override { encode_events(events_, *definition_, out, blobs); }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

 private:
  DefinitionPtr definition_;
  std::vector<Event> events_;
};

}  // namespace skein::workflow
