#include "config/config.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/inner_workflows.hpp"
#include "config/source.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

std::unexpected<std::vector<Problem>> refuse(const std::string& file, std::string message) {
  std::vector<Problem> problems(1);
  problems.front().file = file;
  problems.front().message = std::move(message);
  return std::unexpected(std::move(problems));
}

/// Sorted by place; errors and warnings apart. At most `max_problems`, and one that counts the rest.
struct Sorted {
  std::vector<Problem> errors, warnings;
};

void cut(std::vector<Problem>& problems) {
  if (problems.size() <= max_problems) return;
  const auto rest = problems.size() - max_problems;
  problems.resize(max_problems);
  Problem last = problems.back();
  last.message = fmt::format("{} more problem{} not shown; correct these first", rest, rest == 1 ? " is" : "s are");
  last.excerpt.clear();
  problems.push_back(std::move(last));
}

Sorted sorted(std::vector<Problem> problems) {
  std::ranges::sort(problems, {}, [](const Problem& p) { return std::tie(p.line, p.column, p.pointer, p.message); });
  Sorted out;
  for (auto& problem : problems) (problem.severity == Severity::error ? out.errors : out.warnings).push_back(std::move(problem));
  cut(out.errors);
  cut(out.warnings);
  return out;
}

Problem located(const describe::Problem& found, const std::string& file) {
  return {.file = file,
          .line = 0,
          .column = 0,
          .pointer = found.pointer,
          .message = found.message,
          .excerpt = {},
          .severity = found.severity == describe::Severity::error ? Severity::error : Severity::warning};
}

/// Turns pointers and offsets into lines, columns and excerpts.
class Locator {
 public:
  Locator(std::string_view text, const SourceDocument& source, const std::string& file) : text_(text), source_(source), file_(file) {}

  [[nodiscard]] Problem locate(const SourceProblem& found) const {
    Problem out;
    out.file = file_;
    out.message = found.message;
    place(out, found.offset);
    return out;
  }
  [[nodiscard]] Problem locate(const describe::Problem& found) const {
    auto out = located(found, file_);
    auto at = offset_of(source_, found.pointer, found.part);
    const auto* value = found.offset ? at_pointer(source_.document, found.pointer) : nullptr;
    if (const auto* string = value == nullptr ? nullptr : value->if_string()) {
      at = offset_in_scalar(text_.text(), at, std::string_view(string->data(), string->size()), *found.offset).value_or(at);
    }
    place(out, at);
    return out;
  }

 private:
  void place(Problem& out, std::size_t offset) const {
    const auto position = text_.position(offset);
    out.line = position.line;
    out.column = position.column;
    out.excerpt = text_.excerpt(offset);
  }

  SourceText text_;
  const SourceDocument& source_;
  const std::string& file_;
};

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

LoadResult finish(Sorted found, std::shared_ptr<workflow::Definition> definition) {
  if (!found.errors.empty()) return std::unexpected(std::move(found.errors));
  workflow::finish_definition(*definition);
  return Loaded{.definition = std::move(definition), .warnings = std::move(found.warnings)};
}

std::size_t control_character(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t'; }) -
      text.begin());
}

std::size_t valid_prefix(std::string_view text) {
  std::size_t low = 0, high = text.size();
  while (low < high) {  // the longest prefix whose lines are valid
    const auto newline = text.find('\n', low);
    const auto end = newline == std::string_view::npos ? text.size() : newline + 1;
    if (!is_utf8(text.substr(low, end - low))) break;
    low = end;
  }
  return low;
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
  if (text.size() > max_file_bytes) {
    return refuse(file_name, fmt::format("the file is larger than {} MiB; keep data in files of its own", max_file_bytes >> 20));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  SourceDocument source;
  source.complete = false;
  const auto control = control_character(text);
  if (trim(text).empty()) {
    source.problems.push_back({0, "the file is empty; write a workflow, beginning with 'name:'"});
  } else if (!is_utf8(text)) {
    source.problems.push_back({valid_prefix(text), "the text is not valid UTF-8; save the file as UTF-8"});
  } else if (control < text.size()) {
    source.problems.push_back(
        {control, fmt::format("a control character (0x{:02x}); remove it", static_cast<unsigned char>(text[control]))});
  } else {
    source = format == Format::json ? read_json(text) : read_yaml(text);
  }
  std::vector<Problem> problems;
  const Locator locator(text, source, file_name);
  for (const auto& found : source.problems) problems.push_back(locator.locate(found));
  std::shared_ptr<workflow::Definition> definition;
  std::vector<Problem> elsewhere;
  if (source.complete) {
    auto document = source.document;
    const auto unread = embed_inner_workflows(document, chain);
    auto checked = check(document);
    for (const auto& inner : unread) {
      std::erase_if(checked.problems, [&](const auto& found) { return found.pointer == inner.pointer; });
      for (const auto& problem : inner.problems) {
        if (problem.file.empty()) {
          checked.problems.push_back({.pointer = inner.pointer, .message = problem.message, .offset = {}});
        } else {
          elsewhere.push_back(problem);
        }
      }
    }
    if (const auto wrong = too_large(document); !wrong.empty()) checked.problems.push_back({.pointer = "", .message = wrong, .offset = {}});
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
  std::error_code ec;
  const auto kind = std::filesystem::status(path, ec).type();
  if (kind == std::filesystem::file_type::not_found) return refuse(name, "there is no such file; check the path");
  if (kind == std::filesystem::file_type::directory) return refuse(name, "this is a directory; name a file in it");
  const auto extension = to_lower(path.extension().string());
  if (extension != ".yaml" && extension != ".yml" && extension != ".json") {
    return refuse(name, "not a workflow file by its name; name it .yaml, .yml or .json");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(name, "the file cannot be opened; check its permissions");
  std::string text(max_file_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return refuse(name, "the file cannot be read; check the disk");
  text.resize(static_cast<std::size_t>(file.gcount()));
  chain.push_back(path.lexically_normal());
  return load_text(text, name, extension == ".json" ? Format::json : Format::yaml, chain);
}

LoadResult load_workflow_document(const Json& document) {
  if (auto wrong = too_large(document); !wrong.empty()) return refuse("", std::move(wrong));
  auto checked = check(document);
  std::vector<Problem> problems;
  for (const auto& found : checked.problems) problems.push_back(located(found, ""));
  return finish(sorted(std::move(problems)), std::move(checked.definition));
}

}  // namespace skein::config
