#include <skein/describe.hpp>

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace library {

enum class Order : std::uint8_t { newest, oldest };
SKEIN_DESCRIBE_ENUM(Order, newest, oldest)

struct Range {
  double from;
  double to = 1;
};
SKEIN_DESCRIBE(Range, (from, "Where it begins"), (to))

struct Search {
  std::string query;
  int max_results = 5;
  std::uint16_t page = 0;
  bool exact = false;
  Order order = Order::oldest;
  std::vector<std::string> sites;
  std::optional<double> radius;
  Range range{};
  std::vector<Range> ranges;
  skein::Json extra;
  std::string language = "en";
};
SKEIN_DESCRIBE(Search, (query, "What to look for", skein::at_least(1), skein::at_most(200)), (max_results, "How many", skein::at_most(50)),
               (page, "Which page", skein::has_default), (exact, "No synonyms"), (order, "What comes first"),
               (sites, "Where to look", skein::has_default, skein::at_most(3)), (radius, "In km"), (range, "When"),
               (ranges, "More", skein::has_default), (extra, "Anything", skein::has_default), (language, "Of the pages", skein::required))

struct Nothing {};
SKEIN_DESCRIBE(Nothing)

struct Node {
  std::string name;
  std::vector<Node> children;
};
SKEIN_DESCRIBE(Node, (name, "Its name"), (children, "Below it", skein::has_default))

}  // namespace library

struct InNoNamespace {
  long number = 7;
};
SKEIN_DESCRIBE(InNoNamespace, (number, "Any"))

namespace skein {
namespace {

template <class T>
std::string schema_text() {
  return to_json(described::schema<T>());
}

/// What is read, written again, or why not.
template <class T>
std::string again(std::string_view json) {
  T value{};
  const auto done = described::read(value, parse_json(json).value());
  return done ? to_json(described::write(value)) : "! " + done.error().message;
}

TEST(Described, MakesASchema) {
  EXPECT_EQ(to_pretty_json(described::schema<library::Search>()), to_pretty_json(parse_json(R"({
    "type": "object",
    "properties": {
      "query": {"type": "string", "minLength": 1, "maxLength": 200, "description": "What to look for"},
      "max_results": {"type": "integer", "maximum": 50, "description": "How many", "default": 5},
      "page": {"type": "integer", "minimum": 0, "description": "Which page", "default": 0},
      "exact": {"type": "boolean", "description": "No synonyms", "default": false},
      "order": {"type": "string", "enum": ["newest", "oldest"], "description": "What comes first", "default": "oldest"},
      "sites": {"type": "array", "items": {"type": "string"}, "maxItems": 3, "description": "Where to look", "default": []},
      "radius": {"type": "number", "description": "In km"},
      "range": {"type": "object", "properties": {"from": {"type": "number", "description": "Where it begins"}, "to": {"type": "number", "default": 1.0}},
                "required": ["from"], "additionalProperties": false, "description": "When"},
      "ranges": {"type": "array", "items": {"type": "object", "properties": {"from": {"type": "number", "description": "Where it begins"},
                 "to": {"type": "number", "default": 1.0}}, "required": ["from"], "additionalProperties": false}, "description": "More", "default": []},
      "extra": {"description": "Anything"},
      "language": {"type": "string", "description": "Of the pages"}
    },
    "required": ["query", "range", "language"],
    "additionalProperties": false
  })")
                                                                                     .value()));
  EXPECT_EQ(schema_text<library::Nothing>(), R"({"type":"object","properties":{},"additionalProperties":false})");
  EXPECT_EQ(schema_text<InNoNamespace>(),
            R"({"type":"object","properties":{"number":{"type":"integer","description":"Any","default":7}},"additionalProperties":false})");
}

TEST(Described, AStructInsideItselfIsCutInTheSchema) {
  EXPECT_EQ(to_json(described::schema<library::Node>().at("properties").at("children").at("items")), R"({"type":"object"})");
  const std::string tree = R"({"name":"a","children":[{"name":"b","children":[{"name":"c","children":[]}]}]})";
  EXPECT_EQ(again<library::Node>(tree), tree);
}

TEST(Described, ReadsAndKeepsDefaults) {
  EXPECT_EQ(again<library::Search>(
                R"({"query": "x", "range": {"from": 1}, "language": "de", "page": 3.0, "order": "newest", "radius": 2, "sites": null})"),
            R"({"query":"x","max_results":5,"page":3,"exact":false,"order":"newest","sites":[],"radius":2.0,"range":{"from":1.0,"to":1.0},)"
            R"("ranges":[],"extra":null,"language":"de"})");
  EXPECT_EQ(again<library::Search>(
                R"({"query": "x", "range": {"from": 1, "to": 2}, "language": "de", "ranges": [{"from": 1}], "extra": [1], "exact": true})"),
            R"({"query":"x","max_results":5,"page":0,"exact":true,"order":"oldest","sites":[],"radius":null,"range":{"from":1.0,"to":2.0},)"
            R"("ranges":[{"from":1.0,"to":1.0}],"extra":[1],"language":"de"})");
}

TEST(Described, SaysWhatDoesNotFit) {
  const auto with = [](std::string_view member) {
    return again<library::Search>(R"({"query": "x", "range": {"from": 1}, "language": "", )" + std::string(member) + "}");
  };
  EXPECT_EQ(again<library::Search>("{}"), "! 'query' is missing; give it");
  EXPECT_EQ(again<library::Search>("[]"), "! the value must be an object");
  EXPECT_EQ(with(R"("max_results": "5")"), "! 'max_results' must be an integer from -2147483648 to 2147483647");
  EXPECT_EQ(with(R"("max_results": 2.5)"), "! 'max_results' must be an integer from -2147483648 to 2147483647");
  EXPECT_EQ(with(R"("max_results": 1e300)"), "! 'max_results' must be an integer from -2147483648 to 2147483647");
  EXPECT_EQ(with(R"("page": 65536)"), "! 'page' must be an integer from 0 to 65535");
  EXPECT_EQ(with(R"("page": -1)"), "! 'page' must be an integer from 0 to 65535");
  EXPECT_EQ(with(R"("exact": 1)"), "! 'exact' must be true or false");
  EXPECT_EQ(with(R"("order": "random")"), "! 'order' must be one of newest, oldest");
  EXPECT_EQ(with(R"("sites": ["a", 1])"), "! 'sites[1]' must be a string");
  EXPECT_EQ(with(R"("radius": "far")"), "! 'radius' must be a number");
  EXPECT_EQ(with(R"("ranges": [{"from": 1}, {"to": 2}])"), "! 'ranges[1].from' is missing; give it");
  EXPECT_EQ(with(R"("ranges": {})"), "! 'ranges' must be a list");
}

}  // namespace
}  // namespace skein
