#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/describe.hpp"
#include "base/json.hpp"
#include "config/config.hpp"

namespace skein::config {

/// Where each value of a document stands in the text it came from: a tree of the document's own shape. Offsets are bytes.
struct Marks {
  std::size_t value = 0;
  std::size_t key = 0;  ///< of the key in front of it; of the value itself in lists
  std::vector<Marks> children;
};

/// Line and column of an offset.
struct Position {
  int line = 1;    ///< from 1
  int column = 1;  ///< from 1, in characters (code points)
};

/// A text with an index of its lines.
class SourceText {
 public:
  explicit SourceText(std::string_view text);
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] Position position(std::size_t offset) const;
  /// The line that holds `offset`, cut to what fits a terminal, and a caret below the place.
  [[nodiscard]] std::string excerpt(std::size_t offset) const;

 private:
  [[nodiscard]] std::size_t line_of(std::size_t offset) const;
  [[nodiscard]] std::string_view line(std::size_t index) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;
};

/// A mistake found while reading, at an offset.
struct SourceProblem {
  std::size_t offset = 0;
  std::string message;
};

/// What reading gives. An incomplete document is not worth checking; its problems say why.
struct SourceDocument {
  Json document;
  Marks marks;
  std::vector<SourceProblem> problems;
  bool complete = true;
};

/// YAML 1.2, core schema, one document, no tags but the standard ones; `<<` merges. Bounded by `max_document_nodes` and
/// `max_document_depth`, aliases counted as what they stand for.
[[nodiscard]] SourceDocument read_yaml(std::string_view text);
/// Strict RFC 8259 without duplicate keys, with the same bounds.
[[nodiscard]] SourceDocument read_json(std::string_view text);

/// Where `pointer` leads in the document, or to the last step of it that exists.
[[nodiscard]] std::size_t offset_of(const SourceDocument& source, std::string_view pointer, describe::Part part);

/// Where the byte `offset` of the string `value` stands in the text, whose scalar (plain, quoted or block; with its properties) begins at
/// `begin`. Empty where the two cannot be matched.
[[nodiscard]] std::optional<std::size_t> offset_in_scalar(std::string_view text, std::size_t begin, std::string_view value,
                                                          std::size_t offset);

/// `begin` after anchor and tag.
[[nodiscard]] std::size_t scalar_start(std::string_view text, std::size_t begin);

}  // namespace skein::config
