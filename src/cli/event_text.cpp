#include "cli/event_text.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/json.hpp"
#include "base/sentence.hpp"
#include "base/text.hpp"
#include "cli/call_text.hpp"
#include "cli/values.hpp"
#include "workflow/event_codec.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t widest_subject = 32;
constexpr std::size_t longest_data = 120;

std::string words_of(const workflow::RunFinished& body) {
  switch (body.status) {
    case RunStatus::completed: return "completed";
    case RunStatus::partially_completed: return "partially completed";
    case RunStatus::cancelled: return "cancelled";
    default: return "failed";
  }
}

std::string value_text(const Json& word) {
  const auto* value = at_pointer(word, "/value");
  return value != nullptr ? to_json(*value) : std::string{};
}

std::string text_of(const Json& object, std::string_view key) {
  const auto* value = at_pointer(object, fmt::format("/{}", key));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

}  // namespace

EventText describe(const workflow::Event& event, EventPlace place, const workflow::Definition& definition) {
  using namespace workflow;
  EventText out;
  const auto task = task_of(event);
  out.subject = task && *task < definition.tasks.size() ? one_line(definition.tasks[*task].name) : "run";
  std::visit(
      [&]<class Body>(const Body& body) {
        if constexpr (std::is_same_v<Body, RunCreated>) {
          out.text = fmt::format("created: {}", one_line(definition.name));
          if (body.origin)
            out.text += fmt::format(" ({} of {}, whose {} next events are kept)", to_string(body.origin->kind), body.origin->run,
                                    body.origin->kept);
          if (body.changes) out.text += fmt::format(" (changed: {})", shorten(one_line(to_json(*body.changes)), longest_data));
          out.style = Style::bold;
        } else if constexpr (std::is_same_v<Body, RunResumed>) {
          const bool nothing_was_done = place.seq == place.kept + 2;
          out.text = nothing_was_done ? "begins" : "resumed; attempts in flight are repeated";
          out.style = Style::bold;
        } else if constexpr (std::is_same_v<Body, AttemptStarted>) {
          out.text = body.question          ? "asks: " + one_line(text_of(*body.question, "question"))
                     : body.child           ? "runs " + body.child->str()
                     : !body.signal.empty() ? fmt::format("waits for the signal {}", one_line(body.signal))
                     : body.wake_at         ? fmt::format("waiting until {}", clock_time(*body.wake_at))
                                            : fmt::format("started (attempt {})", body.attempt.attempt);
        } else if constexpr (std::is_same_v<Body, CallStarted>) {
          out.text = call_text(body);
          out.style = Style::dim;
        } else if constexpr (std::is_same_v<Body, CallEnded>) {
          out.text = call_text(body);
          out.style = is_failure(body) ? Style::yellow : Style::dim;
        } else if constexpr (std::is_same_v<Body, TaskCompleted>) {
          out.text = fmt::format("completed in {}", human_duration(body.duration));
          out.style = Style::green;
        } else if constexpr (std::is_same_v<Body, AttemptFailed>) {
          out.text = and_then(fmt::format("attempt {} failed: {}", body.attempt.attempt, one_line(body.error.message)),
                              "retry in " + steady_duration(body.retry_at - event.at));
          out.style = Style::yellow;
        } else if constexpr (std::is_same_v<Body, TaskFailed>) {
          out.text = fmt::format("failed{}: {}", body.attempt.attempt > 1 ? fmt::format(" after {} attempts", body.attempt.attempt) : "",
                                 one_line(body.error.message));
          out.style = Style::red;
        } else if constexpr (std::is_same_v<Body, TaskSkipped>) {
          out.text = fmt::format("skipped: {}", one_line(body.reason));
          out.style = Style::dim;
        } else if constexpr (std::is_same_v<Body, TaskCancelled>) {
          out.text = "cancelled";
          out.style = Style::dim;
        } else if constexpr (std::is_same_v<Body, SignalReceived>) {
          out.text = is_signal_of_answer(body.name) ? fmt::format("{} says: {}", one_line(text_of(*body.payload, "by")),
                                                                  shorten(one_line(value_text(*body.payload)), longest_data))
                     : is_signal_of_end(body.name)
                         ? fmt::format("run {} {}", child_of(body.name).str(), one_line(text_of(*body.payload, "status")))
                         : fmt::format("signal {}: {}", one_line(body.name), shorten(one_line(to_json(*body.payload)), longest_data));
          out.style = Style::cyan;
        } else if constexpr (std::is_same_v<Body, SignalTaken>) {
          out.text = "takes the news";
        } else if constexpr (std::is_same_v<Body, ApprovalRequested>) {
          out.text = "asks: " + one_line(body.message);
          out.style = Style::cyan;
        } else if constexpr (std::is_same_v<Body, ApprovalGiven> || std::is_same_v<Body, ApprovalRejected>) {
          constexpr bool yes = std::is_same_v<Body, ApprovalGiven>;
          out.text = fmt::format("{} by {}{}", yes ? "approved" : "rejected", body.by.empty() ? "somebody" : one_line(body.by),
                                 body.comment.empty() ? "" : ": " + one_line(body.comment));
          if constexpr (yes) {
            if (body.set) out.text += fmt::format(" (changed: {})", shorten(one_line(to_json(*body.set)), longest_data));
          }
          out.style = yes ? Style::green : Style::red;
        } else if constexpr (std::is_same_v<Body, ItemsListed>) {
          out.text = fmt::format("runs for each of {} items", body.items->get_array().size());
        } else if constexpr (std::is_same_v<Body, ItemsEnded>) {
          out.text =
              body.error ? "failed: " + one_line(body.error->message) : fmt::format("completed in {}", human_duration(body.duration));
          out.style = body.error ? Style::red : Style::green;
        } else if constexpr (std::is_same_v<Body, EdgeTaken>) {
          const auto* edge = body.edge ? &definition.edges.at(*body.edge) : nullptr;
          out.text = edge == nullptr ? "no edge's condition holds: this way ends"
                     : edge->to      ? fmt::format("goes on to {}", one_line(definition.tasks.at(*edge->to).name))
                                     : "goes on to the end";
          out.style = Style::dim;
        } else if constexpr (std::is_same_v<Body, Emission>) {
          out.text = fmt::format("{}: {}", one_line(body.name), body.data ? shorten(one_line(to_json(*body.data)), longest_data) : "null");
          out.style = Style::cyan;
        } else if constexpr (std::is_same_v<Body, StopRequested>) {
          static constexpr std::array<std::string_view, 3> reasons{"cancelled", "timed out", "failed"};
          out.text = fmt::format("stopping ({}){}{}", reasons.at(static_cast<std::size_t>(body.reason)), body.message.empty() ? "" : ": ",
                                 one_line(body.message));
          out.style = Style::yellow;
        } else if constexpr (std::is_same_v<Body, CompensationStarted>) {
          out.text = "undoing what was done: " + one_line(body.reason);
          out.style = Style::yellow;
        } else if constexpr (std::is_same_v<Body, RunFinished>) {
          out.text = words_of(body) + (body.error.empty() ? "" : ": " + one_line(body.error));
          out.style = body.status == RunStatus::completed ? Style::green : body.status == RunStatus::failed ? Style::red : Style::yellow;
        }
        if constexpr (requires { body.attempt.item; }) {
          if (body.attempt.item != no_item) out.text = fmt::format("item {}: {}", body.attempt.item, out.text);
          if (body.attempt.activation > 1) out.text = fmt::format("round {}: {}", body.attempt.activation, out.text);
        }
      },
      event.body);
  return out;
}

Line event_line(const workflow::Event& event, EventPlace place, const workflow::Definition& definition) {
  std::size_t width = 3;
  for (const auto& task : definition.tasks) width = std::max(width, display_width(task.name));
  const auto said = describe(event, place, definition);
  Line line;
  line.add(clock_time(event.at), Style::dim)
      .add(" ")
      .add(pad(said.subject, std::min(width, widest_subject)))
      .add("  ")
      .add(said.text, said.style);
  return line;
}

Json event_document(RunId run, std::uint64_t seq, const workflow::Event& event, const workflow::Definition& definition) {
  JsonObject out;
  out["run_id"] = run.str();
  out["seq"] = seq;
  const auto body = workflow::event_to_json(event, definition);
  for (const auto& [key, value] : body.get_object()) out[key] = value;
  return out;
}

}  // namespace skein::cli
