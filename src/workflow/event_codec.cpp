#include "workflow/event_codec.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <iterator>
#include <limits>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

namespace skein::workflow {
namespace {

/// In the order of `StopReason`.
constexpr std::array<std::string_view, 3> stop_reasons{"cancelled", "timed_out", "failed"};

/// Writes the members of one event, in a fixed order.
class Encoder {
 public:
  /// Without `blobs` every payload stays in place.
  Encoder(std::string& out, const Definition& definition, store::BlobWriter* blobs) : out_(out), definition_(definition), blobs_(blobs) {}

  void write(const Event& event) {
    out_ += R"({"type":")";
    out_ += type_of(event);
    out_ += '"';
    integer("at", to_micros(event.at));
    std::visit([this](const auto& body) { members(body); }, event.body);
    out_ += '}';
  }

 private:
  void members(const RunCreated& e) {
    text("definition", e.definition_hash);
    payload("inputs", e.inputs);
    if (e.deadline) integer("deadline", to_micros(*e.deadline));
    if (e.parent) text("parent", e.parent->str());
    if (e.until) integer("until", to_micros(*e.until));
    if (e.attempts) integer("attempts", *e.attempts);
    if (!e.limits.none()) limits(e.limits);
    if (e.origin) {
      text(e.origin->kind == Origin::Kind::fork ? "fork_of" : "retry_of", e.origin->run);
      if (e.origin->from) text("from", definition_.tasks[*e.origin->from].name);
      integer("kept", e.origin->kept);
      if (e.origin->foreign > 0) integer("foreign", e.origin->foreign);
    }
    if (e.held) payload("held", e.held);
    if (e.changes) payload("changes", e.changes);
    if (e.agent_limits && !e.agent_limits->empty()) agent_limits(*e.agent_limits);
  }
  void members(const RunResumed& e) { integer("epoch", e.epoch); }
  void members(const AttemptStarted& e) {
    attempt(e.attempt);
    if (e.wake_at) integer("wake_at", to_micros(*e.wake_at));
    if (e.child) {
      text("child", e.child->str());
      if (e.reserved > 0) integer("reserved", e.reserved);
      spend("reserved_spend", e.reserved_spend);
    } else if (!e.signal.empty()) {
      text("signal", e.signal);
    }
    if (e.question) payload("question", e.question);
    if (e.session) {
      key("session");
      append_json(out_, JsonObject{{"name", e.session->name}, {"id", e.session->id.str()}, {"length", e.session->length}});
    }
  }
  void members(const CallStarted& e) {
    attempt(e.attempt);
    integer("call", e.number);
    if (e.again) {
      key("again");
      out_ += "true";
    }
    payload("request", e.request);
    spend("reserved", e.reserved);
  }
  void members(const CallEnded& e) {
    attempt(e.attempt);
    integer("call", e.number);
    payload("answer", e.answer);
    spend("used", e.used);
  }
  void members(const TaskCompleted& e) {
    attempt(e.attempt);
    payload("result", e.result);
    if (e.metadata) payload("metadata", e.metadata);
    integer("duration", e.duration.count());
  }
  void members(const AttemptFailed& e) {
    attempt(e.attempt);
    error(e.error);
    integer("duration", e.duration.count());
    integer("retry_at", to_micros(e.retry_at));
  }
  void members(const TaskFailed& e) {
    attempt(e.attempt);
    error(e.error);
    integer("duration", e.duration.count());
  }
  void members(const TaskSkipped& e) {
    task(e.task);
    text("reason", e.reason);
  }
  void members(const TaskCancelled& e) { task(e.task); }
  void members(const ItemsListed& e) {
    task(e.task);
    activation(e.activation);
    payload("items", e.items);
  }
  void members(const ItemsEnded& e) {
    task(e.task);
    activation(e.activation);
    if (e.error) error(*e.error);
    integer("duration", e.duration.count());
  }
  void members(const EdgeTaken& e) {
    task(e.task);
    activation(e.activation);
    if (!e.edge) return;
    integer("edge", *e.edge);
    const auto to = definition_.edges[*e.edge].to;
    text("to", to ? std::string_view(definition_.tasks[*to].name) : "end");
  }
  void members(const SignalReceived& e) {
    text("name", e.name);
    payload("payload", e.payload);
  }
  void members(const SignalTaken& e) { attempt(e.attempt); }
  void members(const ApprovalRequested& e) {
    task(e.task);
    activation(e.activation);
    text("message", e.message);
    payload("parameters", e.parameters);
    if (e.due) integer("due", to_micros(*e.due));
  }
  void members(const ApprovalGiven& e) {
    answer(e);
    if (e.set) payload("set", e.set);
  }
  void members(const ApprovalRejected& e) {
    answer(e);
    error(e.error);
  }
  void answer(const auto& e) {
    task(e.task);
    activation(e.activation);
    text("by", e.by);
    if (!e.comment.empty()) text("comment", e.comment);
  }
  void members(const Emission& e) {
    task(e.task);
    text("name", e.name);
    payload("data", e.data);
  }
  void members(const StopRequested& e) {
    text("reason", stop_reasons[static_cast<std::size_t>(e.reason)]);
    text("message", e.message);
  }
  void members(const CompensationStarted& e) {
    text("reason", e.reason);
    if (e.left.empty()) return;
    JsonArray all;
    for (const auto& one : e.left)
      all.push_back(JsonObject{{"task", definition_.tasks[one.task].name}, {"activation", one.activation}, {"run", one.run}});
    key("left");
    append_json(out_, Json(std::move(all)));
  }
  void members(const RunFinished& e) {
    if (!e.error.empty()) text("error", e.error);
    if (e.outputs) payload("outputs", e.outputs);
  }

  void key(std::string_view name, std::string_view suffix = {}) {
    out_ += ",\"";
    out_ += name;
    out_ += suffix;
    out_ += "\":";
  }
  void integer(std::string_view name, std::integral auto value) {
    key(name);
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json(out_, Json(value));
  }
  void task(TaskIndex index) { text("task", definition_.tasks[index].name); }
  void activation(std::uint32_t number) {
    if (number != 1) integer("activation", number);
  }
  void attempt(const Attempt& a) {
    task(a.task);
    activation(a.activation);
    if (a.item != no_item) integer("item", a.item);
    integer("attempt", a.attempt);
  }
  void spend(std::string_view name, const agent::Spend& e) {
    if (e.none()) return;
    key(name);
    fmt::format_to(std::back_inserter(out_), R"({{"tokens":{},"nano_dollars":{},"tool_calls":{}}})", e.tokens, e.nano_dollars,
                   e.tool_calls);
  }
  void limits(const agent::SpendLimits& e) {
    if (e.tokens) integer("tokens", *e.tokens);
    if (e.nano_dollars) integer("nano_dollars", *e.nano_dollars);
    if (e.tool_calls) integer("tool_calls", *e.tool_calls);
  }
  void agent_limits(const AgentLimits& all) {
    JsonObject out;
    for (const auto& [agent, limits] : all) {
      JsonObject one;
      if (limits.tokens) one["tokens"] = *limits.tokens;
      if (limits.nano_dollars) one["nano_dollars"] = *limits.nano_dollars;
      if (limits.tool_calls) one["tool_calls"] = *limits.tool_calls;
      out[agent] = std::move(one);
    }
    key("agent_budgets");
    append_json(out_, Json(std::move(out)));
  }
  void error(const Error& e) {
    key("error");
    append_json(out_, error_to_json(e));
  }
  void payload(std::string_view name, const JsonPtr& value) {
    const auto start = out_.size();
    key(name);
    const auto from = out_.size();
    append_json(out_, value ? *value : Json());
    if (blobs_ == nullptr || out_.size() - from <= max_inline_payload) return;
    const auto hash = blobs_->put(std::string_view(out_).substr(from));
    out_.resize(start);
    key(name, "_blob");
    out_ += '"' + hash + '"';
  }

  std::string& out_;
  const Definition& definition_;
  store::BlobWriter* blobs_;
};

/// Reads the members of one event; the first thing that is wrong is kept.
class Decoder {
 public:
  Decoder(const JsonObject& object, const Definition& definition, const store::BlobReader& blobs)
      : object_(object), definition_(definition), blobs_(blobs) {}

  Result<Event> read() {
    Event event;
    event.at = instant("at");
    const auto type = text("type");
    if (type == "run_created") {
      event.body = RunCreated{.definition_hash = text("definition"),
                              .inputs = payload("inputs"),
                              .deadline = maybe_instant("deadline"),
                              .parent = maybe_run("parent"),
                              .until = maybe_instant("until"),
                              .attempts = maybe_count("attempts"),
                              .limits = {.tokens = maybe_amount("tokens"),
                                         .nano_dollars = maybe_amount("nano_dollars"),
                                         .tool_calls = maybe_amount("tool_calls")},
                              .origin = maybe_origin(),
                              .held = maybe_payload("held"),
                              .changes = maybe_payload("changes"),
                              .agent_limits = agent_limits()};
    } else if (type == "run_resumed") {
      event.body = RunResumed{.epoch = static_cast<std::uint64_t>(integer("epoch"))};
    } else if (type == "attempt_started") {
      AttemptStarted started{.attempt = attempt(),
                             .wake_at = maybe_instant("wake_at"),
                             .signal = maybe_text("signal"),
                             .question = maybe_payload("question"),
                             .reserved = maybe_count("reserved").value_or(0),
                             .reserved_spend = spend("reserved_spend"),
                             .child = maybe_run("child"),
                             .session = maybe_session()};
      if (started.child) started.signal = signal_of_end(*started.child);
      event.body = std::move(started);
    } else if (const auto called = kind_of_call(type)) {
      event.body = CallStarted{.attempt = attempt(),
                               .number = counter("call"),
                               .kind = *called,
                               .request = payload("request"),
                               .reserved = spend("reserved"),
                               .again = set("again")};
    } else if (const auto answered = kind_of_answer(type)) {
      event.body =
          CallEnded{.attempt = attempt(), .number = counter("call"), .kind = *answered, .answer = payload("answer"), .used = spend("used")};
    } else if (type == "task_completed") {
      event.body =
          TaskCompleted{.attempt = attempt(), .result = payload("result"), .metadata = maybe_payload("metadata"), .duration = duration()};
    } else if (type == "attempt_failed") {
      event.body = AttemptFailed{.attempt = attempt(), .error = error(), .duration = duration(), .retry_at = instant("retry_at")};
    } else if (type == "task_failed") {
      event.body = TaskFailed{.attempt = attempt(0), .error = error(), .duration = duration()};
    } else if (type == "task_skipped") {
      event.body = TaskSkipped{.task = task(), .reason = text("reason")};
    } else if (type == "task_cancelled") {
      event.body = TaskCancelled{.task = task()};
    } else if (type == "items_listed") {
      event.body = ItemsListed{.task = task(), .activation = activation(), .items = payload("items")};
    } else if (type == "items_completed") {
      event.body = ItemsEnded{.task = task(), .activation = activation(), .error = std::nullopt, .duration = duration()};
    } else if (type == "items_failed") {
      event.body = ItemsEnded{.task = task(), .activation = activation(), .error = error(), .duration = duration()};
    } else if (type == "edge_taken") {
      event.body = EdgeTaken{.task = task(), .activation = activation(), .edge = maybe_edge()};
    } else if (type == "signal_received") {
      event.body = SignalReceived{.name = text("name"), .payload = payload("payload")};
    } else if (type == "signal_taken") {
      event.body = SignalTaken{.attempt = attempt()};
    } else if (type == "approval_requested") {
      event.body = ApprovalRequested{.task = task(),
                                     .activation = activation(),
                                     .message = text("message"),
                                     .parameters = payload("parameters"),
                                     .due = maybe_instant("due")};
    } else if (type == "approval_given") {
      event.body = ApprovalGiven{
          .task = task(), .activation = activation(), .by = text("by"), .comment = maybe_text("comment"), .set = maybe_payload("set")};
    } else if (type == "approval_rejected") {
      event.body = ApprovalRejected{
          .task = task(), .activation = activation(), .by = text("by"), .comment = maybe_text("comment"), .error = error()};
    } else if (type == "emitted") {
      event.body = Emission{.task = task(), .name = text("name"), .data = payload("data")};
    } else if (type == "stop_requested") {
      event.body = StopRequested{.reason = stop_reason(), .message = text("message")};
    } else if (type == "compensation_started") {
      event.body = CompensationStarted{.reason = text("reason"), .left = left_undos()};
    } else if (const auto status = type.starts_with("run_") ? run_status_from(type.substr(4)) : std::nullopt; status && is_final(*status)) {
      event.body = RunFinished{.status = *status, .error = maybe_text("error"), .outputs = maybe_payload("outputs")};
    } else {
      wrong(fmt::format("unknown event type '{}'; was it written by a newer version?", type));
    }
    if (problem_) return std::unexpected(*problem_);
    return event;
  }

 private:
  void wrong(std::string what) {
    if (!problem_)
      problem_ =
          Error{.code = ErrorCode::bad_response, .message = "journal entry: " + what, .context = {}, .retryable = false, .retry_after = {}};
  }
  const Json* find(std::string_view name) { return object_.if_contains(name); }
  std::int64_t integer(std::string_view name) {
    const auto* value = find(name);
    if (value != nullptr && value->is_int64()) return value->get_int64();
    if (value != nullptr && value->is_uint64()) return static_cast<std::int64_t>(value->get_uint64());
    wrong(fmt::format("'{}' is not an integer", name));
    return 0;
  }
  /// True, or not there.
  bool set(std::string_view name) {
    const auto* value = find(name);
    if (value != nullptr && *value != Json(true)) wrong(fmt::format("'{}' is not true", name));
    return value != nullptr;
  }
  std::string maybe_text(std::string_view name) {
    const auto* value = find(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
  }
  std::string text(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr || !value->is_string()) wrong(fmt::format("'{}' is not a string", name));
    return maybe_text(name);
  }
  Instant instant(std::string_view name) { return from_micros(integer(name)); }
  std::optional<Instant> maybe_instant(std::string_view name) {
    if (find(name) == nullptr) return std::nullopt;
    return instant(name);
  }
  std::optional<RunId> maybe_run(std::string_view name) {
    if (find(name) == nullptr) return std::nullopt;
    const auto id = RunId::parse(text(name));
    if (!id) wrong(fmt::format("'{}' is not the id of a run", name));
    return id;
  }
  microseconds duration() { return microseconds{integer("duration")}; }
  TaskIndex task(std::string_view member = "task") {
    const auto name = text(member);
    const auto index = definition_.find_task(name);
    if (!index) wrong(fmt::format("there is no task '{}' in the definition", name));
    return index.value_or(0);
  }
  std::uint32_t counter(std::string_view name) {
    const auto value = integer(name);
    if (value < 1 || value > std::numeric_limits<std::uint32_t>::max()) wrong(fmt::format("'{}' is out of range", name));
    return static_cast<std::uint32_t>(value);
  }
  std::optional<std::uint32_t> maybe_count(std::string_view name) {
    if (find(name) == nullptr) return std::nullopt;
    return index(name, no_item);
  }
  std::uint64_t amount(std::string_view name, const Json* value) {
    if (value != nullptr && value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
    if (value != nullptr && value->is_uint64()) return value->get_uint64();
    wrong(fmt::format("'{}' is not an amount", name));
    return 0;
  }
  std::optional<std::uint64_t> maybe_amount(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    return amount(name, value);
  }
  Boxed<AgentLimits> agent_limits() {
    const auto* all = find("agent_budgets");
    if (all == nullptr) return std::nullopt;
    AgentLimits out;
    if (!all->is_object()) {
      wrong("'agent_budgets' is not an object");
      return out;
    }
    for (const auto& [agent, limits] : all->get_object()) {
      const auto limit = [&](std::string_view name) -> std::optional<std::uint64_t> {
        const auto* value = at_pointer(limits, name);
        if (value == nullptr) return std::nullopt;
        return amount("agent_budgets", value);
      };
      out[std::string(agent)] = {.tokens = limit("/tokens"), .nano_dollars = limit("/nano_dollars"), .tool_calls = limit("/tool_calls")};
    }
    return out;
  }
  std::vector<LeftUndo> left_undos() {
    std::vector<LeftUndo> out;
    const auto* all = find("left");
    if (all == nullptr) return out;
    if (!all->is_array()) {
      wrong("'left' is not a list");
      return out;
    }
    for (const auto& one : all->get_array()) {
      if (!one.is_object()) {
        wrong("'left' holds something that is no object");
        return out;
      }
      Decoder inner(one.get_object(), definition_, blobs_);
      out.push_back({.task = inner.task(), .activation = inner.counter("activation"), .run = inner.text("run")});
      if (inner.problem_) problem_ = inner.problem_;
    }
    return out;
  }
  agent::Spend spend(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    return {.tokens = amount(name, at_pointer(*value, "/tokens")),
            .nano_dollars = amount(name, at_pointer(*value, "/nano_dollars")),
            .tool_calls = amount(name, at_pointer(*value, "/tool_calls"))};
  }
  Boxed<store::SessionPoint> maybe_session() {
    const auto* value = find("session");
    if (value == nullptr) return std::nullopt;
    const auto* name = at_pointer(*value, "/name");
    const auto* id = at_pointer(*value, "/id");
    const auto uuid = id != nullptr && id->is_string() ? Uuid::parse(id->get_string()) : std::nullopt;
    if (name == nullptr || !name->is_string() || !uuid) {
      wrong("'session' does not name a session");
      return std::nullopt;
    }
    return store::SessionPoint{
        .name = std::string(name->get_string()), .id = *uuid, .length = amount("session.length", at_pointer(*value, "/length"))};
  }
  Attempt attempt(std::uint32_t least = 1) {
    Attempt out{.task = task(), .activation = activation(), .attempt = least == 0 ? index("attempt", no_item) : counter("attempt")};
    if (find("item") != nullptr) out.item = index("item", no_item);
    return out;
  }
  std::uint32_t activation() { return find("activation") != nullptr ? counter("activation") : 1; }
  /// A place in something that holds fewer than `end`.
  std::uint32_t index(std::string_view name, std::uint64_t end) {
    const auto value = integer(name);
    if (value < 0 || static_cast<std::uint64_t>(value) >= end) wrong(fmt::format("'{}' is out of range", name));
    return static_cast<std::uint32_t>(value);
  }
  std::optional<EdgeIndex> maybe_edge() {
    if (find("edge") == nullptr) return std::nullopt;
    return index("edge", definition_.edges.size());
  }
  Boxed<Origin> maybe_origin() {
    const bool fork = find("fork_of") != nullptr;
    if (!fork && find("retry_of") == nullptr) return std::nullopt;
    Origin out{.kind = fork ? Origin::Kind::fork : Origin::Kind::retry, .run = text(fork ? "fork_of" : "retry_of")};
    if (find("from") != nullptr) out.from = task("from");
    out.kept = static_cast<std::uint64_t>(integer("kept"));
    if (find("foreign") != nullptr) out.foreign = static_cast<std::uint64_t>(integer("foreign"));
    return out;
  }
  StopReason stop_reason() {
    const auto name = text("reason");
    const auto known = std::ranges::find(stop_reasons, name);
    if (known == stop_reasons.end()) wrong(fmt::format("unknown reason to stop '{}'", name));
    return static_cast<StopReason>((known - stop_reasons.begin()) % static_cast<std::ptrdiff_t>(stop_reasons.size()));
  }
  Error error() {
    const auto* value = find("error");
    auto decoded = error_from_json(value != nullptr ? *value : Json());
    if (decoded) return *decoded;
    wrong(decoded.error().message);
    return {};
  }
  JsonPtr payload(std::string_view name) {
    auto value = maybe_payload(name);
    if (!value) wrong(fmt::format("'{}' is missing", name));
    return value;
  }
  JsonPtr maybe_payload(std::string_view name) {
    if (const auto* value = find(name)) return std::make_shared<const Json>(*value);
    const auto hash = maybe_text(std::string(name) + "_blob");
    if (hash.empty()) return nullptr;
    const auto bytes = blobs_.get_blob(hash);
    if (!bytes) {
      wrong(bytes.error().message);
      return nullptr;
    }
    auto parsed = parse_json(*bytes, max_record_depth);
    if (parsed) return std::make_shared<const Json>(std::move(*parsed));
    wrong(fmt::format("the payload {} is damaged: {}", hash, parsed.error().message));
    return nullptr;
  }

  const JsonObject& object_;
  const Definition& definition_;
  const store::BlobReader& blobs_;
  std::optional<Error> problem_;
};

}  // namespace

void encode_events(const std::vector<Event>& events, const Definition& definition, std::string& out, store::BlobWriter& blobs) {
  Encoder encoder(out, definition, &blobs);
  out += '[';
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) out += ',';
    encoder.write(events[i]);
  }
  out += ']';
}

Result<std::vector<Event>> decode_events(std::string_view text, const Definition& definition, const store::BlobReader& blobs) {
  auto parsed = parse_json(text, max_record_depth);
  if (!parsed) return fail(ErrorCode::bad_response, "journal entry: " + parsed.error().message);
  const auto* array = parsed->if_array();
  if (array == nullptr) return fail(ErrorCode::bad_response, "journal entry: not an array of events");
  std::vector<Event> events;
  events.reserve(array->size());
  for (const auto& item : *array) {
    const auto* object = item.if_object();
    if (object == nullptr) return fail(ErrorCode::bad_response, "journal entry: an event is not an object");
    auto event = Decoder(*object, definition, blobs).read();
    if (!event) return std::unexpected(event.error());
    events.push_back(std::move(*event));
  }
  return events;
}

Json event_to_json(const Event& event, const Definition& definition) {
  std::string text;
  Encoder(text, definition, nullptr).write(event);
  auto shown = parse_json(text, max_record_depth).value();
  shown.get_object()["at"] = to_rfc3339(event.at);
  return shown;
}

}  // namespace skein::workflow
