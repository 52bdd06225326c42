#include "agent/thinking/tool_loop.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "agent/react.hpp"
#include "agent/thinking/loop_journal.hpp"
#include "base/error_json.hpp"
#include "base/json_schema.hpp"
#include "base/sentence.hpp"
#include "base/text.hpp"
#include "model/call_failures.hpp"
#include "model/token_bound.hpp"
#include "tool/registry.hpp"

namespace skein::agent {
namespace {

constexpr std::size_t most_text = 300;
constexpr std::string_view ask_for_summary =
    "There is no room left for the whole conversation. Sum up what you have found out and done so far, with every fact, name, number and "
    "decision that you may still need, and what is left to do. You will go on from this text alone. Call no tools now.";

/// A result as the model gets it, cut where it is too long, and said to be so.
std::string bounded(std::string text) {
  if (text.size() <= most_of_a_result) return text;
  const auto whole = text.size();
  std::size_t cut = most_of_a_result;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;  // not within a character
  text.resize(cut);
  return text + fmt::format("\n[cut: this is the beginning, {} of {} bytes; ask for less at a time]", cut, whole);
}

std::string in_words(const std::vector<std::string>& problems) { return shorten(as_sentence(problems), 2000); }

std::uint64_t amount(model::Money money) { return static_cast<std::uint64_t>(std::max<std::int64_t>(money.nano, 0)); }

/// A number in a call's request; empty where there is none.
std::optional<std::uint32_t> number_in(const Json& request, std::string_view pointer) {
  const auto* value = at_pointer(request, pointer);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code none;
  const auto number = value->to_number<std::uint32_t>(none);
  return none ? std::nullopt : std::optional(number);
}

const std::string& name_of(const tool::SpecPtr& spec) { return spec->name; }

std::string text_of(const Json& value) { return value.is_string() ? std::string(value.get_string()) : to_json(value); }

/// The JSON value that a text is, or that stands in a code fence in it.
std::optional<Json> value_in(std::string_view text) {
  text = trim(text);
  if (auto value = parse_json(text)) return std::move(*value);
  const auto open = text.find("```");
  if (open == std::string_view::npos) return std::nullopt;
  const auto line = text.find('\n', open);
  const auto close = text.find("```", line == std::string_view::npos ? open + 3 : line);
  if (line == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  if (auto value = parse_json(trim(text.substr(line, close - line)))) return std::move(*value);
  return std::nullopt;
}

}  // namespace

LoopSettings loop_settings(const ThinkingSettings& settings) {
  return {.model = settings.model,
          .step_models = settings.step_models,
          .instructions = settings.instructions,
          .role = settings.role,
          .approvers = settings.approvers,
          .reasoning_effort = settings.reasoning_effort,
          .output_schema = settings.output_schema,
          .max_turns = settings.max_turns,
          .max_output_tokens = settings.max_output_tokens,
          .context_tokens = settings.context_tokens,
          .temperature = settings.temperature,
          .top_p = settings.top_p,
          .react = settings.tool_calling == "react",
          .reflect = settings.reflect};
}

ToolLoop::ToolLoop(std::shared_ptr<const LoopSetup> setup, std::vector<model::Message> prompt, JsonObject identity,
                   std::vector<model::Message> earlier)
    : setup_(std::move(setup)),
      identity_(std::move(identity)),
      messages_(std::move(earlier)),
      earlier_(messages_.size()),
      task_messages_(messages_.size() + prompt.size()),
      window_(setup_->settings.context_tokens.value_or(0)),
      model_(setup_->settings.model) {
  std::ranges::move(prompt, std::back_inserter(messages_));
}

// -- the fold ----------------------------------------------------------------------------------------------------------------

void ToolLoop::begin_attempt() { failed_.reset(); }

void ToolLoop::started(std::uint32_t number, CallKind kind, const JsonPtr& request) {
  if (kind == CallKind::model) {
    const auto* name = at_pointer(*request, "/model");
    model_calls_.emplace(number,
                         Asked{.model = name != nullptr && name->is_string() ? std::string(name->get_string()) : setup_->settings.model,
                               .most_output = number_in(*request, "/max_output_tokens"),
                               .summary = at_pointer(*request, "/summary") != nullptr});
    forget(number_in(*request, "/forget").value_or(0));
    return;
  }
  if (kind == CallKind::tool) ++tool_calls_;
  // Not by order: a call that was approved later may have begun earlier.
  const auto place = number_in(*request, "/place");
  if (!place || *place >= uses_.size()) return;
  (kind == CallKind::person ? uses_[*place].asked : uses_[*place].number) = number;
}

void ToolLoop::answered(std::uint32_t number, const JsonPtr& answer) {
  if (const auto call = model_calls_.extract(number)) {
    if (auto error = error_in(*answer)) {
      if (!makes_room_after(*error)) failed_ = std::move(error);
    } else if (const auto response = response_in(*answer); call.mapped().summary) {
      count(response, call.mapped().model);
      sum_up(model::text_of(response.message));
    } else {
      count(response, call.mapped().model);
      hear(response, call.mapped());
    }
    return;
  }
  const auto use = std::ranges::find_if(uses_, [&](const ToolUse& one) { return one.number == number || one.asked == number; });
  if (use == uses_.end()) return;
  if (use->asked == number) return take_word(*use, *answer);
  auto outcome = outcome_in(*answer);
  if (auto passed = setup_->on_tool_results.pass(std::move(outcome.value), fmt::format("what {} brought", use->name))) {
    outcome.value = std::move(*passed);
  } else {
    outcome = tool::Outcome::failure(passed.error().message);
  }
  use->sources = std::move(outcome.sources);
  auto text = bounded(text_of(outcome.value));
  if (use->changed) text = fmt::format("(a person changed the arguments to {})\n{}", to_json(use->arguments), text);
  use->result = {.call_id = use->id, .name = use->name, .text = std::move(text), .failed = outcome.failed};
  tools_answered();
}

/// What a person said: their answer is the tool's, a no is told to the model, a yes lets the call be made, with the arguments as they are
/// now.
void ToolLoop::take_word(ToolUse& use, const Json& word) {
  const auto* rejected = at_pointer(word, "/rejected");
  const auto* value = at_pointer(word, "/value");
  const auto* comment = at_pointer(word, "/comment");
  const auto why = comment == nullptr ? std::string{} : ": " + text_of(*comment);
  use.result = model::ToolResult{.call_id = use.id, .name = use.name, .text = {}, .failed = true};
  if (rejected != nullptr || value == nullptr) {
    use.result->text = (use.wants_approval ? "a person did not allow this call" : "the person does not answer") + why;
  } else if (!use.wants_approval) {
    use.result->text = bounded(text_of(*value));
    use.result->failed = false;
  } else if (const auto wrong = tool::misfits(*use.tool, *value); !wrong.empty()) {
    use.result->text = and_then("a person changed the arguments, and they do not fit: " + in_words(wrong), "it was not run");
  } else {
    use.changed = *value != use.arguments;
    use.arguments = *value;
    use.wants_approval = false;
    use.result.reset();
  }
  tools_answered();
}

/// What an answer cost goes into the sums.
void ToolLoop::count(const model::Response& response, std::string_view asked) {
  if (response.cached) ++cached_;
  if (response.cached || !response.usage) return;
  usage_.input += response.usage->input;
  usage_.cached_input += response.usage->cached_input;
  usage_.cache_write += response.usage->cache_write;
  usage_.output += response.usage->output;
  usage_.reasoning += response.usage->reasoning;
  const auto cost = price_of(*response.usage, response, asked);
  nano_dollars_ += cost.value_or(0);
  priced_ = priced_ && cost.has_value();
}

void ToolLoop::hear(const model::Response& response, const Asked& call) {
  ++turns_;
  if (!response.model.empty()) model_ = response.model;
  messages_.push_back(response.message);
  if (response.finish == model::Finish::paused) return;  // it is asked again with what it has said so far
  step_ = Step::think;
  if (response.finish == model::Finish::refusal || response.finish == model::Finish::content_filter) {
    const auto said = model::text_of(response.message);
    return fail_with(ErrorCode::agent_failed,
                     and_then(fmt::format("the model {}{}{}",
                                          response.finish == model::Finish::refusal ? "declined" : "was stopped by its provider's filter",
                                          said.empty() ? "" : ": ", shorten(said, most_text)),
                              "change the task or the instructions"));
  }
  if (std::ranges::any_of(response.message.parts, [](const auto& part) { return std::holds_alternative<model::ToolCall>(part); })) {
    take_calls(response.message, response.finish);
  } else {
    take_answer(response, call);
  }
}

void ToolLoop::take_calls(const model::Message& message, model::Finish finish) {
  uses_.clear();
  std::map<std::string, std::uint32_t, std::less<>> asked;
  const auto calls = model::calls_of(message);
  for (const auto& call : calls) {
    ToolUse use;
    use.id = call.id;
    use.name = call.name;
    use.wants_approval = std::ranges::find(setup_->approved, call.name) != setup_->approved.end();
    const auto found = std::ranges::find(setup_->tools, call.name, &name_of);
    auto arguments = parse_json(call.arguments.empty() ? "{}" : call.arguments);
    if (found == setup_->tools.end()) {
      std::vector<std::string_view> names;
      for (const auto& spec : setup_->tools) names.emplace_back(spec->name);
      use.problem = fmt::format("there is no tool '{}'{}", shorten(call.name, 80), did_you_mean(call.name, names));
    } else if (!arguments || !arguments->is_object()) {
      const bool last = &call == &calls.back();
      use.problem = finish == model::Finish::length && last
                        ? "the call was cut off by the output limit, so it was not run; ask for less in one answer"
                        : fmt::format("the arguments are not a JSON object ({}), so it was not run",
                                      arguments ? "they are " + std::string(type_name(*arguments)) : arguments.error().message);
    } else if (const auto wrong = tool::misfits(**found, *arguments); !wrong.empty()) {
      use.problem = and_then(in_words(wrong), "it was not run");
    }
    if (found != setup_->tools.end()) use.tool = found->get();
    if (arguments) use.arguments = std::move(*arguments);
    ++asked[call.name + " " + (use.arguments.is_null() ? call.arguments : to_json(use.arguments))];
    if (!use.problem.empty()) use.result = model::ToolResult{.call_id = use.id, .name = use.name, .text = use.problem, .failed = true};
    uses_.push_back(std::move(use));
  }
  // What was not asked for this time begins anew.
  std::erase_if(repeats_, [&](const auto& entry) { return !asked.contains(entry.first); });
  for (const auto& [call, _] : asked) ++repeats_[call];
  if (auto why = too_often(); !why.empty()) return fail_with(ErrorCode::agent_failed, std::move(why));
  tools_answered();
}

std::string ToolLoop::too_often() const {
  for (const auto& [call, times] : repeats_) {
    if (times > most_repeats) {
      return fmt::format(
          "the model asked for the same call {} times in a row without getting further: {}; change the task, the instructions or the "
          "tools",
          times, shorten(call, most_text));
    }
  }
  return {};
}

/// Once all are there the model is told, in the order of its calls.
void ToolLoop::tools_answered() {
  if (!std::ranges::all_of(uses_, [](const ToolUse& use) { return use.result.has_value(); })) return;
  model::Message told{.role = model::Role::user, .parts = {}};
  for (auto& use : uses_) {
    use.result->text = with_sources(std::move(use.result->text), use.sources);
    told.parts.emplace_back(*use.result);
  }
  messages_.push_back(std::move(told));
  uses_.clear();
}

/// Sources are numbered in the order in which the model is told of them, each once, so that it can cite them.
std::string ToolLoop::with_sources(std::string text, const std::vector<std::string>& sources) {
  std::set<std::size_t> numbers;
  for (const auto& source : sources) {
    const auto known = std::ranges::find(sources_, source);
    numbers.insert(static_cast<std::size_t>(known - sources_.begin()));
    if (known == sources_.end()) sources_.push_back(source);
  }
  if (!numbers.empty()) text += "\n\nSources, to be cited by their numbers:";
  for (const auto number : numbers) text += fmt::format("\n[{}] {}", number + 1, sources_[number]);
  return text;
}

void ToolLoop::take_answer(const model::Response& response, const Asked& call) {
  const auto text = model::text_of(response.message);
  const auto& schema = setup_->settings.output_schema;
  if (response.finish == model::Finish::length) {
    if (call.most_output.value_or(usual_output()) < usual_output()) {
      messages_.pop_back();  // with a higher budget it is asked again
      return fail_with(ErrorCode::budget_exceeded,
                       fmt::format("Budget exceeded: the model's answer was cut off after {} tokens, which is all that was left; raise the "
                                   "budget, or make the task smaller",
                                   *call.most_output));
    }
    return fail_with(ErrorCode::too_large, "the model's answer was cut off by its output limit; raise max_output_tokens, or ask for less");
  }
  repeats_.clear();
  if (reflection_ == Reflection::reviewing) {
    reflection_ = Reflection::done;
    notes_ = text;
    return say("Now give the final answer, improved where your notes ask for it, and nothing else.");
  }
  if (schema.is_null()) {
    output_ = Json(text);
  } else if (auto value = value_in(text); !value) {
    if (repairs_++ >= most_repairs)
      return fail_with(ErrorCode::agent_failed, fmt::format("the model's answer is not JSON: {}", shorten(text, most_text)));
    step_ = Step::repair;
    return say("Your answer is not JSON. Answer with a JSON value that fits the schema, and nothing else.");
  } else if (const auto wrong = schema_violations("answer", schema, *value); !wrong.empty()) {
    if (repairs_++ >= most_repairs)
      return fail_with(ErrorCode::agent_failed, fmt::format("the model's answer does not fit output_schema: {}", in_words(wrong)));
    step_ = Step::repair;
    return say(fmt::format("Your answer does not fit the schema: {}. Answer again with a JSON value that fits, and nothing else.",
                           in_words(wrong)));
  } else {
    output_ = std::move(*value);
  }
  if (!setup_->settings.reflect || reflection_ == Reflection::done) {
    auto passed = setup_->on_output.pass(std::move(*output_), "the answer");
    if (!passed) {
      output_.reset();
      return fail_with(passed.error().code, std::move(passed.error().message));
    }
    output_ = std::move(*passed);
    return;
  }
  reflection_ = Reflection::reviewing;
  output_.reset();
  step_ = Step::reflect;
  say("Review your answer before it counts: is it right, complete, and what was asked for? Write short notes on what should be better, and "
      "nothing else.");
}

void ToolLoop::say(std::string text) { messages_.push_back(model::user_says(std::move(text))); }

void ToolLoop::fail_with(ErrorCode code, std::string message) {
  failed_ = Error{.code = code, .message = std::move(message), .context = {}, .retryable = false, .retry_after = std::nullopt};
}

// -- what comes next ---------------------------------------------------------------------------------------------------------

Turn ToolLoop::next(const SpendLimits& left) {
  Turn turn;
  const auto end_with = [&](ErrorCode code, std::string why) {
    turn.end =
        AgentResponse::failed({.code = code, .message = std::move(why), .context = {}, .retryable = false, .retry_after = std::nullopt});
  };
  if (output_) {
    turn.end = result();
    turn.said = said();
  } else if (failed_) {
    turn.end = AgentResponse::failed(*failed_);
  } else if (!uses_.empty()) {
    std::uint64_t wanted = 0;
    for (std::size_t i = 0; i < uses_.size(); ++i) {
      const auto& use = uses_[i];
      if (use.result || (asks_person(use) ? use.asked : use.number)) continue;
      turn.calls.push_back(call_for(use, i));
      if (turn.calls.back().kind == CallKind::tool) ++wanted;
    }
    if (left.tool_calls && wanted > *left.tool_calls) {
      turn.calls.clear();
      end_with(ErrorCode::budget_exceeded, fmt::format("Budget exceeded: the model asks for {} more tool call{}, and {} {} left", wanted,
                                                       wanted == 1 ? "" : "s", *left.tool_calls, *left.tool_calls == 1 ? "is" : "are"));
    }
  } else if (model_calls_.empty()) {
    if (turns_ >= setup_->settings.max_turns) {
      end_with(ErrorCode::agent_failed,
               fmt::format("the model answered {} times and still asks for tools; raise max_turns, or make the task smaller", turns_));
      return turn;
    }
    const auto fitting = fit();
    const auto step = fitting.summary ? Step::summarise : step_;
    const auto reserved = reserve(left, step);
    if (!reserved) {
      turn.end = AgentResponse::failed(reserved.error());
      return turn;
    }
    JsonObject request{{"model", model_for(step)}, {"turn", turns_ + 1}, {"messages", messages_.size()}};
    if (reserved->most_output) request["max_output_tokens"] = *reserved->most_output;
    if (fitting.forget > 0) request["forget"] = fitting.forget;
    if (fitting.summary) request["summary"] = true;
    turn.calls.push_back(
        {.kind = CallKind::model, .request = std::move(request), .worst_case = reserved->worst_case, .timeout = microseconds{0}});
  }
  return turn;
}

std::expected<std::uint64_t, std::string> ToolLoop::most_cost_of(std::uint64_t prompt, std::uint64_t output, Step step) const {
  std::uint64_t most = 0;
  const auto consider = [&](const std::string& name) {
    const auto cost = setup_->prices.most_cost_of(prompt, output, name);
    if (cost) most = std::max(most, amount(*cost));
    return cost.has_value();
  };
  for (const auto& name : answerers_of(model_for(step))) {
    if (!consider(name)) return std::unexpected(name);
  }
  return most;
}

std::vector<std::string> ToolLoop::answerers_of(std::string_view asked) const {
  const auto known = setup_->answerers.find(asked);
  return known == setup_->answerers.end() ? std::vector{std::string(asked)} : known->second;
}

std::optional<std::uint64_t> ToolLoop::price_of(const model::Usage& usage, const model::Response& response, std::string_view asked) const {
  const auto cost = setup_->prices.cost_of(usage, response.answered_by.empty() ? answerers_of(asked).front() : response.answered_by);
  return cost ? std::optional(amount(*cost)) : std::nullopt;
}

MachineCall ToolLoop::call_for(const ToolUse& use, std::size_t place) const {
  JsonObject request{{"id", use.id}, {"tool", use.name}, {"place", place}};
  if (!asks_person(use)) {
    request["arguments"] = use.arguments;
    return {.kind = CallKind::tool, .request = std::move(request), .worst_case = {.tool_calls = 1}, .timeout = use.tool->timeout};
  }
  if (use.wants_approval) {
    request["question"] = fmt::format("May '{}' call {}?", setup_->agent, use.name);
    request["arguments"] = use.arguments;
    request["answer"] = use.tool->parameters;
    const auto& names = setup_->settings.approvers;
    if (!names.empty()) request["to"] = JsonArray(names.begin(), names.end());
  } else {
    const auto* choices = at_pointer(use.arguments, "/choices");
    const auto* question = at_pointer(use.arguments, "/question");
    request["question"] = question == nullptr ? to_json(use.arguments) : text_of(*question);
    request["answer"] = choices == nullptr ? Json(JsonObject{{"type", "string"}}) : Json(JsonObject{{"enum", *choices}});
  }
  return {.kind = CallKind::person, .request = std::move(request), .worst_case = {}, .timeout = microseconds{0}};
}

Result<ToolLoop::Reserve> ToolLoop::reserve(const SpendLimits& left, Step step) const {
  Reserve out{.worst_case = {}, .most_output = setup_->settings.max_output_tokens};
  if (!left.tokens && !left.nano_dollars) return out;
  const auto over = [](std::string message) { return fail(ErrorCode::budget_exceeded, "Budget exceeded: " + std::move(message)); };
  const auto prompt = model::prompt_token_bound(request({.model = {}, .most_output = {}, .summary = step == Step::summarise}));
  auto most = std::uint64_t{usual_output()};
  const auto least = std::min<std::uint64_t>(least_output_tokens, most);
  if (left.tokens) {
    if (*left.tokens < prompt + least)
      return over(
          fmt::format("the prompt may be up to {} tokens and the answer takes {}, and {} are left; raise the budget, or make the "
                      "task smaller",
                      prompt, least, *left.tokens));
    most = std::min(most, *left.tokens - prompt);
  }
  if (left.nano_dollars) {
    const auto cost = [&](std::uint64_t output) { return most_cost_of(prompt, output, step); };
    if (const auto priced = cost(most); !priced) {
      return fail(ErrorCode::unsupported,
                  fmt::format("the model '{}' has no price, so a budget of money cannot hold; add it to the price table, or "
                              "bound tokens instead",
                              priced.error()));
    }
    const auto fits = [&](std::uint64_t output) { return cost(output).value() <= *left.nano_dollars; };
    if (!fits(least)) {
      return over(fmt::format("the next answer may cost {}, and {} are left; raise the budget, or make the task smaller",
                              model::to_string(model::money_of(cost(least).value())),
                              model::to_string(model::money_of(*left.nano_dollars))));
    }
    auto low = least;
    for (auto high = most; low < high;) {
      const auto middle = high - (high - low) / 2;
      if (fits(middle)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    most = std::min(most, low);
    out.worst_case.nano_dollars = cost(most).value();
  }
  out.worst_case.tokens = prompt + most;
  out.most_output = static_cast<std::uint32_t>(most);
  return out;
}

std::optional<CallAnswer> ToolLoop::instead_of_repeating(std::uint32_t number) {
  if (is_model_call(number)) return std::nullopt;
  const auto& use = use_of(number);
  if (use.tool == nullptr || use.tool->effect != tool::Effect::effect) return std::nullopt;
  return CallAnswer{
      .value = outcome_to_json(tool::Outcome::failure(
          "the outcome is unknown: the call was under way when its process died, and it must not be repeated blindly; find out first "
          "whether it was done")),
      .used = {.tool_calls = 1}};
}

CallAnswer ToolLoop::failure(std::uint32_t number, const Error& why) {
  if (is_model_call(number))
    return {.value = JsonObject{{"error", error_to_json(why)}}, .used = {}, .unsettled = model::may_have_cost(why)};
  const auto& use = use_of(number);
  const bool late = why.code == ErrorCode::timeout && use.tool != nullptr;
  return {.value = outcome_to_json(tool::Outcome::failure(
              late ? fmt::format("it took longer than {} s and was ended", std::chrono::duration<double>(use.tool->timeout).count())
                   : why.message)),
          .used = {.tool_calls = 1}};
}

const ToolLoop::ToolUse& ToolLoop::use_of(std::uint32_t number) const {
  static const ToolUse none{};
  const auto use = std::ranges::find_if(uses_, [&](const ToolUse& one) { return one.number == number; });
  return use == uses_.end() ? none : *use;
}

model::Request ToolLoop::request_of(std::uint32_t number) const {
  const auto call = model_calls_.find(number);
  return request(call == model_calls_.end() ? Asked{} : call->second);
}

model::Request ToolLoop::request(const Asked& call) const {
  const auto& settings = setup_->settings;
  model::Request out;
  out.model = settings.model.substr(settings.model.find('/') + 1);
  out.instructions = settings.role.empty() ? settings.instructions
                                           : fmt::format("You are {}.{}{}", settings.role, settings.instructions.empty() ? "" : "\n\n",
                                                         settings.instructions);
  out.messages = messages_;
  for (const auto& spec : setup_->tools)
    out.tools.push_back({.name = spec->name, .description = spec->description, .parameters = spec->parameters});
  if (call.summary) {
    out.messages.push_back(model::user_says(std::string(ask_for_summary)));
    out.tool_choice = model::ToolChoice::none;
  } else if (!settings.output_schema.is_null() && reflection_ != Reflection::reviewing)
    out.output = model::OutputSchema{.name = "answer", .schema = settings.output_schema, .strict = false};
  out.max_output_tokens = call.most_output;
  out.temperature = settings.temperature;
  out.top_p = settings.top_p;
  out.reasoning_effort = settings.reasoning_effort;
  return settings.react ? to_react(std::move(out)) : out;
}

const std::string& ToolLoop::model_of(std::uint32_t number) const {
  const auto call = model_calls_.find(number);
  return call == model_calls_.end() ? setup_->settings.model : call->second.model;
}

const std::string& ToolLoop::model_for(Step step) const {
  const auto& steps = setup_->settings.step_models;
  const auto& other = step == Step::reflect ? steps.reflect : step == Step::repair ? steps.repair : steps.summarise;
  return step == Step::think || other.empty() ? setup_->settings.model : other;
}

Spend ToolLoop::cost_of(std::uint32_t number, const model::Response& response, const model::Request& request) const {
  if (response.cached) return {};
  // A server that does not say what it used is taken at the worst.
  const auto usage = response.usage ? *response.usage
                                    : model::Usage{.input = model::prompt_token_bound(request),
                                                   .output = request.max_output_tokens.value_or(usual_output_tokens)};
  Spend out{.tokens = usage.input + usage.output, .nano_dollars = 0, .tool_calls = 0};
  out.nano_dollars = price_of(usage, response, model_of(number)).value_or(0);
  return out;
}

AgentResponse ToolLoop::result() const {
  auto value = identity_;
  value["output"] = *output_;
  JsonArray sources;
  for (const auto& source : sources_) sources.emplace_back(source);
  value["sources"] = std::move(sources);
  if (setup_->settings.reflect) value["reflection_notes"] = notes_;
  auto response = AgentResponse::ok(std::move(value));
  auto& metadata = response.metadata;
  metadata["model"] = model_;
  metadata["turns"] = turns_;
  metadata["tool_calls"] = tool_calls_;
  metadata["usage"] = agent::usage_to_json(usage_);
  if (cached_ > 0) metadata["cached_answers"] = cached_;
  if (priced_) metadata["cost_usd"] = static_cast<double>(nano_dollars_) / 1e9;
  JsonArray messages;
  for (auto& message : said()) messages.push_back(std::move(message));
  metadata["messages"] = std::move(messages);
  return response;
}

std::vector<Json> ToolLoop::said() const {
  std::vector<Json> out;
  for (auto i = earlier_; i < messages_.size(); ++i) out.push_back(model::message_to_json(messages_[i]));
  return out;
}

}  // namespace skein::agent
