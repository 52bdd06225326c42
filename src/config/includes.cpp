#include "config/includes.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <unordered_map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/parameters.hpp"
#include "config/prompts.hpp"
#include "config/shapes.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::Path;

constexpr std::array<std::string_view, 3> lists{"agents", "tasks", "edges"};
constexpr std::array<std::string_view, 4> objects{"inputs", "models", "outputs", "defaults"};

bool holds_expression(const Json& value) { return to_json(value).contains("{{"); }

/// What a file and those it includes add to a workflow.
struct Item {
  std::string name;  ///< its key, or of agents and tasks its name
  Json value;
  Origin origin;
};
/// One key of them, each name once.
struct Named {
  std::vector<Item> items;
  std::unordered_map<std::string, std::size_t> by_name;

  [[nodiscard]] Item* find(const std::string& name) {
    const auto it = by_name.find(name);
    return it == by_name.end() ? nullptr : &items[it->second];
  }
  void add(Item item) {
    if (!item.name.empty()) by_name.emplace(item.name, items.size());
    items.push_back(std::move(item));
  }
};
using Pieces = std::map<std::string_view, Named>;

/// A problem of a part, as it is once parameters are filled in, at its place in the text.
Problem place_in(const Part& part, describe::Problem found) {
  const auto* before = at_pointer(part.source.document, found.pointer);
  const auto* after = at_pointer(part.document, found.pointer);
  if (before == nullptr || after == nullptr || *before != *after) found.offset.reset();  // what a parameter stands for is elsewhere
  return part.locator->locate(found);
}

/// Included, with the place where that is said.
struct Include {
  IncludeSpec spec;
  std::string pointer;
  const Part* by = nullptr;
};

}  // namespace

class Assembler {
 public:
  Assembler(Assembled& out, const LocateOwn& own) : out_(out), own_(own) {}

  void run(const FileChain& chain) {
    auto& document = out_.document;
    if (!document.is_object() || chain.empty()) return;
    folder_ = chain.front().parent_path();
    embed(document, nullptr, chain);
    if (auto& root = document.get_object(); root.contains("include")) {
      auto pieces = gather(document, nullptr, chain);
      root.stable_erase("include");
      for (const auto key : lists) put_list(root, key, pieces[key].items);
      for (const auto key : objects) put_object(root, key, pieces[key].items);
    }
    for (auto& [origin, problems] : unread_) out_.unread.emplace_back(assembled_pointer(origin), std::move(problems));
  }

 private:
  // Problems.

  Problem placed(const Part* part, const describe::Problem& found) const { return part == nullptr ? own_(found) : place_in(*part, found); }
  void report(const Part* part, const describe::Problem& found) { out_.problems.push_back(placed(part, found)); }
  void report(const Part* part, std::string pointer, std::string message, describe::Part where = describe::Part::value) {
    report(part, {.pointer = std::move(pointer), .message = std::move(message), .part = where, .offset = {}});
  }
  bool report_all(const Part* part, const describe::Problems& problems) {
    for (const auto& found : problems) report(part, found);
    return problems.empty();
  }
  /// Nothing is checked any more: what is missing would be told as wrong everywhere.
  void refuse_include(const Include& include, std::string message) {
    report(include.by, include.pointer, std::move(message));
    out_.complete = false;
  }
  std::string place_of(const Origin& origin, describe::Part where = describe::Part::value) const {
    auto at = placed(origin.part, {.pointer = origin.pointer, .message = {}, .part = where, .offset = {}});
    const auto shorter = std::filesystem::path(at.file).lexically_relative(folder_).string();
    const auto& file = shorter.empty() ? at.file : shorter;
    return at.line == 0 ? at.pointer : fmt::format("{}:{}:{}", file, at.line, at.column);
  }

  void embed(Json& document, const Part* part, const FileChain& chain) {
    for (auto& inner : embed_inner_workflows(document.get_object(), chain)) {
      for (auto& problem : inner.problems) {
        if (problem.file.empty()) problem = placed(part, {.pointer = inner.pointer, .message = problem.message, .offset = {}});
      }
      unread_.emplace_back(Origin{.part = part, .pointer = inner.pointer}, std::move(inner.problems));
    }
    for (auto& prompt : embed_prompts(document, chain)) {
      for (auto& found : prompt.here) report(part, found);
      unread_.emplace_back(Origin{.part = part, .pointer = prompt.pointer}, std::move(prompt.in_file));
    }
  }

  // Reading.

  std::vector<Include> includes_of(const Json& value, const Part* by) {
    std::vector<Include> out;
    describe::Problems problems;
    const Path root;
    const Path at(root, "include");
    if (!describe::is_list(value, {}, at, problems)) {
      (void)report_all(by, problems);
      out_.complete = false;
      return out;
    }
    const auto& list = value.get_array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Path item(at, i);
      IncludeSpec spec;
      const auto before = problems.size();
      if (list[i].is_string()) {
        spec.file = list[i].get_string();
      } else if (list[i].is_object()) {
        describe::parse_object(spec, list[i], item, problems);
      } else {
        describe::wrong_type(list[i], "the path of a file, or an object", "write - parts/mail.yaml", item, problems);
      }
      const Path place = list[i].is_object() ? Path(item, "file") : item;
      if (problems.size() == before && (spec.file.empty() || spec.file.contains("{{")))
        describe::add_error(problems, place,
                            "'include' needs the path of a file, which is fixed when the file is read; write parts/mail.yaml");
      if (problems.size() == before) out.push_back({.spec = std::move(spec), .pointer = item.pointer(), .by = by});
    }
    if (!report_all(by, problems)) out_.complete = false;
    return out;
  }

  Pieces include(const Include& include, FileChain chain) {  // NOLINT(misc-no-recursion): most_nested_files
    const auto path = (chain.back().parent_path() / include.spec.file).lexically_normal();
    if (const auto first = std::ranges::find(chain, path); first != chain.end()) {
      std::string circle;
      for (auto it = first; it != chain.end(); ++it) circle += it->filename().string() + " → ";
      refuse_include(include, fmt::format("files include each other in a circle: {}{}; break it", circle, path.filename().string()));
      return {};
    }
    if (chain.size() >= most_nested_files) {
      refuse_include(include, fmt::format("more than {} files inside each other; make it flatter", most_nested_files));
      return {};
    }
    auto* part = read(include, path);
    if (part == nullptr) return {};
    const auto arguments = arguments_of(include, *part);
    if (!seen_.insert(path.string() + '\n' + to_json(Json(JsonObject(arguments.begin(), arguments.end())))).second) return {};
    if (!substitute(include, arguments, *part)) return {};
    chain.push_back(path);
    embed(part->document, part, chain);
    return gather(part->document, part, chain);
  }

  /// Null where it cannot be read.
  Part* read(const Include& include, const std::filesystem::path& path) {
    if (out_.parts_.size() >= most_included_files) {
      if (!full_)
        refuse_include(include, fmt::format("more than {} files are included; put what belongs together into one", most_included_files));
      full_ = true;
      return nullptr;
    }
    auto file = read_file(path, "a file to include");
    if (!file) {
      refuse_include(include, fmt::format("{}: {}", include.spec.file, file.error().front().message));
      return nullptr;
    }
    if (!afford(include, file->text.size())) return nullptr;
    auto& part = *out_.parts_.emplace_back(std::make_unique<Part>(path.string()));
    out_.files.push_back(part.name);
    part.text = std::move(file->text);
    std::string_view text = part.text;
    auto source = read_source(text, part.name, file->format, "write agents or tasks, beginning with 'agents:' or 'tasks:'");
    if (!source) {
      refuse_include(include, fmt::format("{}: {}", include.spec.file, source.error().front().message));
      return nullptr;
    }
    part.source = std::move(*source);
    part.locator = std::make_unique<Locator>(text, part.source, part.name);
    for (const auto& found : part.source.problems) out_.problems.push_back(part.locator->locate(found));
    part.document = part.source.document;
    if (part.source.complete && is_object(part)) return &part;
    out_.complete = false;
    return nullptr;
  }

  bool afford(const Include& include, std::size_t bytes) {
    if (bytes > bytes_ && !full_) {
      refuse_include(include, fmt::format("the files that are included are larger than {} MiB together; keep data in files of its own",
                                          max_included_bytes >> 20));
      full_ = true;
    }
    if (full_) return false;
    bytes_ -= bytes;
    return true;
  }

  bool is_object(const Part& part) {
    if (part.document.is_object()) return true;
    describe::Problems problems;
    describe::wrong_type(part.document, "an object", "write 'agents:' or 'tasks:' and the list below it", Path(), problems);
    return report_all(&part, problems);
  }

  // Parameters.

  /// What the parameters of a part stand for. What is wrong makes the part faulty.
  Arguments arguments_of(const Include& include, Part& part) {
    describe::Problems problems;
    const auto& object = part.document.get_object();
    const Path root;
    const Path at(root, "parameters");
    describe::Named<SchemaNode> declared;
    if (const auto* value = object.if_contains("parameters"); value != nullptr && !value->is_null())
      describe::Shape<describe::Named<SchemaNode>>::parse(declared, *value, {}, at, problems);
    std::vector<std::string_view> names;
    for (const auto& [name, schema] : declared) names.push_back(name);
    check_chosen_names(at, names, problems);
    const auto inputs = build_inputs(declared, at, problems);
    if (!report_all(&part, problems)) part.faulty = true;

    Arguments out;
    const auto* given = include.spec.parameters.source.if_object();
    for (const auto& input : inputs) {
      const auto* value = given == nullptr ? nullptr : given->if_contains(input.name);
      out[input.name] = value != nullptr ? *value : input.default_value.value_or(Json(nullptr));
      if (value == nullptr && input.required && !part.faulty)
        fault(part, include, "", needs_parameter(include.spec.file, input.name, input.schema));
      if (value == nullptr || holds_expression(*value)) continue;
      for (const auto& wrong : schema_violations(input.name, input.schema, *value))
        fault(part, include, "/parameters/" + input.name, "parameter " + wrong);
    }
    if (given == nullptr) return out;
    for (const auto& [key, value] : *given) {
      const std::string_view name(key);
      if (std::ranges::find(names, name) != names.end()) continue;
      report(include.by, pointer_to(include.pointer + "/parameters", name), has_no_parameter(include.spec.file, name, names),
             describe::Part::key);
    }
    return out;
  }

  void fault(Part& part, const Include& include, const std::string& below, std::string message) {
    report(include.by, include.pointer + below, std::move(message));
    part.faulty = true;
  }

  bool substitute(const Include& include, const Arguments& arguments, Part& part) {
    auto& object = part.document.get_object();
    const bool declares = object.contains("parameters");
    object.stable_erase("parameters");
    if (!declares) return true;
    describe::Problems problems;
    Substitution substitution(arguments, bytes_, problems);
    substitution.apply(part.document, Path());
    if (!report_all(&part, problems)) part.faulty = true;
    return !substitution.too_large() || afford(include, max_included_bytes + 1);
  }

  // Putting together.

  /// What a file and those it includes add; those first.
  Pieces gather(Json& document, const Part* part, const FileChain& chain) {  // NOLINT(misc-no-recursion): most_nested_files
    auto& object = document.get_object();
    Pieces out;
    if (const auto* value = object.if_contains("include"); value != nullptr && !value->is_null()) {
      for (const auto& one : includes_of(*value, part)) {
        auto pieces = include(one, chain);
        for (const auto key : lists) {
          for (auto& item : pieces[key].items) add_to_list(out, key, std::move(item));
        }
        for (const auto key : objects) {
          for (auto& item : pieces[key].items) add_to_object(out, key, std::move(item), object);
        }
      }
    }
    if (part != nullptr) check_keys_of_part(*part);
    for (const auto key : lists) {
      auto* own = object.if_contains(key);
      if (own == nullptr || own->is_null()) continue;
      if (!own->is_array()) {
        wrong_shape(part, key, *own);
        continue;
      }
      auto& list = own->get_array();
      for (std::size_t i = 0; i < list.size(); ++i) {
        const auto* name = list[i].is_object() ? list[i].get_object().if_contains("name") : nullptr;
        add_to_list(out, key,
                    {.name = name != nullptr && name->is_string() ? std::string(name->get_string()) : "",
                     .value = list[i],
                     .origin = {.part = part, .pointer = fmt::format("/{}/{}", key, i)}});
      }
    }
    for (const auto key : objects) {
      auto* own = object.if_contains(key);
      if (own == nullptr || own->is_null()) continue;
      if (!own->is_object()) {
        wrong_shape(part, key, *own);
        continue;
      }
      for (const auto& [name, value] : own->get_object())
        add_own(
            out, key,
            {.name = std::string(name), .value = value, .origin = {.part = part, .pointer = pointer_to(fmt::format("/{}", key), name)}});
    }
    return out;
  }

  /// In the document itself that is found when the whole is checked.
  void wrong_shape(const Part* part, std::string_view key, const Json& value) {
    if (part == nullptr) return;
    describe::Problems problems;
    const Path root;
    const bool list = std::ranges::find(lists, key) != lists.end();
    describe::wrong_type(value, list ? "a list" : "an object", list ? "write one '- item' a line" : "write one 'name: value' a line",
                         Path(root, key), problems);
    (void)report_all(part, problems);
  }

  void check_keys_of_part(const Part& part) {
    describe::Problems problems;
    const auto& table = describe::table_of<PartSpec>().view;
    const auto has = [](const describe::TableView& view, std::string_view key) {
      return std::ranges::any_of(view.fields, [&](const auto* one) { return one->name == key; });
    };
    JsonObject others;
    for (const auto& [key, value] : part.document.get_object()) {
      if (has(describe::table_of<WorkflowSpec>().view, key) && !has(table, key)) {
        report(&part, pointer_to("", key),
               fmt::format("'{}' belongs to the workflow that includes this file, not here; remove it (an agent of type workflow runs a "
                           "whole workflow)",
                           std::string_view(key)),
               describe::Part::key);
      } else {
        others[key] = value;
      }
    }
    describe::check_keys(table, others, Path(), problems);
    (void)report_all(&part, problems);
  }

  void add_to_list(Pieces& out, std::string_view key, Item item) {
    const auto* first = key == "edges" ? nullptr : out[key].find(item.name);
    if (first == nullptr) return out[key].add(std::move(item));
    report(item.origin.part, item.origin.pointer + "/name",
           fmt::format("duplicate {} name '{}'; rename it (the first is {})", key.substr(0, key.size() - 1), item.name,
                       place_of({.part = first->origin.part, .pointer = first->origin.pointer + "/name"})));
  }

  /// Of files that one file includes. `including` says itself what defaults hold.
  void add_to_object(Pieces& out, std::string_view key, Item item, const JsonObject& including) {
    const auto* first = out[key].find(item.name);
    if (first == nullptr) return out[key].add(std::move(item));
    const auto* own = key == "defaults" ? including.if_contains(key) : nullptr;
    const bool decided = own != nullptr && own->is_object() && own->get_object().contains(item.name);
    if (!decided && (key == "outputs" || first->value != item.value)) report_clash(key, item, *first);
  }

  void add_own(Pieces& out, std::string_view key, Item item) {
    auto* first = out[key].find(item.name);
    if (first == nullptr) return out[key].add(std::move(item));
    if (key == "defaults") {
      *first = std::move(item);
    } else if (key == "outputs" || first->value != item.value) {
      report_clash(key, item, *first);
    }
  }

  void report_clash(std::string_view key, const Item& item, const Item& first) {
    const auto what = key == "defaults" ? "default" : key.substr(0, key.size() - 1);
    report(item.origin.part, item.origin.pointer,
           fmt::format("{} '{}' is also declared in {}{}", what, item.name, place_of(first.origin, describe::Part::key),
                       key == "outputs"    ? "; rename one"
                       : key == "defaults" ? ", with another value; say it in the file that includes both"
                                           : ", differently; let both say the same, or rename one"),
           describe::Part::key);
  }

  void put_list(JsonObject& root, std::string_view key, std::vector<Item>& items) {
    if (auto* own = root.if_contains(key); items.empty() || (own != nullptr && !own->is_null() && !own->is_array())) return;
    JsonArray list;
    for (auto& item : items) {
      out_.origins_.emplace(fmt::format("/{}/{}", key, list.size()), std::move(item.origin));
      list.push_back(std::move(item.value));
    }
    root[key] = std::move(list);
  }

  void put_object(JsonObject& root, std::string_view key, std::vector<Item>& items) {
    if (auto* own = root.if_contains(key); items.empty() || (own != nullptr && !own->is_null() && !own->is_object())) return;
    JsonObject object;
    for (auto& item : items) {
      out_.origins_.emplace(pointer_to(fmt::format("/{}", key), item.name), std::move(item.origin));
      object.emplace(item.name, std::move(item.value));
    }
    root[key] = std::move(object);
  }

  /// Of an agent's member, which was at `origin`.
  std::string assembled_pointer(const Origin& origin) const {
    const auto end = origin.pointer.rfind('/');
    for (const auto& [pointer, from] : out_.origins_) {
      if (from.part == origin.part && from.pointer == origin.pointer.substr(0, end)) return pointer + origin.pointer.substr(end);
    }
    return origin.pointer;
  }

  Assembled& out_;
  const LocateOwn& own_;
  std::filesystem::path folder_;     ///< that names of files in messages count from
  std::vector<std::pair<Origin, std::vector<Problem>>> unread_;
  std::set<std::string> seen_;       ///< files with their arguments: included twice they are there once
  std::size_t bytes_ = max_included_bytes;
  bool full_ = false;
};

Origin Assembled::origin_of(std::string_view pointer) const {
  const auto second = pointer.find('/', 1);
  const auto end = second == std::string_view::npos ? second : pointer.find('/', second + 1);
  const auto it = origins_.find(pointer.substr(0, end));
  if (it == origins_.end()) return {.part = nullptr, .pointer = std::string(pointer)};
  return {.part = it->second.part, .pointer = it->second.pointer + (end == std::string_view::npos ? "" : std::string(pointer.substr(end)))};
}

std::optional<Problem> Assembled::locate(const describe::Problem& found, const LocateOwn& own) const {
  auto origin = origin_of(found.pointer);
  if (origin.part != nullptr && origin.part->faulty) return std::nullopt;
  auto moved = found;
  moved.pointer = std::move(origin.pointer);
  return origin.part == nullptr ? own(moved) : place_in(*origin.part, std::move(moved));
}

Assembled assemble(Json document, const FileChain& chain, const LocateOwn& own) {
  Assembled out;
  out.document = std::move(document);
  Assembler(out, own).run(chain);
  return out;
}

}  // namespace skein::config
