#include <algorithm>
#include <memory>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/report_view.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t longest_value = 60;
constexpr std::size_t most_differences = 1000;

struct DiffOptions {
  CommonOptions common;
  std::string left;
  std::string right;
};

struct Difference {
  std::string where;
  const Json* left = nullptr;  ///< null: absent
  const Json* right = nullptr;
};

/// The places in which two values differ, the innermost ones.
void compare(const std::string& where, const Json* left, const Json* right,
             std::vector<Difference>& out) {  // NOLINT(misc-no-recursion): bounded depth
  if (out.size() >= most_differences || (left != nullptr && right != nullptr && *left == *right)) return;
  const auto* a = left != nullptr ? left->if_object() : nullptr;
  const auto* b = right != nullptr ? right->if_object() : nullptr;
  if (a != nullptr && b != nullptr) {
    for (const auto& member : *a) compare(where + "." + std::string(member.key()), &member.value(), b->if_contains(member.key()), out);
    for (const auto& member : *b) {
      if (!a->contains(member.key())) compare(where + "." + std::string(member.key()), nullptr, &member.value(), out);
    }
    return;
  }
  const auto* x = left != nullptr ? left->if_array() : nullptr;
  const auto* y = right != nullptr ? right->if_array() : nullptr;
  if (x != nullptr && y != nullptr) {
    for (std::size_t i = 0; i < std::max(x->size(), y->size()); ++i)
      compare(fmt::format("{}[{}]", where, i), i < x->size() ? &(*x)[i] : nullptr, i < y->size() ? &(*y)[i] : nullptr, out);
    return;
  }
  out.push_back({where, left, right});
}

/// What of a run is compared: not its id, and nothing that time alone changes.
JsonObject comparable(const runtime::RunReport& report) {
  auto document = to_json_value(report).get_object();
  JsonObject out;
  for (const auto* key : {"workflow", "version", "status", "error", "inputs", "outputs", "undone", "not_undone"}) {
    if (const auto* value = document.if_contains(key)) out[key] = *value;
  }
  auto& tasks = out["tasks"].emplace_object();
  for (auto& task : document["tasks"].get_array()) {
    auto& object = task.get_object();
    const std::string name(object["name"].get_string());
    for (const auto* key : {"name", "started", "ended", "execution_time", "due", "metadata"}) object.erase(key);
    tasks[name] = std::move(object);
  }
  return out;
}

Json by_name(const Json& document) {
  auto out = document;
  for (const auto* list : {"agents", "tasks"}) {
    auto* entries = out.get_object().if_contains(list);
    if (entries == nullptr || !entries->is_array()) continue;
    JsonObject named;
    for (const auto& entry : entries->get_array()) {
      if (const auto* name = entry.is_object() ? entry.get_object().if_contains("name") : nullptr; name != nullptr && name->is_string())
        named[name->get_string()] = entry;
    }
    *entries = std::move(named);
  }
  return out;
}

std::string text_of(const Json* value) { return value == nullptr ? "(absent)" : shorten(to_json(*value), longest_value); }

Result<int> diff(Session& session, const DiffOptions& options) {
  configure_logs(false);
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  std::vector<JsonObject> sides;
  std::vector<Json> definitions;
  std::vector<RunId> ids;
  for (const auto& name : {options.left, options.right}) {
    const auto run = find_run(**runtime, name);
    if (!run) return std::unexpected(run.error());
    const auto report = (*runtime)->report(*run);
    if (!report) return std::unexpected(report.error());
    const auto definition = (*runtime)->definition(report->definition_hash);
    if (!definition) return std::unexpected(definition.error());
    ids.push_back(*run);
    sides.push_back(comparable(*report));
    definitions.push_back(by_name((*definition)->document));
  }
  std::vector<Difference> found;
  compare("definition", &definitions[0], &definitions[1], found);
  const Json left(sides[0]);
  const Json right(sides[1]);
  for (const auto& member : left.get_object())
    compare(std::string(member.key()), &member.value(), right.get_object().if_contains(member.key()), found);
  for (const auto& member : right.get_object()) {
    if (!left.get_object().contains(member.key())) compare(std::string(member.key()), nullptr, &member.value(), found);
  }
  auto& output = session.output;
  if (options.common.json) {
    JsonArray list;
    for (const auto& one : found) {
      JsonObject entry{{"where", one.where}};
      if (one.left != nullptr) entry["left"] = *one.left;
      if (one.right != nullptr) entry["right"] = *one.right;
      list.emplace_back(std::move(entry));
    }
    output.print_json(JsonObject{{"left", ids[0].str()}, {"right", ids[1].str()}, {"differences", std::move(list)}});
  } else if (found.empty()) {
    output.note("The runs do not differ.");
  } else {
    for (const auto& one : found) {
      output.print(paint(one.where, Style::bold, output.out().color));
      output.print("  " + paint("- " + text_of(one.left), Style::red, output.out().color));
      output.print("  " + paint("+ " + text_of(one.right), Style::green, output.out().color));
    }
    if (found.size() >= most_differences) output.note("There are more; these are the first.");
  }
  return found.empty() ? 0 : 1;
}

}  // namespace

void register_diff(CommandLine& line, Session& session) {
  auto options = std::make_shared<DiffOptions>();
  auto& command = line.command("diff", "Look", "Show in what two runs differ");
  command
      .details(
          "Compares definitions (by the names of agents and tasks), inputs, status, each task's status, attempts, result and error, and "
          "outputs. "
          "Times are no difference. Exit code 0: none, 1: they differ.")
      .positional("RUN", options->left, Need::required, "A run's id, its beginning (4 characters or more), or: last")
      .positional("OTHER", options->right, Need::required, "Another run");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print {\"differences\": […]} as one JSON document");
  command.example("skein diff 0190163d-8694 last", "What is different this time?")
      .example("skein diff 0190163d-8694 last --json | jq '.differences[].where'", "Only the places")
      .action([options, &session] { return diff(session, *options); });
}

}  // namespace skein::cli
