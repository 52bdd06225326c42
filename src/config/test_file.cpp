#include "config/test_file.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "agent/kinds/rfc3339.hpp"
#include "base/text.hpp"
#include "config/read_document.hpp"
#include "config/test_spec.hpp"

namespace skein::config {
namespace {

using describe::add_error;
using describe::Part;
using describe::Path;
using describe::Problems;

/// What the expressions of a faked result may refer to.
constexpr std::array<std::string_view, 6> heads{"parameters", "action", "task", "attempt", "activation", "inputs"};

std::string unknown_head(std::string_view head) {
  auto advice = did_you_mean(head, std::span<const std::string_view>(heads));
  if (advice.empty()) advice = "; a faked result knows parameters, action, task, attempt, activation and inputs";
  return fmt::format("unknown name '{}'{}", shorten(head, 60), advice);
}

JsonObject object_of(const describe::Named<Json>& members) {
  JsonObject out;
  for (const auto& [key, value] : members) out[key] = value;
  return out;
}

/// Turns what was written into cases of a definition, and says what does not fit it.
class CaseReader {
 public:
  CaseReader(const workflow::Definition& definition, Problems& problems) : definition_(definition), problems_(problems) {
    for (const auto& output : definition.outputs) output_names_.push_back(output.name);
  }

  TestCase read(const TestCaseSpec& spec, const Path& at) {
    TestCase out;
    out.name = spec.name;
    read_inputs(spec, at, out);
    const Path tasks(at, "tasks");
    std::map<TaskPath, std::string> names;
    for (const auto& [name, fakes] : spec.tasks) {
      const Path place(tasks, std::string_view(name));
      const auto found = task(name, place);
      if (!found) continue;
      out.tasks.emplace(found->path, read_fakes(*found, fakes, place));
      names.emplace(found->path, name);
    }
    check_depths(names, tasks, out);
    for (const auto& [name, payload] : spec.signals) out.signals.emplace(name, payload);
    for (const auto& [name, value] : spec.env) out.env.emplace(name, value);
    out.now = default_test_time;
    if (!spec.now.empty()) {
      const auto now = agent::parse_rfc3339(spec.now);
      if (!now) add_error(problems_, Path(at, "now"), "'now' is not a date with time and zone; write it like \"2026-01-31T12:00:00Z\"");
      out.now = now.value_or(default_test_time);
    }
    read_expectation(spec.expect, Path(at, "expect"), out);
    return out;
  }

 private:
  void read_inputs(const TestCaseSpec& spec, const Path& at, TestCase& out) {
    auto inputs = check_inputs(definition_, spec.inputs ? object_of(*spec.inputs) : JsonObject{});
    if (inputs) {
      out.inputs = std::make_shared<const Json>(std::move(*inputs));
      return;
    }
    for (const auto wrong : split(inputs.error().message, '\n')) {
      if (spec.inputs) {
        add_error(problems_, Path(at, "inputs"), std::string(wrong));
      } else {
        add_error(problems_, at, std::string(wrong));
      }
    }
  }

  struct Found {
    TaskPath path;
    const workflow::Definition* of = nullptr;  ///< the workflow that the task is in
    [[nodiscard]] const workflow::TaskDefinition& task() const { return of->tasks[path.back()]; }
    [[nodiscard]] const workflow::AgentDefinition& agent() const { return of->agents[task().agent]; }
  };

  /// The task of a name; `TASK/INNER` is a task of the workflow that TASK runs.
  std::optional<Found> task(std::string_view name, const Path& at) {
    Found out{.path = {}, .of = &definition_};
    while (true) {
      const auto slash = name.find('/');
      auto index = out.of->find_task(name);  // with its slash, for undo steps have one
      const bool whole = index.has_value();
      if (!whole) index = out.of->find_task(name.substr(0, slash));
      if (!index) {
        no_such_task(*out.of, name.substr(0, slash), at);
        return std::nullopt;
      }
      out.path.push_back(*index);
      if (whole) return out;
      const auto& inner = out.agent().workflow;
      if (!inner) {
        add_error(problems_, at,
                  fmt::format("task '{}' runs no workflow, so there is no '{}' in it; write only its name", out.task().name,
                              shorten(name.substr(slash + 1), 60)),
                  Part::key);
        return std::nullopt;
      }
      out.of = inner.get();
      name.remove_prefix(slash + 1);
    }
  }

  void no_such_task(const workflow::Definition& definition, std::string_view name, const Path& at) {
    std::vector<std::string> names;
    for (const auto& one : definition.tasks) names.push_back(one.name);
    auto advice = did_you_mean(name, names);
    if (advice.empty()) advice = "; it has " + list_of(names);
    add_error(problems_, at, fmt::format("workflow '{}' has no task '{}'{}", definition.name, shorten(name, 60), advice), Part::key);
  }

  /// Nothing inside a task is called whose result is faked.
  void check_depths(const std::map<TaskPath, std::string>& names, const Path& tasks, const TestCase& read) {
    for (const auto& [path, name] : names) {
      for (auto outer = path; outer.size() > 1;) {
        outer.pop_back();
        const auto whole = read.tasks.find(outer);
        if (whole == read.tasks.end() || whole->second.calls.empty()) continue;
        add_error(problems_, Path(tasks, std::string_view(name)),
                  fmt::format("task '{}' is faked as a whole, so nothing in it is called; remove one of the two", names.at(outer)),
                  Part::key);
      }
    }
  }

  FakedTask read_fakes(const Found& task, const FakesSpec& spec, const Path& at) {
    FakedTask out;
    for (std::size_t i = 0; i < spec.list.size(); ++i) {
      if (spec.is_list) {
        read_fake(task, spec.list[i], Path(at, i), out);
      } else {
        read_fake(task, spec.list[i], at, out);
      }
    }
    const bool answers = std::ranges::any_of(out.words, [](const FakedWord& one) { return one.word == Word::answer; });
    if (answers && !out.calls.empty()) {
      add_error(problems_, at, "a person's answer and a result exclude each other: the answer is the result; leave one of them out");
    }
    return out;
  }

  void read_fake(const Found& faked, const FakeSpec& spec, const Path& at, FakedTask& out) {
    const auto& task = faked.task();
    const bool is_human = faked.agent().kind == "human";
    if (spec.faulty) return;
    const auto before = problems_.size();
    const int ends = (spec.has_result ? 1 : 0) + (spec.error ? 1 : 0);
    const int words = (spec.approve ? 1 : 0) + (spec.reject ? 1 : 0) + (spec.unanswered ? 1 : 0);
    if (ends == 0 && words == 0 && !spec.has_answer) {
      add_error(problems_, at,
                "this says neither what the call gives nor what a person says; add result, error, approve, reject, answer or unanswered");
    }
    if (ends > 1) add_error(problems_, at, "one call has a result or an error, not both; write a list with an answer for each attempt");
    if (spec.after && ends == 0)
      add_error(problems_, Path(at, "after"), "'after' says how long a call takes; it belongs beside result or error");
    if (spec.metadata && !spec.has_result) add_error(problems_, Path(at, "metadata"), "'metadata' belongs beside a result");
    if (words > 1) add_error(problems_, at, "approve, reject and unanswered exclude each other; keep one of them");
    if ((spec.approve || spec.reject) && !task.approval) {
      add_error(problems_, Path(at, spec.approve ? "approve" : "reject"),
                fmt::format("task '{}' has no 'approval', so nobody is asked{}", task.name,
                            is_human ? "; a person's answer to a task of kind human is: answer" : "; remove this key"),
                Part::key);
    }
    if (spec.has_answer && !is_human) {
      add_error(problems_, Path(at, "answer"), fmt::format("the agent of task '{}' is not of kind human; write: result", task.name),
                Part::key);
    }
    if (spec.unanswered && !task.approval && !is_human)
      add_error(problems_, Path(at, "unanswered"), fmt::format("task '{}' asks nobody; remove this key", task.name), Part::key);
    if (spec.set && !spec.approve)
      add_error(problems_, Path(at, "set"), "'set' changes parameters with an approval; it belongs beside approve: true");
    if (task.approval && !spec.by.empty() && words > 0) {
      const auto& may = task.approval->approvers;
      if (!may.empty() && std::ranges::find(may, spec.by) == may.end())
        add_error(problems_, Path(at, "by"), fmt::format("'{}' is not asked; {} may answer", shorten(spec.by, 60), list_of(may, " or ")));
    }
    if (problems_.size() != before) return;
    if (words > 0 || spec.has_answer) {
      FakedWord word{.word = Word::silence, .by = spec.by, .comment = spec.comment, .set = {}, .answer = spec.answer};
      if (spec.approve) word.word = Word::approve;
      if (spec.reject) word.word = Word::reject;
      if (spec.set) word.set = object_of(*spec.set);
      if (words > 0) out.words.push_back(word);
      word.word = Word::answer;
      if (spec.has_answer) out.words.push_back(std::move(word));
    }
    if (ends > 0) out.calls.push_back(read_call(spec, at));
  }

  FakedCall read_call(const FakeSpec& spec, const Path& at) {
    FakedCall out;
    out.after = spec.after.value_or(microseconds{});
    if (spec.metadata) out.metadata = object_of(*spec.metadata);
    if (spec.error) {
      const auto& e = *spec.error;
      out.error =
          FakedError{.code = e.code, .message = e.message, .retryable = e.retryable, .retry_after = e.retry_after, .status = e.status};
      return out;
    }
    auto compiled = workflow::Template::compile(spec.result);
    const auto place = [&](std::string_view pointer) {
      return spec.is_string ? at.pointer() : Path(at, "result").pointer() + std::string(pointer);
    };
    if (!compiled) {
      for (const auto& wrong : compiled.error())
        problems_.push_back({.pointer = place(wrong.pointer), .message = wrong.message, .offset = wrong.offset});
      return out;
    }
    for (const auto& use : compiled->references()) {
      if (std::ranges::find(heads, use.reference.head) != heads.end()) continue;
      problems_.push_back({.pointer = place(use.pointer), .message = unknown_head(use.reference.head), .offset = use.reference.offset});
    }
    out.result = std::move(*compiled);
    return out;
  }

  void read_expectation(const ExpectationSpec& spec, const Path& at, TestCase& out) {
    out.status = static_cast<RunStatus>(static_cast<int>(spec.status) + static_cast<int>(RunStatus::waiting));
    out.error = spec.error;
    if (spec.outputs) {
      const Path place(at, "outputs");
      for (const auto& [name, value] : *spec.outputs) {
        if (std::ranges::find(output_names_, name) != output_names_.end()) continue;
        auto advice = did_you_mean(name, output_names_);
        if (advice.empty()) advice = output_names_.empty() ? "; it has none" : "; it has " + list_of(output_names_);
        add_error(problems_, Path(place, std::string_view(name)),
                  fmt::format("workflow '{}' has no output '{}'{}", definition_.name, shorten(name, 60), advice), Part::key);
      }
      out.outputs = object_of(*spec.outputs);
    }
    if (spec.undone) {
      const Path place(at, "undone");
      for (std::size_t i = 0; i < spec.undone->size(); ++i) {
        if (!definition_.find_task((*spec.undone)[i])) no_such_task(definition_, (*spec.undone)[i], Path(place, i));
      }
      out.undone = spec.undone;
    }
    const Path tasks(at, "tasks");
    for (const auto& [name, one] : spec.tasks) {
      const auto found = task(name, Path(tasks, std::string_view(name)));
      if (!found) continue;
      TaskExpectation expected;
      expected.status = one.status;
      expected.attempts = one.attempts;
      expected.activations = one.activations;
      if (one.parameters) expected.parameters = Json(object_of(*one.parameters));
      if (one.has_result) expected.result = one.result;
      expected.error = one.error;
      out.expected_tasks.emplace(found->path, std::move(expected));
    }
  }

  const workflow::Definition& definition_;
  Problems& problems_;
  std::vector<std::string> output_names_;
};

/// The cases of a document. Problems of the workflow file itself go to `elsewhere`.
TestFile read_cases(const Json& document, const std::filesystem::path& path, const WorkflowLoader& load, Problems& problems,
                    std::vector<Problem>& elsewhere) {
  TestFile out;
  out.file = path.string();
  TestFileSpec spec;
  const Path root;
  describe::parse_object(spec, document, root, problems);
  const Path cases(root, "cases");
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < spec.cases.size(); ++i) {
    const auto& name = spec.cases[i].name;
    const Path at(cases, i);
    if (!name.empty() && !names.insert(name).second) {
      add_error(problems, Path(at, "name"), fmt::format("another case has the name '{}'; give each its own", shorten(name, 60)));
    }
  }
  if (spec.workflow.empty()) return out;
  const auto file = (path.parent_path() / spec.workflow).lexically_normal();
  auto loaded = load(file);
  if (!loaded) {
    auto& wrong = loaded.error();
    if (wrong.size() == 1 && wrong.front().line == 0) {
      add_error(problems, Path(root, "workflow"), fmt::format("{}: {}", spec.workflow, wrong.front().message));
    } else {
      elsewhere = std::move(wrong);
    }
    return out;
  }
  out.definition = loaded->definition;
  CaseReader reader(*out.definition, problems);
  for (std::size_t i = 0; i < spec.cases.size(); ++i) out.cases.push_back(reader.read(spec.cases[i], Path(cases, i)));
  return out;
}

}  // namespace

std::expected<TestFile, std::vector<Problem>> load_test_file(const std::filesystem::path& path) {
  const auto file = read_file(path, "a test file");
  if (!file) return std::unexpected(file.error());
  return load_test_text(file->text, path, file->format, load_workflow_file);
}

std::expected<TestFile, std::vector<Problem>> load_test_text(std::string_view text, const std::filesystem::path& path, Format format,
                                                             const WorkflowLoader& load) {
  const auto name = path.string();
  const auto source = read_source(text, name, format, "write 'workflow:' and 'cases:'");
  if (!source) return std::unexpected(source.error());
  const Locator locator(text, *source, name);
  std::vector<Problem> problems, elsewhere;
  for (const auto& found : source->problems) problems.push_back(locator.locate(found));
  TestFile out;
  if (source->complete) {
    Problems found;
    out = read_cases(source->document, path, load, found, elsewhere);
    for (const auto& one : found) problems.push_back(locator.locate(one));
    for (std::size_t i = 0; i < out.cases.size(); ++i) {
      out.cases[i].line = locator.locate(describe::Problem{.pointer = fmt::format("/cases/{}", i), .message = {}, .offset = {}}).line;
    }
  }
  auto errors = sorted(std::move(problems)).errors;
  errors.insert(errors.end(), elsewhere.begin(), elsewhere.end());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return out;
}

}  // namespace skein::config
