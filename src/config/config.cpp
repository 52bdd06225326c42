#include "config/config.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/inner_workflows.hpp"
#include "config/read_document.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

struct Checked {
  std::shared_ptr<workflow::Definition> definition;
  describe::Problems problems;
};

Checked check(const Json& document) {
  Checked out;
  WorkflowSpec spec;
  describe::parse_object(spec, document, describe::Path(), out.problems);
  out.definition = build_definition(spec, document, out.problems);
  return out;
}

struct Size {
  std::size_t nodes = 0;
  bool too_deep = false;
};

void measure(const Json& value, std::size_t depth, Size& size) {  // NOLINT(misc-no-recursion): stops at the limit
  if (depth > max_document_depth) size.too_deep = true;
  if (size.too_deep || ++size.nodes > max_document_nodes) return;
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) measure(item, depth + 1, size);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) measure(member.value(), depth + 1, size);
  }
}

/// What is wrong with the size of a document; empty where nothing is.
std::string too_large(const Json& document) {
  Size size;
  measure(document, 1, size);
  if (size.too_deep) return fmt::format("nested more than {} levels deep; make it flatter", max_document_depth);
  if (size.nodes > max_document_nodes)
    return fmt::format("more than {} values; split the workflow or shorten its data", max_document_nodes);
  return {};
}

/// As `check`, with what the files hold that the document names. Problems that have a file of their own go to `elsewhere`.
Checked check_with_files(Json document, const FileChain& chain, std::vector<Problem>& elsewhere) {
  const auto unread = embed_inner_workflows(document, chain);
  auto out = check(document);
  for (const auto& inner : unread) {
    std::erase_if(out.problems, [&](const auto& found) { return found.pointer == inner.pointer; });
    for (const auto& problem : inner.problems) {
      if (problem.file.empty()) {
        out.problems.push_back({.pointer = inner.pointer, .message = problem.message, .offset = {}});
      } else {
        elsewhere.push_back(problem);
      }
    }
  }
  if (auto wrong = too_large(document); !wrong.empty()) out.problems.push_back({.pointer = "", .message = std::move(wrong), .offset = {}});
  return out;
}

LoadResult finish(Sorted found, std::shared_ptr<workflow::Definition> definition) {
  if (!found.errors.empty()) return std::unexpected(std::move(found.errors));
  workflow::finish_definition(*definition);
  return Loaded{.definition = std::move(definition), .warnings = std::move(found.warnings)};
}

}  // namespace

std::string to_string(const Problem& problem) {
  std::string place = problem.file;
  if (problem.line > 0) {
    place += fmt::format(":{}:{}", problem.line, problem.column);
  } else if (!problem.pointer.empty()) {
    place += (place.empty() ? "" : ": ") + problem.pointer;
  }
  if (!place.empty()) place += ": ";
  return place + (problem.severity == Severity::warning ? "warning: " : "") + problem.message;
}

namespace {

LoadResult load_text(std::string_view text, std::string file_name, Format format, const FileChain& chain) {
  auto read = read_source(text, file_name, format, "write a workflow, beginning with 'name:'");
  if (!read) return std::unexpected(std::move(read.error()));
  const auto& source = *read;
  std::vector<Problem> problems;
  const Locator locator(text, source, file_name);
  for (const auto& found : source.problems) problems.push_back(locator.locate(found));
  std::shared_ptr<workflow::Definition> definition;
  std::vector<Problem> elsewhere;
  if (source.complete) {
    auto checked = check_with_files(source.document, chain, elsewhere);
    for (const auto& found : checked.problems) problems.push_back(locator.locate(found));
    definition = std::move(checked.definition);
  }
  auto found = sorted(std::move(problems));
  found.errors.insert(found.errors.end(), elsewhere.begin(), elsewhere.end());
  return finish(std::move(found), std::move(definition));
}

}  // namespace

LoadResult load_workflow_text(std::string_view text, std::string file_name, Format format) {
  return load_text(text, std::move(file_name), format, {});
}

LoadResult load_workflow_file(const std::filesystem::path& path) { return load_inner_workflow(path, {}); }

LoadResult load_inner_workflow(const std::filesystem::path& path, FileChain chain) {
  const auto name = path.string();
  auto file = read_file(path, "a workflow file");
  if (!file) return std::unexpected(std::move(file.error()));
  chain.push_back(path.lexically_normal());
  return load_text(file->text, name, file->format, chain);
}

LoadResult load_workflow_document(const Json& document, const std::filesystem::path& folder) {
  if (auto wrong = too_large(document); !wrong.empty()) return refuse("", std::move(wrong));
  FileChain chain;
  if (!folder.empty()) chain.push_back((folder / "").lexically_normal());
  std::vector<Problem> elsewhere;
  auto checked = check_with_files(document, chain, elsewhere);
  std::vector<Problem> problems;
  for (const auto& found : checked.problems) problems.push_back(located(found, ""));
  auto found = sorted(std::move(problems));
  found.errors.insert(found.errors.end(), elsewhere.begin(), elsewhere.end());
  return finish(std::move(found), std::move(checked.definition));
}

}  // namespace skein::config
