#include "config/config.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/includes.hpp"
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

/// Checks a document and what it names. `own`: how problems of the document itself get their place; `found`: what reading it brought.
LoadResult load(Json document, const std::string& file_name, const FileChain& chain, const LocateOwn& own, std::vector<Problem> found) {
  auto assembled = assemble(std::move(document), chain, own);
  std::vector<std::string> files{file_name};
  files.insert(files.end(), assembled.files.begin(), assembled.files.end());
  found.insert(found.end(), assembled.problems.begin(), assembled.problems.end());
  auto wrong = too_large(assembled.document);
  if (!wrong.empty()) found.push_back(own({.pointer = "", .message = std::move(wrong), .offset = {}}));
  Checked checked;
  if (assembled.complete && wrong.empty()) checked = check(assembled.document);
  std::vector<Problem> elsewhere;  // in the files of inner workflows, each sorted
  for (const auto& [pointer, problems] : assembled.unread) {
    std::erase_if(checked.problems, [&](const auto& one) { return one.pointer == pointer; });
    for (const auto& problem : problems) (std::ranges::find(files, problem.file) == files.end() ? elsewhere : found).push_back(problem);
  }
  for (const auto& one : checked.problems) {
    if (auto problem = assembled.locate(one, own)) found.push_back(*std::move(problem));
  }
  auto all = sorted(std::move(found), files);
  all.errors.insert(all.errors.end(), elsewhere.begin(), elsewhere.end());
  if (!all.errors.empty()) return std::unexpected(std::move(all.errors));
  workflow::finish_definition(*checked.definition);
  return Loaded{.definition = std::move(checked.definition), .warnings = std::move(all.warnings)};
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
  if (!source.complete) return std::unexpected(std::move(sorted(std::move(problems)).errors));
  return load(
      source.document, file_name, chain, [&](const describe::Problem& found) { return locator.locate(found); }, std::move(problems));
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
  FileChain chain;
  if (!folder.empty()) chain.push_back((folder / "").lexically_normal());
  return load(document, "", chain, [](const describe::Problem& found) { return located(found, ""); }, {});
}

}  // namespace skein::config
