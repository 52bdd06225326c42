#include "cli/agent_options.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "cli/screen_text.hpp"
#include "model/provider.hpp"

namespace skein::cli {
namespace {

constexpr std::uintmax_t largest_text = std::uintmax_t{1} << 20;
constexpr std::uintmax_t largest_image = std::uintmax_t{20} << 20;

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

Result<std::string> read_file(std::string_view option, const std::string& path, std::uintmax_t most) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) return wrong(fmt::format("{}: {} cannot be read: {}", option, path, failed.message()));
  if (size > most) return wrong(fmt::format("{}: {} is larger than {} MiB", option, path, most >> 20));
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return wrong(fmt::format("{}: {} cannot be read", option, path));
  return text;
}

/// `text` so that a template gives it back as it is.
std::string literal(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find("{{", at);
    out += text.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    out += "\\{{";
    at = open + 2;
  }
  return out;
}

Json literal(const Json& value) {  // NOLINT(misc-no-recursion): as deep as JSON may be
  if (value.is_string()) return Json(literal(std::string_view(value.get_string())));
  if (const auto* array = value.if_array()) {
    JsonArray out;
    for (const auto& item : *array) out.push_back(literal(item));
    return out;
  }
  if (const auto* object = value.if_object()) {
    JsonObject out;
    for (const auto& [key, item] : *object) out[key] = literal(item);
    return out;
  }
  return value;
}

Result<double> dollars(std::string_view text) {
  const auto given = text;
  if (text.starts_with('$')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0))
    return wrong(fmt::format("--budget-cost takes US dollars above 0, such as 0.50, not '{}'", given));
  return value;
}

Result<Json> schema_in(const std::string& path) {
  const auto text = read_file("--output-schema", path, largest_text);
  if (!text) return std::unexpected(text.error());
  auto schema = parse_json(*text);
  if (!schema) return wrong(fmt::format("--output-schema: {}: {}", path, schema.error().message));
  if (!schema->is_object()) return wrong(fmt::format("--output-schema: {} holds {} instead of a JSON Schema", path, type_name(*schema)));
  return literal(*schema);
}

/// By its first bytes; empty where it is no picture that models take.
std::string_view media_type_of(std::string_view data) {
  using namespace std::string_view_literals;
  if (data.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (data.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
  if (data.starts_with("GIF87a"sv) || data.starts_with("GIF89a"sv)) return "image/gif";
  if (data.starts_with("RIFF"sv) && data.substr(0, 16).substr(8, 4) == "WEBP"sv) return "image/webp";
  return {};
}

Result<std::string> image(const std::string& named) {
  if (named.starts_with("https://") || named.starts_with("http://") || named.starts_with("data:")) return named;
  const auto data = read_file("--image", named, largest_image);
  if (!data) return std::unexpected(data.error());
  const auto type = media_type_of(*data);
  if (type.empty()) return wrong(fmt::format("--image: {} is no picture that models take; PNG, JPEG, GIF and WebP are", named));
  return fmt::format("data:{};base64,{}", type, base64(*data));
}

bool thinks(const Json& agent) { return at_pointer(agent, "/model") != nullptr; }

std::string name_of(const Json& agent) {
  const auto* name = at_pointer(agent, "/name");
  return name != nullptr && name->is_string() ? std::string(name->get_string()) : std::string();
}

}  // namespace

void add_agent_options(Command& command, AgentOptions& options) {
  command.option("-m,--model", options.model, "MODEL", "The model that thinks, as provider/model (default: $SKEIN_MODEL)")
      .repeated("-t,--tool", options.tools, "TOOL", "A tool that it may call, or a pattern such as 'db_*'; may be given several times")
      .option("--instructions", options.instructions, "TEXT", "What it is told before the task (the system prompt)")
      .option("--system-file", options.system_file, "FILE", "The same from a file")
      .option("--role", options.role, "TEXT", "Who it is, in a few words, such as 'a careful accountant'")
      .option("--max-turns", options.max_turns, "N", "How often the model may answer (default: 20)")
      .option("--budget-cost", options.budget_cost, "DOLLARS", "What it may spend; a call that could cost more is not made")
      .option("--budget-tokens", options.budget_tokens, "N", "How many tokens it may use, prompts and answers together")
      .option("--output-schema", options.output_schema, "FILE", "A JSON Schema that the answer must fit; the answer is then JSON")
      .repeated("--image", options.images, "FILE", "A picture for the model, or its address; may be given several times");
}

Result<JsonObject> agent_of(const AgentOptions& options, JsonObject base, std::string_view usual_model, const Json& around) {
  auto agent = std::move(base);
  if (agent.empty()) {
    agent["name"] = "agent";
    agent["type"] = "ai_agent";
  }
  const auto model = !options.model.empty() ? options.model : agent.contains("model") ? std::string() : std::string(usual_model);
  if (model.empty() && !agent.contains("model"))
    return wrong("which model is to think? Say --model PROVIDER/MODEL, or set SKEIN_MODEL; `skein models` shows what can be reached");
  if (!model.empty()) {
    const bool named = at_pointer(around, pointer_to("/models", model)) != nullptr;
    if (const auto name = model::parse_model_name(model); !name && !named) return wrong(name.error().message);
    agent["model"] = literal(model);
  }
  if (!options.tools.empty()) agent["tools"] = JsonArray(options.tools.begin(), options.tools.end());
  if (!options.instructions.empty() && !options.system_file.empty())
    return wrong("--instructions and --system-file say the same thing; keep one of them");
  if (!options.instructions.empty()) agent["instructions"] = literal(options.instructions);
  if (!options.system_file.empty()) {
    const auto text = read_file("--system-file", options.system_file, largest_text);
    if (!text) return std::unexpected(text.error());
    if (!is_utf8(*text)) return wrong(fmt::format("--system-file: {} is not UTF-8 text", options.system_file));
    agent["instructions"] = literal(trim(*text));
  }
  if (!options.role.empty()) agent["role"] = literal(options.role);
  if (options.max_turns > 0) agent["max_turns"] = options.max_turns;
  if (!options.budget_cost.empty() || options.budget_tokens > 0) {
    auto& budget = agent["budget"];
    if (!budget.is_object()) budget.emplace_object();
    if (!options.budget_cost.empty()) {
      const auto amount = dollars(options.budget_cost);
      if (!amount) return std::unexpected(amount.error());
      budget.get_object()["cost"] = *amount;
    }
    if (options.budget_tokens > 0) budget.get_object()["tokens"] = options.budget_tokens;
  }
  if (!options.output_schema.empty()) {
    auto schema = schema_in(options.output_schema);
    if (!schema) return std::unexpected(schema.error());
    agent["output_schema"] = std::move(*schema);
  }
  return agent;
}

Result<JsonObject> choose_agent(const Json& document, std::string_view name, std::string_view file) {
  std::vector<std::string> thinking;
  std::vector<std::string> all;
  const auto* agents = at_pointer(document, "/agents");
  if (agents != nullptr && agents->is_array()) {
    for (const auto& agent : agents->get_array()) {
      all.push_back(name_of(agent));
      if (thinks(agent)) thinking.push_back(name_of(agent));
    }
  }
  if (thinking.empty()) return wrong(fmt::format("{} has no agent with a model; add 'model: provider/model' to an ai_agent", file));
  if (name.empty() && thinking.size() > 1)
    return wrong(fmt::format("{} has several agents with a model; say which with --agent: {}", file, list_of(thinking, " or ")));
  const auto wanted = name.empty() ? thinking.front() : std::string(name);
  for (const auto& agent : agents->get_array()) {
    if (name_of(agent) != wanted) continue;
    if (!thinks(agent)) return wrong(fmt::format("agent '{}' of {} has no model, so it cannot be given a task in words", wanted, file));
    return agent.get_object();
  }
  auto advice = did_you_mean(wanted, all);
  if (advice.empty()) advice = "; it has " + list_of(all);
  return wrong(fmt::format("{} has no agent '{}'{}", file, one_line(wanted), advice));
}

JsonObject workflow_of(JsonObject agent, bool with_images, const Json& around) {
  const auto name = agent.at("name");
  JsonObject inputs;
  if (const auto* more = at_pointer(around, "/inputs"); more != nullptr && more->is_object()) inputs = more->get_object();
  inputs["task"] = JsonObject{{"type", "string"}};
  JsonObject parameters{{"prompt", "{{inputs.task}}"}};
  if (with_images) {
    inputs["images"] = JsonObject{{"type", "array"}};
    parameters["images"] = "{{inputs.images}}";
  }
  JsonObject out{{"name", name}, {"inputs", std::move(inputs)}};
  for (const auto* key : {"defaults", "models"}) {
    if (const auto* value = at_pointer(around, pointer_to("", key))) out[key] = *value;
  }
  out["agents"] = JsonArray{Json(std::move(agent))};
  JsonObject task{{"name", "answer"}, {"agent_name", name}, {"action", "answer"}, {"parameters", std::move(parameters)}};
  out["tasks"] = JsonArray{Json(std::move(task))};
  out["outputs"] = JsonObject{{"answer", "{{answer.result.output}}"}};
  return out;
}

Result<JsonArray> read_images(const std::vector<std::string>& images) {
  JsonArray out;
  for (const auto& named : images) {
    auto one = image(named);
    if (!one) return std::unexpected(one.error());
    out.emplace_back(std::move(*one));
  }
  return out;
}

}  // namespace skein::cli
