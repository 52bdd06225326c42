#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "config/config.hpp"
#include "config/source.hpp"
#include "config/test_file.hpp"

/// Whole files against what is expected of them. With SKEIN_UPDATE_GOLDEN=1 in the environment the expectations are rewritten.
namespace skein::config {
namespace {

namespace fs = std::filesystem;

const fs::path source_root = SKEIN_SOURCE_DIR;
const fs::path data = source_root / "tests" / "data" / "definitions";
constexpr auto how_to_refresh =
    "; if this is what it should say, refresh with: SKEIN_UPDATE_GOLDEN=1 build/dev/src/config/skein_config_test";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool updating() { return std::getenv("SKEIN_UPDATE_GOLDEN") != nullptr; }  // NOLINT(concurrency-mt-unsafe)

void expect_golden(const fs::path& path, const std::string& actual) {
  if (updating()) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  EXPECT_EQ(read(path), actual) << path << how_to_refresh;
}

/// Directory names stay out of the expectations.
std::string in_words(std::vector<Problem> problems) {
  std::string out;
  for (auto& problem : problems) {
    problem.file = fs::path(problem.file).filename();
    out += to_string(problem) + "\n";
    if (!problem.excerpt.empty()) out += problem.excerpt + "\n";
  }
  return out;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() != ".expected") out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

/// Null stands for a missing key; editors mark it, so the schema does not have it.
Json without_nulls(const Json& value) {  // NOLINT(misc-no-recursion)
  if (const auto* array = value.if_array()) {
    JsonArray out;
    for (const auto& item : *array) out.push_back(without_nulls(item));
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  JsonObject out;
  for (const auto& member : *object) {
    if (!member.value().is_null()) out[member.key()] = without_nulls(member.value());
  }
  return out;
}

TEST(GoldenDefinitions, InvalidFilesAreRefusedWithTheseProblems) {
  for (const auto& path : files_in(data / "invalid")) {
    const auto loaded = load_workflow_file(path);
    ASSERT_FALSE(loaded) << path;
    expect_golden(path.string() + ".expected", in_words(loaded.error()));
  }
}

TEST(GoldenDefinitions, ValidFilesLoadWithTheseWarnings) {
  for (const auto& path : files_in(data / "valid")) {
    const auto loaded = load_workflow_file(path);
    ASSERT_TRUE(loaded) << in_words(loaded.error());
    expect_golden(path.string() + ".expected", in_words(loaded->warnings));
    const auto again = load_workflow_document(loaded->definition->document);
    ASSERT_TRUE(again) << in_words(again.error());
    EXPECT_EQ(again->definition->hash, loaded->definition->hash);
  }
}

void expect_fits(const std::string& schema_text, const fs::path& path) {
  const auto schema_json = parse_json(schema_text).value();
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(valijson::adapters::BoostJsonAdapter(schema_json), schema);
  const auto text = read(path);
  const auto source = path.extension() == ".json" ? read_json(text) : read_yaml(text);
  const Json document = without_nulls(source.document);
  valijson::ValidationResults results;
  valijson::Validator(valijson::Validator::kStrongTypes).validate(schema, valijson::adapters::BoostJsonAdapter(document), &results);
  for (const auto& error : results) {
    std::string where;
    for (const auto& step : error.context) where += step;
    ADD_FAILURE() << path << ' ' << where << ": " << error.description;
  }
}

TEST(GoldenDefinitions, ValidFilesFitTheSchema) {
  for (const auto& path : files_in(data / "valid")) expect_fits(workflow_schema_json(), path);
}

TEST(GoldenDefinitions, IncludedFilesFitTheirSchema) {
  for (const auto& path : files_in(data / "valid" / "parts")) {
    if (path.filename() != "footer.yaml") expect_fits(part_schema_json(), path);  // a workflow of its own
  }
}

TEST(GeneratedFiles, TheSchemaIsCurrent) { expect_golden(source_root / "schema" / "workflow.schema.json", workflow_schema_json()); }

TEST(GeneratedFiles, TheSchemaOfIncludedFilesIsCurrent) { expect_golden(source_root / "schema" / "part.schema.json", part_schema_json()); }

TEST(GeneratedFiles, TheSchemaOfTestFilesIsCurrent) { expect_golden(source_root / "schema" / "test.schema.json", test_schema_json()); }

TEST(GeneratedFiles, TestFilesOfTheExamplesFitTheirSchema) {
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source_root / "examples")) {
    if (!entry.path().filename().string().ends_with(".test.yaml")) continue;
    expect_fits(test_schema_json(), entry.path());
    ++files;
  }
  EXPECT_GE(files, 3U);
}

TEST(GeneratedFiles, TheReferenceTablesAreCurrent) {
  const auto path = source_root / "docs" / "workflow-format.md";
  const std::string begin = "<!-- generated: keys -->\n";
  const std::string end = "<!-- end of generated: keys -->\n";
  const auto text = read(path);
  const auto from = text.find(begin);
  const auto to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << path << " lacks its markers";
  expect_golden(path, text.substr(0, from + begin.size()) + workflow_reference_markdown() + text.substr(to));
}

}  // namespace
}  // namespace skein::config
