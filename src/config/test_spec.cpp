#include "config/test_spec.hpp"

#include <array>

#include "base/text.hpp"

namespace skein::describe {

using namespace config;  // the tables below read like the format

namespace {

constexpr std::array<std::string_view, 5> ends{"waiting", "completed", "partially_completed", "failed", "cancelled"};
constexpr std::array<std::string_view, 9> task_ends{"pending", "running", "retrying",  "waiting",    "completed",
                                                    "failed",  "skipped", "cancelled", "compensated"};

void parse_one(FakeSpec& out, const Json& value, const Path& at, Problems& problems) {
  if (value.is_string()) {
    out.result = value;
    out.has_result = true;
    out.is_string = true;
    return;
  }
  const auto before = problems.size();
  if (!value.is_object()) {
    out.faulty = true;
    wrong_type(value, "an answer", "write {result: …}, {error: {…}}, {approve: true} or a string with an expression", at, problems);
    return;
  }
  parse_object(out, value, at, problems);
  out.faulty = problems.size() != before;
  out.has_result = value.get_object().contains("result");
  out.has_answer = value.get_object().contains("answer");
}

}  // namespace

template <>
std::span<const std::string_view> names_of<EndStatus>() {
  return ends;
}
template <>
std::span<const std::string_view> names_of<TaskStatus>() {
  return task_ends;
}

void Shape<FakesSpec>::parse(FakesSpec& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  const auto* list = value.if_array();
  if (list == nullptr) return parse_one(out.list.emplace_back(), value, at, problems);
  out.is_list = true;
  if (list->empty()) add_error(problems, at, "an empty list answers nothing; write at least one answer, or leave the task out");
  for (std::size_t i = 0; i < list->size(); ++i) parse_one(out.list.emplace_back(), (*list)[i], Path(at, i), problems);
}

JsonObject Shape<FakesSpec>::schema(const Info& info, SchemaDefinitions& definitions) {
  const auto either = [](JsonObject first, JsonObject second) {
    JsonArray choices;
    choices.emplace_back(std::move(first));
    choices.emplace_back(std::move(second));
    return JsonObject{{"anyOf", std::move(choices)}};
  };
  const JsonObject text{{"type", "string"}, {"pattern", R"(\{\{)"}};
  const auto one = either(schema_of(table_of<FakeSpec>().view, definitions), text);
  auto out = either(one, JsonObject{{"type", "array"}, {"items", one}, {"minItems", 1}});
  if (!info.about.empty()) out["description"] = info.about;
  return out;
}

void Shape<TaskExpectationSpec>::parse(TaskExpectationSpec& out, const Json& value, const Info&, const Path& at, Problems& problems) {
  parse_object(out, value, at, problems);
  out.has_result = value.is_object() && value.get_object().contains("result");
}

template <>
const Table<FakedErrorSpec>& table_of<FakedErrorSpec>() {
  using T = FakedErrorSpec;
  static const Table<T> table({.name = "faked_error", .about = "A failure."},
                              {
                                  field("code", &T::code, {.about = "One of docs/errors.md."}),
                                  field("message", &T::message, {.about = "What it says."}),
                                  field("retryable", &T::retryable, {.about = "Whether another attempt may help."}),
                                  field("retry_after", &T::retry_after, {.about = "The least wait before it."}),
                                  field("status", &T::status, {.about = "Of an HTTP answer.", .minimum = 400, .maximum = 599}),
                              });
  return table;
}

template <>
const Table<FakeSpec>& table_of<FakeSpec>() {
  using T = FakeSpec;
  static const Table<T> table({.name = "fake", .about = "What stands in for one call of an agent, or one word of a person."},
                              {
                                  field("result", &T::result, {.about = "The result."}),
                                  field("error", &T::error, {.about = "The failure."}),
                                  field("after", &T::after, {.about = "How long the call takes."}),
                                  field("metadata", &T::metadata, {.about = "What the result has beside it, such as an HTTP status."}),
                                  field("approve", &T::approve, {.about = "The person says yes."}),
                                  field("reject", &T::reject, {.about = "The person says no."}),
                                  field("unanswered", &T::unanswered, {.about = "The person says nothing."}),
                                  field("answer", &T::answer, {.about = "What the person answers."}),
                                  field("by", &T::by, {.about = "Who."}),
                                  field("comment", &T::comment, {.about = "And why."}),
                                  field("set", &T::set, {.about = "Parameters that the person changes."}),
                              });
  return table;
}

template <>
const Table<TaskExpectationSpec>& table_of<TaskExpectationSpec>() {
  using T = TaskExpectationSpec;
  static const Table<T> table({.name = "task_expectation", .about = "What is expected of a task."},
                              {
                                  field("status", &T::status, {.about = "How it ends."}),
                                  field("attempts", &T::attempts, {.about = "How many there are."}),
                                  field("activations", &T::activations, {.about = "How often it is entered."}),
                                  field("parameters", &T::parameters, {.about = "Of the latest attempt."}),
                                  field("result", &T::result, {.about = "Of the latest activation."}),
                                  field("error", &T::error, {.about = "A part of the message."}),
                              });
  return table;
}

template <>
const Table<ExpectationSpec>& table_of<ExpectationSpec>() {
  using T = ExpectationSpec;
  static const Table<T> table({.name = "expectation", .about = "What is expected of a run."},
                              {
                                  field("status", &T::status, {.about = "How it ends."}),
                                  field("outputs", &T::outputs, {.about = "The outputs that matter."}),
                                  field("error", &T::error, {.about = "A part of the message."}),
                                  field("undone", &T::undone, {.about = "The tasks that are undone, in that order."}),
                                  field("tasks", &T::tasks, {.about = "The tasks that matter."}),
                              });
  return table;
}

template <>
const Table<TestCaseSpec>& table_of<TestCaseSpec>() {
  using T = TestCaseSpec;
  static const Table<T> table({.name = "case", .about = "One run and what is expected of it."},
                              {
                                  field("name", &T::name, {.about = "What it shows.", .required = true, .min_items = 1}),
                                  field("inputs", &T::inputs, {.about = "Of the run."}),
                                  field("tasks", &T::tasks, {.about = "What stands in for agents and people."}),
                                  field("signals", &T::signals, {.about = "Payloads by name."}),
                                  field("env", &T::env, {.about = "What {{env.NAME}} stands for."}),
                                  field("now", &T::now, {.about = "When the run begins."}),
                                  field("expect", &T::expect, {.about = "What is expected."}),
                              });
  return table;
}

template <>
const Table<TestFileSpec>& table_of<TestFileSpec>() {
  using T = TestFileSpec;
  static const Table<T> table(
      {.name = "test file", .about = "Test cases of a workflow."},
      {
          field("workflow", &T::workflow, {.about = "The file, relative to this one.", .required = true, .min_items = 1}),
          field("cases", &T::cases, {.about = "The cases.", .required = true, .min_items = 1}),
      });
  return table;
}

}  // namespace skein::describe
