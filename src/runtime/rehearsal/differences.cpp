#include "runtime/rehearsal/differences.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "runtime/rehearsal/family.hpp"

namespace skein::runtime {
namespace {

constexpr std::size_t longest_value = 300;

std::string in_words(const Json& value) { return shorten(to_json(value), longest_value); }

bool plain_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string member_of(const std::string& path, std::string_view key) {
  return plain_key(key) ? fmt::format("{}.{}", path, key) : fmt::format("{}[{}]", path, to_json(Json(key)));
}

void compare_text(const std::string& path, const std::string& part, const std::string& whole, std::vector<Difference>& out) {
  if (whole.contains(part) && (!part.empty() || whole.empty())) return;
  out.push_back({.path = path,
                 .expected = part.empty() ? "no error" : fmt::format("a message with {}", in_words(Json(part))),
                 .got = whole.empty() ? "no error" : in_words(Json(whole))});
}

void compare_count(const std::string& path, std::uint32_t expected, std::uint32_t got, std::vector<Difference>& out) {
  if (expected != got) out.push_back({.path = path, .expected = std::to_string(expected), .got = std::to_string(got)});
}

std::string why(const TaskReport& task) {
  if (task.error) return fmt::format(" ({})", task.error->message);
  return task.skip_reason.empty() ? "" : fmt::format(" ({})", task.skip_reason);
}

void compare_task(const std::string& name, const config::TaskExpectation& expected, const TaskReport* report, const Played& played,
                  std::vector<Difference>& out) {
  const auto path = member_of("tasks", name);
  if (expected.status) {
    const auto got = report == nullptr ? TaskStatus::pending : report->status;
    if (got != *expected.status) {
      out.push_back({.path = path + ".status",
                     .expected = std::string(to_string(*expected.status)),
                     .got = fmt::format("{}{}", to_string(got), report == nullptr ? "" : why(*report))});
    }
  }
  if (expected.attempts) compare_count(path + ".attempts", *expected.attempts, played.attempts, out);
  if (expected.activations) {
    // The number of the activation under way counts from 1 also where the task never began.
    const auto activations = report == nullptr || (played.attempts == 0 && !is_final(report->status)) ? 0 : report->activations;
    compare_count(path + ".activations", *expected.activations, activations, out);
  }
  if (expected.parameters && played.parameters) compare(path + ".parameters", *expected.parameters, *played.parameters, out);
  if (expected.parameters && !played.parameters)
    out.push_back({.path = path + ".parameters", .expected = in_words(*expected.parameters), .got = "no call"});
  if (expected.result) {
    if (report != nullptr && report->result) {
      compare(path + ".result", *expected.result, *report->result, out);
    } else {
      out.push_back({.path = path + ".result", .expected = in_words(*expected.result), .got = "no result"});
    }
  }
  if (expected.error)
    compare_text(path + ".error", *expected.error, report != nullptr && report->error ? report->error->message : std::string{}, out);
}

/// Null where nothing is known of the task, or its run never began.
const TaskReport* find_task(const workflow::Definition& definition, const Reports& reports, const config::TaskPath& path) {
  const auto run = reports.find(config::TaskPath(path.begin(), path.end() - 1));
  if (run == reports.end()) return nullptr;
  const auto& tasks = run->second.tasks;
  const auto found = std::ranges::find(tasks, Family::task_of(definition, path).name, &TaskReport::name);
  return found == tasks.end() ? nullptr : &*found;
}

}  // namespace

void compare(const std::string& path, const Json& expected, const Json& got,  // NOLINT(misc-no-recursion): bounded depth
             std::vector<Difference>& out) {
  const auto differ = [&] { out.push_back({.path = path, .expected = in_words(expected), .got = in_words(got)}); };
  if (const auto* wanted = expected.if_object(); wanted != nullptr && got.is_object()) {
    for (const auto& [key, value] : *wanted) {
      const auto* member = got.get_object().if_contains(key);
      if (member != nullptr) {
        compare(member_of(path, key), value, *member, out);
      } else {
        out.push_back({.path = member_of(path, key), .expected = in_words(value), .got = "nothing"});
      }
    }
    return;
  }
  if (const auto* wanted = expected.if_array(); wanted != nullptr && got.is_array()) {
    const auto& list = got.get_array();
    if (wanted->size() != list.size()) return differ();
    for (std::size_t i = 0; i < list.size(); ++i) compare(fmt::format("{}[{}]", path, i), (*wanted)[i], list[i], out);
    return;
  }
  if (expected.is_number() && got.is_number()) {
    const bool whole = !expected.is_double() && !got.is_double();
    if (whole ? expected != got : expected.to_number<double>() != got.to_number<double>()) differ();
    return;
  }
  if (expected != got) differ();
}

std::vector<Difference> differences(const workflow::Definition& definition, const config::TestCase& test, const Reports& reports,
                                    const PlayedTasks& played) {
  std::vector<Difference> out;
  const auto& report = reports.at({});
  if (report.status != test.status) {
    out.push_back({.path = "status",
                   .expected = std::string(to_string(test.status)),
                   .got = fmt::format("{}{}", to_string(report.status), report.error.empty() ? "" : fmt::format(" ({})", report.error))});
  }
  if (test.error) compare_text("error", *test.error, report.error, out);
  if (test.outputs) {
    static const Json none = JsonObject{};
    compare("outputs", *test.outputs, report.outputs && report.outputs->is_object() ? *report.outputs : none, out);
  }
  if (test.undone && *test.undone != report.undone) {
    const auto list = [](const std::vector<std::string>& names) { return to_json(Json(JsonArray(names.begin(), names.end()))); };
    out.push_back({.path = "undone", .expected = list(*test.undone), .got = list(report.undone)});
  }
  for (const auto& [path, expected] : test.expected_tasks) {
    const auto calls = played.find(path);
    compare_task(Family::name_of(definition, path), expected, find_task(definition, reports, path),
                 calls == played.end() ? Played{} : calls->second, out);
  }
  return out;
}

}  // namespace skein::runtime
