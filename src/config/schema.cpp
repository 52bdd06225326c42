#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "config/config.hpp"
#include "config/shapes.hpp"
#include "config/test_file.hpp"
#include "config/test_spec.hpp"

namespace skein::config {
namespace {

/// "If it is of this type, these keys must be there."
Json kind_rule(const KindNeeds& needs) {
  const auto word = describe::names_of<AgentKind>()[static_cast<std::size_t>(needs.kind)];
  JsonObject then;
  if (!needs.all.empty()) {
    auto& required = then["required"].emplace_array();
    for (const auto key : needs.all) required.emplace_back(key);
  } else {
    auto& choices = then["anyOf"].emplace_array();
    for (const auto key : needs.any) {
      JsonArray one;
      one.emplace_back(key);
      choices.emplace_back(JsonObject{{"required", std::move(one)}});
    }
  }
  JsonObject type{{"type", JsonObject{{"const", word}}}};
  return JsonObject{{"if", JsonObject{{"properties", std::move(type)}}}, {"then", std::move(then)}};
}

JsonObject definitions_of(const describe::TableView& table) {
  describe::SchemaDefinitions definitions;
  (void)describe::schema_of(table, definitions);
  auto& rules = definitions.at("agent")["allOf"].emplace_array();
  for (const auto& needs : kind_needs()) rules.push_back(kind_rule(needs));
  JsonObject out;
  for (auto& [name, schema] : definitions) out[name] = std::move(schema);
  return out;
}

/// A whole schema, whose root is one of the definitions.
JsonObject rooted(std::string_view title, std::string_view root, JsonObject definitions) {
  JsonObject out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  auto object = std::move(definitions.at(root).get_object());
  definitions.erase(root);
  for (auto& member : object) out[member.key()] = std::move(member.value());
  out["definitions"] = std::move(definitions);
  return out;
}

/// In an included file a parameter may stand for any value.
void allow_parameters(JsonObject& object) {
  auto* members = object.if_contains("properties");
  if (members == nullptr) return;
  for (auto& [key, schema] : members->get_object()) {
    const auto* type = schema.get_object().if_contains("type");
    if (type != nullptr && *type == "string" && !schema.get_object().contains("enum")) continue;
    JsonObject either;
    if (auto* about = schema.get_object().if_contains("description")) either["description"] = std::move(*about);
    schema.get_object().erase("description");
    JsonArray choices;
    choices.emplace_back(std::move(schema));
    choices.emplace_back(JsonObject{{"type", "string"}, {"pattern", R"(\{\{.*parameters.*\}\})"}});
    either["anyOf"] = std::move(choices);
    schema = std::move(either);
  }
}

}  // namespace

std::string workflow_schema_json() {
  auto out = rooted("Skein workflow", "workflow", definitions_of(describe::table_of<WorkflowSpec>().view));
  // The tasks may be in a file that is included.
  JsonArray always;
  for (const auto& key : out.at("required").get_array()) {
    if (key != "tasks") always.push_back(key);
  }
  out["required"] = std::move(always);
  auto& choices = out["anyOf"].emplace_array();
  for (const auto* key : {"tasks", "include"}) choices.emplace_back(JsonObject{{"required", JsonArray{Json(key)}}});
  return to_pretty_json(Json(std::move(out))) + "\n";
}

std::string part_schema_json() {
  auto definitions = definitions_of(describe::table_of<PartSpec>().view);
  for (auto& [name, object] : definitions) {
    if (name != "input" && name != "included file") allow_parameters(object.get_object());
  }
  return to_pretty_json(Json(rooted("File that Skein workflows include", "included file", std::move(definitions)))) + "\n";
}

std::string test_schema_json() {
  describe::SchemaDefinitions definitions;
  (void)describe::schema_of(describe::table_of<TestFileSpec>().view, definitions);
  JsonObject all;
  for (auto& [name, schema] : definitions) all[name] = std::move(schema);
  return to_pretty_json(Json(rooted("Test cases of a Skein workflow", "test file", std::move(all)))) + "\n";
}

}  // namespace skein::config
