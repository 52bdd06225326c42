#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <skein/error.hpp>
#include <skein/json.hpp>

namespace skein {

namespace workflow {
struct Definition;
}

/// A checked workflow, ready to run any number of times. A value; copies share it.
class Workflow {
 public:
  /// A YAML or JSON file. The error's message holds every problem, one a line, as `file:line:column: what; what to do`.
  [[nodiscard]] static Result<Workflow> from_file(const std::filesystem::path& path);
  /// YAML or JSON text; `name` stands for the file in messages.
  [[nodiscard]] static Result<Workflow> from_text(std::string_view text, std::string_view name = "workflow.yaml");
  /// The file format as one JSON value. Paths of files in it count from `folder`; without one they are refused.
  [[nodiscard]] static Result<Workflow> from_document(const Json& document, const std::filesystem::path& folder = {});

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const Json& document() const;
  /// SHA-256 of the document; runs are pinned to it.
  [[nodiscard]] const std::string& hash() const;
  [[nodiscard]] const std::shared_ptr<const workflow::Definition>& definition() const { return definition_; }

 private:
  explicit Workflow(std::shared_ptr<const workflow::Definition> definition) : definition_(std::move(definition)) {}
  std::shared_ptr<const workflow::Definition> definition_;
};

}  // namespace skein
