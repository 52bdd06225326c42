#pragma once

#include <optional>
#include <string>
#include <vector>

#include <skein/status.hpp>

#include "base/describe.hpp"
#include "config/shapes.hpp"

/// A test file as its author wrote it.
namespace skein::config {

struct FakedErrorSpec {
  std::optional<ErrorCode> code;
  std::string message;
  std::optional<bool> retryable;
  std::optional<microseconds> retry_after;
  std::optional<std::uint16_t> status;
};

struct FakeSpec {
  Json result;
  std::optional<FakedErrorSpec> error;
  std::optional<microseconds> after;
  std::optional<describe::Named<Json>> metadata;
  bool approve = false;
  bool reject = false;
  bool unanswered = false;
  Json answer;
  std::string by;
  std::string comment;
  std::optional<describe::Named<Json>> set;

  // Whether these keys are there; null is a value of theirs.
  bool has_result = false;
  bool has_answer = false;
  bool faulty = false;                 ///< a problem says so already
  bool is_string = false;              ///< a string in the place of the answer, which is its result
};

/// One answer, a list of them, or a string for a result.
struct FakesSpec {
  std::vector<FakeSpec> list;
  bool is_list = false;
};

struct TaskExpectationSpec {
  std::optional<TaskStatus> status;
  std::optional<std::uint32_t> attempts;
  std::optional<std::uint32_t> activations;
  std::optional<describe::Named<Json>> parameters;
  Json result;
  std::optional<std::string> error;

  bool has_result = false;             ///< null is a value too
};

/// How a run can come to rest, in the order of `RunStatus` from `waiting` on.
enum class EndStatus : std::uint8_t { waiting, completed, partially_completed, failed, cancelled };

struct ExpectationSpec {
  EndStatus status = EndStatus::completed;
  std::optional<describe::Named<Json>> outputs;
  std::optional<std::string> error;
  std::optional<std::vector<std::string>> undone;
  describe::Named<TaskExpectationSpec> tasks;
};

struct TestCaseSpec {
  std::string name;
  std::optional<describe::Named<Json>> inputs;
  describe::Named<FakesSpec> tasks;
  describe::Named<Json> signals;
  describe::Named<std::string> env;
  std::string now;
  ExpectationSpec expect;
};

struct TestFileSpec {
  std::string workflow;
  std::vector<TestCaseSpec> cases;
};

}  // namespace skein::config

namespace skein::describe {

template <>
const Table<config::FakedErrorSpec>& table_of<config::FakedErrorSpec>();
template <>
const Table<config::FakeSpec>& table_of<config::FakeSpec>();
template <>
const Table<config::TaskExpectationSpec>& table_of<config::TaskExpectationSpec>();
template <>
const Table<config::ExpectationSpec>& table_of<config::ExpectationSpec>();
template <>
const Table<config::TestCaseSpec>& table_of<config::TestCaseSpec>();
template <>
const Table<config::TestFileSpec>& table_of<config::TestFileSpec>();

template <>
struct Shape<config::FakesSpec> {
  static void parse(config::FakesSpec& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::FakesSpec&) { return std::nullopt; }
  static JsonObject schema(const Info& info, SchemaDefinitions& definitions);
  static std::string type(const Info&) { return "answer, or list of answers"; }
  static const TableView* nested() { return &table_of<config::FakeSpec>().view; }
};

template <>
struct Shape<config::TaskExpectationSpec> {
  static void parse(config::TaskExpectationSpec& out, const Json& value, const Info&, const Path& at, Problems& problems);
  static std::optional<Json> write(const config::TaskExpectationSpec&) { return std::nullopt; }
  static JsonObject schema(const Info&, SchemaDefinitions& definitions) {
    return schema_of(table_of<config::TaskExpectationSpec>().view, definitions);
  }
  static std::string type(const Info&) { return "object"; }
  static const TableView* nested() { return &table_of<config::TaskExpectationSpec>().view; }
};

template <>
std::span<const std::string_view> names_of<config::EndStatus>();
template <>
std::span<const std::string_view> names_of<TaskStatus>();

}  // namespace skein::describe
