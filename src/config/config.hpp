#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/json.hpp"
#include "workflow/definition.hpp"

/// From YAML and JSON to definitions, and from an author's mistakes to `file:line:column: what; what to do`.
namespace skein::config {

enum class Severity : std::uint8_t { error, warning };

struct Problem {
  std::string file;
  int line = 0;    ///< from 1; 0 where the document has no lines (a stored definition, the C++ builder)
  int column = 0;  ///< from 1, in characters; 0 where unknown
  std::string pointer;  ///< JSON Pointer into the document; empty for the document as a whole
  std::string message;  ///< what; what to do
  std::string excerpt;  ///< the line and a caret under the place, two lines without a final newline; may be empty
  Severity severity = Severity::error;
};

/// `file:line:column: what; what to do`, without lines `file: pointer: what; what to do`. Warnings begin with "warning: ".
[[nodiscard]] std::string to_string(const Problem& problem);

struct Loaded {
  workflow::DefinitionPtr definition;
  std::vector<Problem> warnings;
};

/// Every problem at once, in file order; at most `max_problems` and a last one that counts the rest.
using LoadResult = std::expected<Loaded, std::vector<Problem>>;

enum class Format : std::uint8_t { yaml, json };

inline constexpr std::size_t max_file_bytes = std::size_t{4} << 20;
inline constexpr std::size_t max_document_nodes = 100'000;
inline constexpr std::size_t max_document_depth = 64;
inline constexpr std::size_t max_problems = 100;

/// A .yaml, .yml or .json file of at most `max_file_bytes`.
[[nodiscard]] LoadResult load_workflow_file(const std::filesystem::path& path);
[[nodiscard]] LoadResult load_workflow_text(std::string_view text, std::string file_name, Format format);
/// What a store gives back and what the C++ builder makes. Problems have pointers instead of lines. Paths of files in it count from
/// `folder`; without one they are refused.
[[nodiscard]] LoadResult load_workflow_document(const Json& document, const std::filesystem::path& folder = {});

/// The inputs of a run: `given` with defaults filled in, each checked against its schema. The error lists all that is wrong.
[[nodiscard]] Result<Json> check_inputs(const workflow::Definition& definition, JsonObject given);
/// A schema as inputs have it, shorthands written out; an error says what is wrong with it.
[[nodiscard]] Result<Json> read_schema(const Json& schema);
/// What keeps a value from being what a schema says, a sentence each: "'days' must be an integer, got …".
[[nodiscard]] std::vector<std::string> violations(std::string_view name, const Json& schema, const Json& value);
/// What a schema wants, in words: "an integer, at least 1".
[[nodiscard]] std::string in_words(const Json& schema);
/// A value from a command line: the text itself where the input is a string, else JSON.
[[nodiscard]] Result<Json> parse_input_value(const workflow::InputDefinition& input, std::string_view text);

/// The JSON Schema (draft-07) of workflow files, as schema/workflow.schema.json holds it.
[[nodiscard]] std::string workflow_schema_json();
/// The same of files that workflows include: schema/part.schema.json.
[[nodiscard]] std::string part_schema_json();
/// The tables of keys in docs/workflow-format.md.
[[nodiscard]] std::string workflow_reference_markdown();

}  // namespace skein::config
