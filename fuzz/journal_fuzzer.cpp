// Arbitrary bytes as a journal entry: decoded, folded into a run, asked what comes next, and written again. Whatever was accepted must
// come back the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "support/definitions.hpp"
#include "workflow/event_codec.hpp"
#include "workflow/run_state.hpp"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skein;
  static const auto definition = [] {
    auto made = testing::make_definition({{"a"}, {"b", {"a"}}, {"c", {"a"}, true}});
    made->parallel_execution = true;
    made->hash = "h";
    return made;
  }();
  NoBlobs blobs;
  const auto events = workflow::decode_events(std::string_view(reinterpret_cast<const char*>(data), size), *definition, blobs);
  if (!events) return 0;
  workflow::RunState state(definition);
  std::vector<workflow::Action> actions;
  for (const auto& event : *events) {
    (void)workflow::event_to_json(event, *definition);
    if (!state.apply(event)) break;
    actions.clear();
    state.next_actions(event.at, actions);
    (void)state.next_due(event.at);
  }
  std::string text;
  workflow::encode_events(*events, *definition, text, blobs);
  const auto again = workflow::decode_events(text, *definition, blobs);
  if (!again || again->size() != events->size()) std::abort();
  return 0;
}
