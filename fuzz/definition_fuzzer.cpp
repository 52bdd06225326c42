// Arbitrary bytes as a workflow file, as YAML and as JSON: a definition or problems, never a crash, a hang or much memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/config.hpp"

namespace {

using namespace skein;

void load(std::string_view text, config::Format format) {
  const auto loaded = config::load_workflow_text(text, "fuzz", format);
  if (!loaded) {
    if (loaded.error().empty() || loaded.error().size() > config::max_problems + 1) std::abort();
    for (const auto& problem : loaded.error()) {
      if (problem.line < 1 || problem.column < 1 || config::to_string(problem).empty()) std::abort();
    }
    return;
  }
  // What was accepted once is accepted again when it comes back from a store.
  const auto stored = parse_json(loaded->definition->document_text);
  if (!stored) std::abort();
  const auto again = config::load_workflow_document(*stored);
  if (!again || again->definition->hash != loaded->definition->hash) std::abort();
  (void)config::check_inputs(*loaded->definition, {});
  for (const auto& input : loaded->definition->inputs) (void)config::parse_input_value(input, "1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  load(text, config::Format::yaml);
  load(text, config::Format::json);
  return 0;
}
