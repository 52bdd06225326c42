#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "config/config.hpp"
#include "config/shapes.hpp"

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

}  // namespace

std::string workflow_schema_json() {
  describe::SchemaDefinitions definitions;
  (void)describe::schema_of(describe::table_of<WorkflowSpec>().view, definitions);
  auto& rules = definitions.at("agent")["allOf"].emplace_array();
  for (const auto& needs : kind_needs()) rules.push_back(kind_rule(needs));
  JsonObject out{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Skein workflow"}};
  auto root = std::move(definitions.at("workflow"));
  definitions.erase("workflow");
  for (auto& member : root) out[member.key()] = std::move(member.value());
  auto& named = out["definitions"].emplace_object();
  for (auto& [name, schema] : definitions) named[name] = std::move(schema);
  return to_pretty_json(Json(std::move(out))) + "\n";
}

}  // namespace skein::config
