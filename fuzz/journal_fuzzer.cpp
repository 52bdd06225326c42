// Arbitrary bytes as a journal entry: decoded, folded into a run, asked what comes next, made into other runs, and written again. Whatever
// was accepted must come back the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "journal_definition.hpp"
#include "workflow/event_codec.hpp"
#include "workflow/run_state.hpp"
#include "workflow/time_travel.hpp"

namespace {

class NoBlobs final : public skein::store::BlobWriter, public skein::store::BlobReader {
 public:
  std::string put(std::string_view bytes) override {
    kept_ = bytes;
    return "kept";
  }
  skein::Result<std::string> get_blob(std::string_view hash) const override {
    if (hash == "kept") return kept_;
    return skein::fail(skein::ErrorCode::not_found, "no such payload");
  }

 private:
  std::string kept_ = "[1]";
};

/// A retry, and a fork from each task. What they make must fold; a journal that is damaged may be refused.
void travel_from(const skein::workflow::DefinitionPtr& definition, const skein::workflow::RunState& state,
                 const std::vector<skein::workflow::Event>& journal) {
  using namespace skein::workflow;
  if (journal.empty()) return;
  const auto make = [&](Travel how) {
    const auto made = travel(definition, journal, how);
    if (!made) return;
    RunState again(definition);
    for (const auto& event : made->events) {
      if (!again.apply(event)) std::abort();
    }
    if (again.status() != made->state.status() || again.completed_tasks() != made->state.completed_tasks()) std::abort();
  };
  Travel how{.kind = Origin::Kind::retry, .run = "r", .from = {}, .set = nullptr, .inputs = nullptr, .now = journal.back().at};
  if (skein::is_final(state.status())) make(how);
  how.kind = Origin::Kind::fork;
  for (TaskIndex task = 0; task < definition->own_tasks; ++task) {
    how.from = task;
    make(how);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skein;
  static const auto definition = fuzz::journal_definition();
  NoBlobs blobs;
  const auto events = workflow::decode_events(std::string_view(reinterpret_cast<const char*>(data), size), *definition, blobs);
  if (!events) return 0;
  workflow::RunState state(definition);
  std::vector<workflow::Action> actions;
  std::vector<workflow::Event> folded;
  for (const auto& event : *events) {
    (void)workflow::event_to_json(event, *definition);
    if (!state.apply(event)) break;
    folded.push_back(event);
    actions.clear();
    state.next_actions(event.at, actions);
    (void)state.next_due(event.at);
  }
  travel_from(definition, state, folded);
  std::string text;
  workflow::encode_events(*events, *definition, text, blobs);
  const auto again = workflow::decode_events(text, *definition, blobs);
  if (!again || again->size() != events->size()) std::abort();
  return 0;
}
