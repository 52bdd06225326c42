#include <skein/workflow.hpp>

#include "config/config.hpp"
#include "workflow/definition.hpp"

namespace skein {
namespace {

Error all_of(const std::vector<config::Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (!text.empty()) text += '\n';
    text += config::to_string(problem);
  }
  return Error{.code = ErrorCode::invalid_definition, .message = std::move(text), .context = {}, .retryable = false, .retry_after = {}};
}

}  // namespace

Result<Workflow> Workflow::from_file(const std::filesystem::path& path) {
  auto loaded = config::load_workflow_file(path);
  if (!loaded) return std::unexpected(all_of(loaded.error()));
  return Workflow(loaded->definition);
}

Result<Workflow> Workflow::from_text(std::string_view text, std::string_view name) {
  const auto format = name.ends_with(".json") ? config::Format::json : config::Format::yaml;
  auto loaded = config::load_workflow_text(text, std::string(name), format);
  if (!loaded) return std::unexpected(all_of(loaded.error()));
  return Workflow(loaded->definition);
}

Result<Workflow> Workflow::from_document(const Json& document, const std::filesystem::path& folder) {
  auto loaded = config::load_workflow_document(document, folder);
  if (!loaded) return std::unexpected(all_of(loaded.error()));
  return Workflow(loaded->definition);
}

const std::string& Workflow::name() const { return definition_->name; }
const Json& Workflow::document() const { return definition_->document; }
const std::string& Workflow::hash() const { return definition_->hash; }

}  // namespace skein
