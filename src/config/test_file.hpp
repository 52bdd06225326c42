#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <skein/status.hpp>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "workflow/definition.hpp"

/// Test files (`*.test.yaml`, docs/testing.md): cases of a workflow with faked answers and what is expected of them.
namespace skein::config {

/// A failure instead of a result; what is absent follows from the rest.
struct FakedError {
  std::optional<ErrorCode> code;
  std::string message;
  std::optional<bool> retryable;
  std::optional<microseconds> retry_after;
  std::optional<std::uint16_t> status;  ///< of an HTTP answer
};

/// What comes of one attempt of a task: exactly one of `result` and `error` is there.
struct FakedCall {
  std::optional<workflow::Template> result;  ///< over parameters, action, task, attempt, activation and inputs
  std::optional<FakedError> error;
  JsonObject metadata;                       ///< beside a result
  microseconds after{};                      ///< how long the call takes
};

enum class Word : std::uint8_t { approve, reject, answer, silence };

/// What a person says where a task asks.
struct FakedWord {
  Word word = Word::silence;
  std::string by, comment;                   ///< `by` empty: one of those who are asked
  JsonObject set;                            ///< parameters that an approval changes
  Json answer;                               ///< to a task of kind `human`
};

/// A task of the workflow: one index. Where tasks run other workflows, those lead to a task inside.
using TaskPath = std::vector<workflow::TaskIndex>;

/// What stands in for a task's agent, and for the people it asks. Both lists are used up in order; the last entry repeats.
struct FakedTask {
  std::vector<FakedCall> calls;
  std::vector<FakedWord> words;
};

struct TaskExpectation {
  std::optional<TaskStatus> status;
  std::optional<std::uint32_t> attempts;     ///< in all, over activations and items
  std::optional<std::uint32_t> activations;
  std::optional<Json> parameters;            ///< of the latest attempt
  std::optional<Json> result;
  std::optional<std::string> error;          ///< a part of the message
};

struct TestCase {
  std::string name;
  int line = 0;                              ///< where it begins, from 1
  JsonPtr inputs;                            ///< checked, defaults applied
  std::map<TaskPath, FakedTask> tasks;
  std::map<std::string, Json, std::less<>> signals;
  std::map<std::string, std::string, std::less<>> env;
  Instant now{};                             ///< when the run begins
  RunStatus status = RunStatus::completed;   ///< expected; `waiting`: for something that never comes
  std::optional<Json> outputs;
  std::optional<std::string> error;          ///< a part of the message
  std::optional<std::vector<std::string>> undone;  ///< tasks, in the order of their undoing
  std::map<TaskPath, TaskExpectation> expected_tasks;
};

struct TestFile {
  std::string file;
  workflow::DefinitionPtr definition;
  std::vector<TestCase> cases;
};

/// When the run of a case begins that does not say it.
inline constexpr Instant default_test_time{seconds{1'767'225'600}};  // 2026-01-01T00:00:00Z

/// The JSON Schema (draft-07) of test files, as schema/test.schema.json holds it.
[[nodiscard]] std::string test_schema_json();

/// Gives the workflow that a test file names, by its path.
using WorkflowLoader = std::function<LoadResult(const std::filesystem::path&)>;
/// As `load_test_file`, of a text. The path of its workflow counts from the folder of `path`.
[[nodiscard]] std::expected<TestFile, std::vector<Problem>> load_test_text(std::string_view text, const std::filesystem::path& path,
                                                                           Format format, const WorkflowLoader& load);
/// Every problem at once, those of the workflow file under that file's name.
[[nodiscard]] std::expected<TestFile, std::vector<Problem>> load_test_file(const std::filesystem::path& path);

}  // namespace skein::config
