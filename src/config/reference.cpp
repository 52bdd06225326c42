#include <algorithm>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config.hpp"
#include "config/shapes.hpp"

namespace skein::config {
namespace {

using describe::FieldView;
using describe::TableView;

/// Every table that can be reached, in the order in which a reader meets them.
void collect(const TableView& table, std::vector<const TableView*>& out) {  // NOLINT(misc-no-recursion): as deep as the format
  if (std::ranges::find(out, &table) != out.end()) return;
  out.push_back(&table);
  for (const auto* field : table.fields) {
    if (const auto* nested = field->nested()) collect(*nested, out);
  }
}

std::string words_in(const Json& list) {
  std::vector<std::string> words;
  for (const auto& word : list.as_array()) words.push_back("`" + std::string(word.as_string()) + "`");
  constexpr std::size_t too_many = 10;
  return words.size() > too_many ? "a code of [errors](errors.md)" : list_of(words, ", ");
}

/// What a value may be, from the same schema that editors get.
std::string bounds_of(const FieldView& field) {
  describe::SchemaDefinitions definitions;
  const auto schema = field.schema(definitions);
  if (const auto* words = schema.if_contains("enum")) return words_in(*words);
  if (const auto* items = schema.if_contains("items"); items != nullptr && items->is_object()) {
    if (const auto* words = items->get_object().if_contains("enum")) return words_in(*words);
  }
  const auto seconds = field.type == "duration" ? " s" : "";
  const auto number = [&](double value) { return fmt::format("{}{}", value, seconds); };
  std::string out;
  if (field.info.minimum) out = "≥ " + number(*field.info.minimum);
  if (field.info.maximum) out += (out.empty() ? "≤ " : ", ≤ ") + number(*field.info.maximum);
  if (field.info.min_items > 0)
    out += fmt::format("{}{}", out.empty() ? "" : ", ",
                       field.type == "string" || field.type == "template string" ? "not empty" : "at least one");
  return out;
}

std::string default_of(const FieldView& field) {
  if (field.info.required) return "**required**";
  return field.default_value ? "`" + to_json(*field.default_value) + "`" : "";
}

void append_table(std::string& out, const TableView& table) {
  out += fmt::format("### `{}`\n\n{}\n\n| key | type | default | allowed | meaning | example |\n|---|---|---|---|---|---|\n",
                     table.info.name, table.info.about);
  for (const auto* field : table.fields) {
    auto type = field->type;
    if (const auto* nested = field->nested(); nested != nullptr && type.ends_with("object")) {
      type.replace(type.size() - 6, 6, fmt::format("[{0}](#{0})", nested->info.name));
    }
    const auto example = field->info.example.empty() ? std::string{} : fmt::format("`{}`", field->info.example);
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", field->name, type, default_of(*field), bounds_of(*field), field->info.about,
                       example);
  }
  out += '\n';
}

}  // namespace

std::string workflow_reference_markdown() {
  std::vector<const TableView*> tables;
  collect(describe::table_of<WorkflowSpec>().view, tables);
  collect(describe::table_of<PartSpec>().view, tables);
  std::string out;
  for (const auto* table : tables) append_table(out, *table);
  out.pop_back();
  return out;
}

}  // namespace skein::config
