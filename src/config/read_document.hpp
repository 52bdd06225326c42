#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/describe.hpp"
#include "config/config.hpp"
#include "config/source.hpp"

/// Reading any file of ours: from a path to a document, and from what is wrong in it to lines and columns.
namespace skein::config {

/// How many bytes of a text are valid UTF-8.
[[nodiscard]] std::size_t valid_prefix(std::string_view text);

/// The one problem of a file that cannot be read at all.
[[nodiscard]] std::unexpected<std::vector<Problem>> refuse(const std::string& file, std::string message);

/// Sorted by place, those of `files` in their order; errors and warnings apart. Each at most `max_problems`, and one that counts the rest.
struct Sorted {
  std::vector<Problem> errors, warnings;
};
[[nodiscard]] Sorted sorted(std::vector<Problem> problems, std::span<const std::string> files = {});

/// A problem with its pointer, without a line.
[[nodiscard]] Problem located(const describe::Problem& found, const std::string& file);

/// Turns pointers and offsets into lines, columns and excerpts. All that it is given outlives it.
class Locator {
 public:
  Locator(std::string_view text, const SourceDocument& source, const std::string& file) : text_(text), source_(source), file_(file) {}

  [[nodiscard]] Problem locate(const SourceProblem& found) const;
  [[nodiscard]] Problem locate(const describe::Problem& found) const;

 private:
  void place(Problem& out, std::size_t offset) const;

  SourceText text_;
  const SourceDocument& source_;
  const std::string& file_;
};

struct FileText {
  std::string text;
  Format format = Format::yaml;
};
/// Any file, of at most `max_file_bytes` and a byte more.
[[nodiscard]] std::expected<std::string, std::vector<Problem>> read_text(const std::filesystem::path& path);
/// A .yaml, .yml or .json file of at most `max_file_bytes` and a byte more, which `read_source` refuses. `what`: "a workflow file".
[[nodiscard]] std::expected<FileText, std::vector<Problem>> read_file(const std::filesystem::path& path, std::string_view what);

/// Takes a byte order mark off `text` and reads it. `beginning`: what to write into an empty file.
[[nodiscard]] std::expected<SourceDocument, std::vector<Problem>> read_source(std::string_view& text, const std::string& file_name,
                                                                              Format format, std::string_view beginning);

}  // namespace skein::config
