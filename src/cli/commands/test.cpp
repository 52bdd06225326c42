#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/junit.hpp"
#include "cli/screen_text.hpp"
#include "cli/workflow_file.hpp"
#include "config/test_file.hpp"
#include "runtime/rehearsal/rehearsal.hpp"

namespace skein::cli {
namespace {

namespace fs = std::filesystem;

struct TestOptions {
  CommonOptions common;
  std::vector<std::string> paths;
  std::string only;
  std::string junit;
};

constexpr int some_failed = 1;
constexpr int some_invalid = 2;

bool is_test_file(const fs::path& path) {
  const auto name = path.filename().string();
  return name.ends_with(".test.yaml") || name.ends_with(".test.yml") || name.ends_with(".test.json");
}

/// Files as they are, folders as the test files below them, sorted.
Result<std::vector<std::string>> test_files(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) {
    std::error_code ec;
    if (!fs::is_directory(path, ec)) {
      out.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, ec);
    for (; !ec && entry != fs::recursive_directory_iterator(); entry.increment(ec)) {
      if (entry->is_regular_file(ec) && is_test_file(entry->path())) found.push_back(entry->path().string());
    }
    if (ec) return fail(ErrorCode::invalid_argument, fmt::format("{}: cannot be read: {}", path, ec.message()));
    if (found.empty()) return fail(ErrorCode::not_found, fmt::format("{}: there is no test file (*.test.yaml) in it or below it", path));
    std::ranges::sort(found);
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

struct Totals {
  std::size_t passed = 0, failed = 0, invalid = 0;
  [[nodiscard]] int exit_code() const { return invalid > 0 ? some_invalid : failed > 0 ? some_failed : 0; }
};

class Tester {
 public:
  Tester(Session& session, const TestOptions& options) : output_(session.output), options_(options) {}

  void run_file(const std::string& file) {
    const auto loaded = config::load_test_file(file);
    if (!loaded) return invalid(file, loaded.error());
    say(paint(printable(file), Style::bold, color()));
    JsonArray cases;
    JunitSuite suite{.file = file, .cases = {}, .error = {}};
    for (const auto& test : loaded->cases) {
      if (!options_.only.empty() && !test.name.contains(options_.only)) continue;
      const auto result = runtime::rehearse(loaded->definition, test);
      ++(result.passed() ? totals_.passed : totals_.failed);
      show(test, result, file);
      suite.cases.push_back({.name = test.name, .failure = in_words(result)});
      if (options_.common.json) cases.push_back(document_of(test, result));
    }
    junit_.push_back(std::move(suite));
    files_.push_back(JsonObject{{"file", file}, {"workflow", loaded->definition->name}, {"cases", std::move(cases)}});
  }

  Result<int> finish() {
    if (totals_.passed + totals_.failed + totals_.invalid == 0)
      return fail(ErrorCode::not_found, fmt::format("no case has '{}' in its name; leave -k out to run them all", options_.only));
    if (!options_.junit.empty()) {
      std::ofstream report(options_.junit, std::ios::binary);
      report << junit_xml(junit_);
      report.close();
      if (!report)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}: cannot be written; check the folder and its permissions", options_.junit));
    }
    if (options_.common.json) {
      output_.print_json(JsonObject{
          {"passed", totals_.passed}, {"failed", totals_.failed}, {"invalid_files", totals_.invalid}, {"files", std::move(files_)}});
      return totals_.exit_code();
    }
    const auto cases = totals_.passed + totals_.failed;
    auto line = Line().add(fmt::format("{} {}: ", cases, cases == 1 ? "case" : "cases"));
    line.add(fmt::format("{} passed", totals_.passed), totals_.passed > 0 ? Style::green : Style::plain);
    if (totals_.failed > 0) line.add(", ").add(fmt::format("{} failed", totals_.failed), Style::red);
    if (totals_.invalid > 0)
      line.add(", ").add(fmt::format("{} {} not valid", totals_.invalid, totals_.invalid == 1 ? "file is" : "files are"), Style::red);
    say(line.text(0, color()));
    return totals_.exit_code();
  }

 private:
  [[nodiscard]] bool color() const { return output_.out().color; }
  void say(const std::string& text) {
    if (!options_.common.json) output_.print(text);
  }

  void invalid(const std::string& file, const std::vector<config::Problem>& problems) {
    ++totals_.invalid;
    JsonArray listed;
    std::string told;
    for (const auto& problem : problems) {
      told += (told.empty() ? "" : "\n") + config::to_string(problem);
      if (options_.common.json) {
        listed.push_back(document_of(problem));
      } else {
        output_.note(problem_text(problem, output_.err().color));
      }
    }
    junit_.push_back({.file = file, .cases = {}, .error = std::move(told)});
    files_.push_back(JsonObject{{"file", file}, {"problems", std::move(listed)}});
  }

  void show(const config::TestCase& test, const runtime::CaseResult& result, const std::string& file) {
    const auto& sign = signs(output_.out().utf8);
    const auto style = result.passed() ? Style::green : Style::red;
    say(fmt::format("  {} {}", paint(result.passed() ? sign.completed : sign.failed, style, color()), one_line(test.name)));
    if (result.passed()) return;
    say(paint(fmt::format("      {}:{}", printable(file), test.line), Style::dim, color()));
    if (!result.problem.empty()) say("      " + one_line(result.problem));
    for (const auto& one : result.differences) {
      say("      " + one_line(one.path));
      say(fmt::format("        expected {}", paint(one_line(one.expected), Style::green, color())));
      say(fmt::format("        got      {}", paint(one_line(one.got), Style::red, color())));
    }
  }

  static std::string in_words(const runtime::CaseResult& result) {
    auto out = result.problem;
    for (const auto& one : result.differences)
      out += fmt::format("{}{}: expected {}, got {}", out.empty() ? "" : "\n", one.path, one.expected, one.got);
    return out;
  }

  static Json document_of(const config::TestCase& test, const runtime::CaseResult& result) {
    JsonObject out{{"name", test.name}, {"line", test.line}, {"passed", result.passed()}, {"status", to_string(result.report.status)}};
    if (!result.problem.empty()) out["problem"] = result.problem;
    JsonArray differences;
    for (const auto& one : result.differences)
      differences.push_back(JsonObject{{"path", one.path}, {"expected", one.expected}, {"got", one.got}});
    out["differences"] = std::move(differences);
    out["attempts"] = result.attempts;
    out["run_seconds"] = std::chrono::duration<double>(result.took).count();
    return out;
  }

  static Json document_of(const config::Problem& problem) {
    JsonObject out{{"file", problem.file}};
    if (problem.line > 0) out["line"] = problem.line;
    if (problem.column > 0) out["column"] = problem.column;
    out["pointer"] = problem.pointer;
    out["message"] = problem.message;
    return out;
  }

  Output& output_;
  const TestOptions& options_;
  Totals totals_;
  JsonArray files_;
  std::vector<JunitSuite> junit_;
};

Result<int> test(Session& session, const TestOptions& options) {
  const auto files = test_files(options.paths);
  if (!files) return std::unexpected(files.error());
  Tester tester(session, options);
  for (const auto& file : *files) tester.run_file(file);
  return tester.finish();
}

}  // namespace

void register_test(CommandLine& line, Session& session) {
  auto options = std::make_shared<TestOptions>();
  auto& command = line.command("test", "Write", "Run the test cases of workflows, with faked answers");
  command
      .details(
          "A test file (*.test.yaml) names a workflow and lists cases: inputs, what stands in for agents and people, and what is expected. "
          "Nothing is called, no store is opened and no time passes; only tasks of kind local work for real. Exit code 1 where a case "
          "failed, 2 where a file is not valid.")
      .positional("PATH", options->paths, Need::required, "Test files, or folders in which they are looked for")
      .option("-k,--only", options->only, "TEXT", "Run only cases with TEXT in their name")
      .option("--junit", options->junit, "PATH", "Also write a JUnit report, as CI systems read it");
  add_json_option(command, options->common, "Print the cases and what came of them as one JSON document");
  command.example("skein test report.test.yaml", "Run the cases of one file")
      .example("skein test workflows/ -k refund", "Run cases about refunds in all files below a folder")
      .action([options, &session] { return test(session, *options); });
}

}  // namespace skein::cli
