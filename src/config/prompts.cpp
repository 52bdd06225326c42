#include "config/prompts.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/parameters.hpp"
#include "config/read_document.hpp"
#include "config/shapes.hpp"
#include "config/validate.hpp"

namespace skein::config {
namespace {

using describe::add_error;
using describe::Path;

constexpr std::string_view fence = "---";

bool holds_expression(const Json& value) { return to_json(value).contains("{{"); }

/// A file's head, blank lines for its fence so that places stay what they are, and where the text after it begins.
struct Parts {
  std::string head;
  std::size_t body = 0;
};

/// Nothing where a head is not closed.
std::optional<Parts> parts_of(std::string_view text) {
  Parts out;
  const auto line_end = [&](std::size_t from) { return std::min(text.find('\n', from), text.size()); };
  const auto first = line_end(0);
  if (trim(text.substr(0, first)) != fence) return out;
  for (auto begin = first + 1; begin < text.size();) {
    const auto end = line_end(begin);
    if (trim(text.substr(begin, end - begin)) == fence) {
      out.head = "\n" + std::string(text.substr(first + 1, begin - first - 1));
      out.body = std::min(end + 1, text.size());
      return out;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

/// One prompt on its way into a document.
class Prompt {
 public:
  Prompt(EmbeddedPrompt& out, const PromptSpec& spec, const Path& at) : out_(out), spec_(spec), at_(at) {}

  /// Empty where there is a problem.
  std::optional<std::string> read(const std::filesystem::path& path) {
    auto file = read_text(path);
    if (!file) return refuse_here(fmt::format("{}: {}", spec_.file, file.error().front().message));
    text_ = std::move(*file);
    name_ = path.string();
    if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
    if (text_.size() > max_prompt_bytes)
      return refuse_here(fmt::format("{}: the prompt is larger than {} KiB; make it shorter", spec_.file, max_prompt_bytes >> 10));
    if (!is_utf8(text_)) return in_file(valid_prefix(text_), "the text is not valid UTF-8; save the file as UTF-8");
    const auto parts = parts_of(text_);
    if (!parts) return in_file(0, "what begins with '---' needs a second line '---' before the text; add it");
    if (trim(std::string_view(text_).substr(parts->body)).empty())
      return in_file(parts->body, "there is no text; write what the agent is told");
    PromptHead head;
    if (!read_head(*parts, head)) return std::nullopt;
    const auto arguments = arguments_of(head);
    if (!arguments) return std::nullopt;
    return filled_in(parts->body, *arguments);
  }

 private:
  std::nullopt_t refuse_here(std::string message) {
    add_error(out_.here, Path(at_, "file"), std::move(message));
    return std::nullopt;
  }

  std::nullopt_t in_file(std::size_t offset, std::string message) {
    const SourceText text(text_);
    const auto position = text.position(offset);
    out_.in_file.push_back({.file = name_,
                            .line = position.line,
                            .column = position.column,
                            .pointer = {},
                            .message = std::move(message),
                            .excerpt = text.excerpt(offset),
                            .severity = Severity::error});
    return std::nullopt;
  }

  bool read_head(const Parts& parts, PromptHead& head) {
    if (trim(parts.head).empty()) return true;
    std::string_view text = parts.head;
    const auto source = read_source(text, name_, Format::yaml, "");
    if (!source) return out_.in_file.insert(out_.in_file.end(), source.error().begin(), source.error().end()), false;
    const Locator locator(text, *source, name_);
    for (const auto& found : source->problems) out_.in_file.push_back(locator.locate(found));
    if (!source->complete || !source->problems.empty()) return false;
    describe::Problems problems;
    describe::parse_object(head, source->document, Path(), problems);
    const Path root;
    const Path parameters(root, "parameters");
    std::vector<std::string_view> names;
    for (const auto& [name, schema] : head.parameters) names.push_back(name);
    check_chosen_names(parameters, names, problems);
    inputs_ = build_inputs(head.parameters, parameters, problems);
    for (const auto& found : problems) out_.in_file.push_back(locator.locate(found));
    return problems.empty();
  }

  /// What the parameters stand for: what is given, else the defaults.
  std::optional<Arguments> arguments_of(const PromptHead& head) {
    Arguments out;
    const auto before = out_.here.size();
    const Path at(at_, "parameters");
    const auto* given = spec_.parameters.source.if_object();
    for (const auto& input : inputs_) {
      const auto* value = given == nullptr ? nullptr : given->if_contains(input.name);
      out[input.name] = value != nullptr ? *value : input.default_value.value_or(Json(nullptr));
      if (value == nullptr && input.required) {
        add_error(out_.here, at_, needs_parameter(spec_.file, input.name, input.schema));
      } else if (value != nullptr && !holds_expression(*value)) {
        for (const auto& wrong : schema_violations(input.name, input.schema, *value))
          add_error(out_.here, Path(at, input.name), "parameter " + wrong);
      }
    }
    if (given == nullptr) given = &nothing_;
    std::vector<std::string_view> names;
    for (const auto& [name, schema] : head.parameters) names.push_back(name);
    for (const auto& [key, value] : *given) {
      const std::string_view name(key);
      if (std::ranges::find(names, name) != names.end()) continue;
      add_error(out_.here, Path(at, name), has_no_parameter(spec_.file, name, names), describe::Part::key);
    }
    return out_.here.size() == before ? std::optional(std::move(out)) : std::nullopt;
  }

  std::optional<std::string> filled_in(std::size_t body, const Arguments& arguments) {
    const auto before = out_.in_file.size();
    Json value(std::string_view(text_).substr(body));
    if (const auto compiled = workflow::Template::compile(value); !compiled) {
      for (const auto& wrong : compiled.error()) in_file(body + wrong.offset, wrong.message);
      return std::nullopt;
    }
    auto bytes = max_prompt_bytes;
    describe::Problems problems;
    Substitution substitution(arguments, bytes, problems);
    substitution.apply(value, Path());
    for (const auto& found : problems) in_file(body + found.offset.value_or(0), found.message);
    if (substitution.too_large())
      return refuse_here(
          fmt::format("{}: with its parameters the prompt is larger than {} KiB; make it shorter", spec_.file, max_prompt_bytes >> 10));
    if (out_.in_file.size() > before) return std::nullopt;
    return value.is_string() ? std::string(value.get_string()) : to_json(value);
  }

  EmbeddedPrompt& out_;
  const PromptSpec& spec_;
  const Path& at_;
  std::string name_;
  std::string text_;
  std::vector<workflow::InputDefinition> inputs_;
  const JsonObject nothing_;
};

/// In the place of a text that could not be read.
constexpr std::string_view no_text = "-";

}  // namespace

std::vector<EmbeddedPrompt> embed_prompts(Json& document, const FileChain& chain) {
  std::vector<EmbeddedPrompt> out;
  auto* root = chain.empty() ? nullptr : document.if_object();
  auto* agents = root == nullptr ? nullptr : root->if_contains("agents");
  if (agents == nullptr || !agents->is_array()) return out;
  for (std::size_t i = 0; i < agents->get_array().size(); ++i) {
    auto* agent = agents->get_array()[i].if_object();
    auto* value = agent == nullptr ? nullptr : agent->if_contains("instructions");
    if (value == nullptr || !value->is_object()) continue;
    const Path top;
    const Path list(top, "agents");
    const Path entry(list, i);
    const Path at(entry, "instructions");
    EmbeddedPrompt one{.pointer = at.pointer(), .in_file = {}, .here = {}};
    PromptSpec spec;
    describe::parse_object(spec, *value, at, one.here);
    if (one.here.empty() && spec.file.contains("{{"))
      add_error(one.here, Path(at, "file"), "'file' must be a path without expressions: which text it is is fixed when the file is read");
    std::optional<std::string> text;
    if (one.here.empty()) text = Prompt(one, spec, at).read((chain.back().parent_path() / spec.file).lexically_normal());
    *value = Json(text ? std::string_view(*text) : no_text);
    if (!one.here.empty() || !one.in_file.empty()) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace skein::config

namespace skein::describe {

template <>
const Table<config::PromptSpec>& table_of<config::PromptSpec>() {
  using T = config::PromptSpec;
  static const Table<T> table(
      {.name = "prompt", .about = "A text from a file, which becomes a part of the workflow when that is read."},
      {
          field("file", &T::file,
                {.about = "Its path, from this one's folder.", .example = "prompts/support.md", .required = true, .min_items = 1}),
          field("parameters", &T::parameters,
                {.about = "What stands for its `parameters`; templates mean what they mean there.",
                 .example = "{tone: warm, product: \"{{ inputs.product }}\"}"}),
      });
  return table;
}

template <>
const Table<config::PromptHead>& table_of<config::PromptHead>() {
  using T = config::PromptHead;
  static const Table<T> table(
      {.name = "prompt file", .about = "What stands before the text of a prompt, between two lines of `---`."},
      {
          field("description", &T::description, {.about = "For people.", .example = "How we answer customers"}),
          field("parameters", &T::parameters,
                {.about = "What is chosen where the file is named: name → type or schema. `{{ parameters.NAME }}` stands for it.",
                 .example = "{tone: {type: string, default: friendly}}"}),
      });
  return table;
}

}  // namespace skein::describe
