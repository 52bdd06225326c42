#include "workflow/event_codec.hpp"

#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "support/definitions.hpp"

namespace skein::workflow {
namespace {

class Blobs final : public store::BlobWriter, public store::BlobReader {
 public:
  std::string put(std::string_view bytes) override {
    auto hash = sha256_hex(bytes);
    kept.emplace(hash, bytes);
    return hash;
  }
  Result<std::string> get_blob(std::string_view hash) const override {
    const auto it = kept.find(std::string(hash));
    if (it == kept.end()) return fail(ErrorCode::not_found, "no such blob");
    return it->second;
  }
  std::map<std::string, std::string> kept;
};

JsonPtr json(Json value) { return std::make_shared<const Json>(std::move(value)); }

Error some_error() {
  return Error{.code = ErrorCode::http_status,
               .message = "503 \"busy\"",
               .context = "status=503",
               .retryable = true,
               .retry_after = milliseconds{1500}};
}

std::vector<Event> one_of_each() {
  const Instant at{microseconds{1'700'000'000'123'456}};
  const Attempt attempt{.task = 1, .activation = 1, .attempt = 2};
  std::vector<EventBody> bodies{
      RunCreated{.definition_hash = "abc", .inputs = json(JsonObject{{"city", "Oslo"}}), .deadline = at},
      RunCreated{.definition_hash = "abc", .inputs = json(JsonObject{}), .deadline = {}},
      RunCreated{.definition_hash = "abc",
                 .inputs = json(JsonObject{}),
                 .deadline = {},
                 .origin = Origin{.kind = Origin::Kind::retry, .run = "r", .from = {}, .kept = 3},
                 .changes = json(JsonObject{{"a", JsonObject{{"n", 1}}}})},
      RunCreated{.definition_hash = "abc",
                 .inputs = json(JsonObject{}),
                 .deadline = {},
                 .origin = Origin{.kind = Origin::Kind::fork, .run = "r", .from = 1, .kept = 3, .foreign = 2}},
      RunResumed{.epoch = 7},
      AttemptStarted{.attempt = attempt, .wake_at = {}},
      AttemptStarted{.attempt = {.task = 0, .activation = 4, .attempt = 1}, .wake_at = at + seconds{5}},
      TaskCompleted{.attempt = attempt, .result = json(JsonArray{1, 2.5, "x", nullptr}), .metadata = nullptr, .duration = milliseconds{3}},
      TaskCompleted{.attempt = attempt, .result = json(nullptr), .metadata = json(JsonObject{{"status", 200}}), .duration = {}},
      AttemptFailed{.attempt = attempt, .error = some_error(), .duration = seconds{1}, .retry_at = at + seconds{2}},
      TaskFailed{.attempt = attempt,
                 .error = {.code = ErrorCode::timeout, .message = "Request timeout", .context = {}, .retryable = false, .retry_after = {}},
                 .duration = seconds{30}},
      TaskSkipped{.task = 0, .reason = "task 'x' failed"},
      TaskCancelled{.task = 1},
      Emission{.task = 0, .name = "note", .data = json("hello")},
      StopRequested{.reason = StopReason::cancelled, .message = "enough"},
      StopRequested{.reason = StopReason::timed_out, .message = "late"},
      CompensationStarted{.reason = "the order failed"},
      CompensationStarted{.reason = "twice",
                          .left = {{.task = 0, .activation = 1, .run = "one"}, {.task = 1, .activation = 3, .run = "two"}}},
      ItemsListed{.task = 1, .activation = 1, .items = json(JsonArray{1, 2})},
      ItemsEnded{.task = 1, .activation = 2, .error = {}, .duration = microseconds{3}},
      ItemsEnded{.task = 1, .activation = 1, .error = some_error(), .duration = microseconds{3}},
      EdgeTaken{.task = 0, .activation = 3, .edge = 0},
      EdgeTaken{.task = 0, .activation = 1, .edge = 1},
      EdgeTaken{.task = 0, .activation = 1, .edge = std::nullopt},
      AttemptStarted{.attempt = {.task = 1, .activation = 2, .attempt = 1, .item = 4}, .wake_at = {}, .signal = "paid"},
      AttemptStarted{
          .attempt = attempt,
          .wake_at = {},
          .signal = {},
          .session =
              store::SessionPoint{.name = "ann \"x\"", .id = Uuid::parse("01901c3e-5d2a-7000-8000-00000000abcd").value(), .length = 12}},
      SignalReceived{.name = "paid", .payload = json(1)},
      SignalTaken{.attempt = {.task = 1, .activation = 1, .attempt = 1, .item = 0}},
      ApprovalRequested{.task = 1, .activation = 1, .message = "Go?", .parameters = json(JsonObject{}), .due = at},
      ApprovalRequested{.task = 1, .activation = 1, .message = "Go?", .parameters = json(nullptr), .due = {}},
      ApprovalGiven{.task = 1, .activation = 1, .by = "maria", .comment = "yes", .set = json(JsonObject{{"a", 1}})},
      ApprovalGiven{.task = 1, .activation = 1, .by = "", .comment = "", .set = nullptr},
      ApprovalRejected{.task = 1, .activation = 1, .by = "maria", .comment = "", .error = some_error()},
      StopRequested{.reason = StopReason::failed, .message = "Loop limit reached"},
      RunCreated{.definition_hash = "abc",
                 .inputs = json(JsonObject{}),
                 .deadline = {},
                 .parent = RunId::parse("01890000-0000-7000-8000-000000000001"),
                 .until = at,
                 .attempts = 7,
                 .held = json(JsonArray{"outer/x", "middle/"})},
      RunCreated{.definition_hash = "abc",
                 .inputs = json(JsonObject{}),
                 .deadline = {},
                 .limits = {.tokens = 5, .nano_dollars = 18'000'000'000'000'000'000U, .tool_calls = 0}},
      CallStarted{.attempt = attempt, .number = 1, .kind = agent::CallKind::model, .request = json("q"), .reserved = {}},
      CallStarted{
          .attempt = attempt, .number = 1, .kind = agent::CallKind::model, .request = json("q"), .reserved = {.tokens = 7}, .again = true},
      CallStarted{.attempt = attempt, .number = 2, .kind = agent::CallKind::tool, .request = json("q"), .reserved = {.tool_calls = 1}},
      CallStarted{.attempt = attempt, .number = 3, .kind = agent::CallKind::person, .request = json("q"), .reserved = {}},
      CallEnded{.attempt = attempt, .number = 3, .kind = agent::CallKind::person, .answer = json("yes"), .used = {}},
      RunCreated{.definition_hash = "abc",
                 .inputs = json(JsonObject{}),
                 .deadline = {},
                 .agent_limits = AgentLimits{{"a", {.tokens = 5, .nano_dollars = {}, .tool_calls = 0}},
                                             {"b", {.tokens = {}, .nano_dollars = 7, .tool_calls = {}}}}},
      CallEnded{.attempt = attempt, .number = 1, .kind = agent::CallKind::model, .answer = json("a"), .used = {.tokens = 9}},
      CallEnded{.attempt = attempt, .number = 2, .kind = agent::CallKind::tool, .answer = json(nullptr), .used = {}},
      AttemptStarted{.attempt = attempt,
                     .wake_at = {},
                     .signal = "run:01890000-0000-7000-8000-000000000002",
                     .reserved = 3,
                     .reserved_spend = {.tokens = 5, .nano_dollars = 6, .tool_calls = 7},
                     .child = RunId::parse("01890000-0000-7000-8000-000000000002")},
      AttemptStarted{.attempt = attempt,
                     .wake_at = {},
                     .signal = "run:01890000-0000-7000-8000-000000000002",
                     .child = RunId::parse("01890000-0000-7000-8000-000000000002")},
      AttemptStarted{.attempt = attempt, .wake_at = {}, .signal = "answer:second", .question = json(JsonObject{{"question", "Who?"}})},
      TaskFailed{.attempt = {.task = 1, .activation = 1, .attempt = 0}, .error = some_error(), .duration = {}},
      RunFinished{.status = RunStatus::completed, .error = {}, .outputs = json(JsonObject{{"n", 1}})},
      RunFinished{.status = RunStatus::partially_completed, .error = "Task 'a' failed", .outputs = nullptr},
      RunFinished{.status = RunStatus::failed, .error = "no", .outputs = nullptr},
      RunFinished{.status = RunStatus::cancelled, .error = "no", .outputs = nullptr},
  };
  std::vector<Event> events;
  events.reserve(bodies.size());
  for (auto& body : bodies) events.push_back({.at = at, .body = std::move(body)});
  return events;
}

TEST(EventCodec, EveryEventSurvivesTheJournal) {
  const auto definition =
      testing::make_definition({{"first"}, {"second"}}, {{.from = "first", .to = "second"}, {.from = "first", .to = "end"}});
  const auto events = one_of_each();
  Blobs blobs;
  std::string text;
  encode_events(events, *definition, text, blobs);
  const auto decoded = decode_events(text, *definition, blobs);
  ASSERT_TRUE(decoded) << decoded.error().message;
  ASSERT_EQ(decoded->size(), events.size());
  std::string again;
  encode_events(*decoded, *definition, again, blobs);
  EXPECT_EQ(again, text);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(type_of((*decoded)[i]), type_of(events[i]));
    EXPECT_EQ(task_of((*decoded)[i]), task_of(events[i]));
    EXPECT_EQ((*decoded)[i].at, events[i].at);
  }
  EXPECT_EQ(std::get<AttemptFailed>((*decoded)[9].body).error, some_error());
  EXPECT_TRUE(blobs.kept.empty());
}

TEST(EventCodec, LargePayloadsAreSpilledAndComeBack) {
  const auto definition = testing::make_definition({{"only"}});
  const std::string large(max_inline_payload + 1, 'x');
  std::vector<Event> events{
      {.at = {}, .body = TaskCompleted{.attempt = {}, .result = json(Json(large)), .metadata = nullptr, .duration = {}}}};
  Blobs blobs;
  std::string text;
  encode_events(events, *definition, text, blobs);
  EXPECT_EQ(blobs.kept.size(), 1U);
  EXPECT_LT(text.size(), 300U);
  const auto decoded = decode_events(text, *definition, blobs);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<TaskCompleted>((*decoded)[0].body).result->get_string(), large);
  EXPECT_EQ(event_to_json(events[0], *definition).at("result").get_string(), large);

  blobs.kept.begin()->second = "damaged";
  EXPECT_FALSE(decode_events(text, *definition, blobs));
  blobs.kept.clear();
  EXPECT_FALSE(decode_events(text, *definition, blobs));
}

TEST(EventCodec, PayloadsAsDeepAsJsonAllowsComeBack) {
  const auto definition = testing::make_definition({{"only"}});
  Json deep = 1;
  for (std::size_t i = 0; i < max_json_depth; ++i) deep = JsonArray{deep};
  ASSERT_TRUE(parse_json(to_json(deep)));
  Blobs blobs;
  std::string text;
  const Event event{.at = {}, .body = Emission{.task = 0, .name = "note", .data = json(deep)}};
  encode_events({event}, *definition, text, blobs);
  const auto decoded = decode_events(text, *definition, blobs);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*std::get<Emission>((*decoded)[0].body).data, deep);
  EXPECT_EQ(event_to_json(event, *definition).at("data"), deep);
}

TEST(EventCodec, ShowsTimesToPeople) {
  const auto definition = testing::make_definition({{"only"}});
  const auto shown = event_to_json({.at = Instant{seconds{0}}, .body = TaskCancelled{.task = 0}}, *definition);
  EXPECT_EQ(to_json(shown), R"({"type":"task_cancelled","at":"1970-01-01T00:00:00.000Z","task":"only"})");
}

TEST(EventCodec, WhatHasNoValueIsReadAsNull) {
  const auto definition = testing::make_definition({{"only"}});
  Blobs blobs;
  std::string text;
  encode_events({{.at = {}, .body = Emission{.task = 0, .name = "note", .data = nullptr}}}, *definition, text, blobs);
  const auto decoded = decode_events(text, *definition, blobs);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*std::get<Emission>((*decoded)[0].body).data, Json(nullptr));
}

TEST(ErrorCodec, MembersOfAnotherTypeAreLeftOut) {
  const auto read = error_from_json(
      JsonObject{{"code", "timeout"}, {"message", 4}, {"context", JsonArray{}}, {"retryable", "yes"}, {"retry_after_ms", "soon"}});
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (Error{.code = ErrorCode::timeout, .message = {}, .context = {}, .retryable = false, .retry_after = {}}));
  EXPECT_FALSE(error_from_json(JsonObject{{"code", "timeout"}, {"retryable", false}})->retryable);
  EXPECT_FALSE(error_from_json(JsonObject{{"code", 4}}));
}

TEST(EventCodec, DamagedEntriesAreErrorsAndNeverCrash) {
  const auto definition =
      testing::make_definition({{"first"}, {"second"}}, {{.from = "first", .to = "second"}, {.from = "first", .to = "end"}});
  Blobs blobs;
  for (const std::string text :
       {"",
        "{}",
        "[1]",
        R"([{}])",
        R"([{"type":"run_created","at":1}])",
        R"([{"type":"run_created","at":1,"definition":"abc","inputs":{},"parent":"nobody"}])",
        R"([{"type":"nonsense","at":1}])",
        R"([{"type":"run_pending","at":1}])",
        R"([{"type":"attempt_started","at":1,"task":"third","attempt":1}])",
        R"([{"type":"attempt_started","at":1,"task":"first","attempt":0}])",
        R"([{"type":"attempt_started","at":1,"task":"first","attempt":1,"activation":-1}])",
        R"([{"type":"attempt_started","at":"1","task":"first","attempt":1}])",
        R"([{"type":"attempt_started","at":18446744073709551615,"task":"first","attempt":99999999999}])",
        R"([{"type":"run_created","at":1,"definition":"x","inputs":{},"tokens":-1}])",
        R"([{"type":"run_created","at":1,"definition":"x","inputs":{},"agent_budgets":[]}])",
        R"([{"type":"run_created","at":1,"definition":"x","inputs":{},"agent_budgets":{"a":{"tokens":"many"}}}])",
        R"([{"type":"model_called","at":1,"task":"first","attempt":1,"call":0,"request":1}])",
        R"([{"type":"model_called","at":1,"task":"first","attempt":1,"call":1,"request":1,"reserved":{"tokens":1}}])",
        R"([{"type":"model_called","at":1,"task":"first","attempt":1,"call":1,"request":1,"again":false}])",
        R"([{"type":"tool_answered","at":1,"task":"first","attempt":1,"call":1}])",
        R"([{"type":"task_failed","at":1,"task":"first","attempt":1,"duration":1}])",
        R"([{"type":"task_failed","at":1,"task":"first","attempt":1,"duration":1,"error":{"code":"new_code"}}])",
        R"([{"type":"task_completed","at":1,"task":"first","attempt":1,"duration":1}])",
        R"([{"type":"task_skipped","at":1,"task":"first","reason":4}])",
        R"([{"type":"compensation_started","at":1,"reason":"x","left":{}}])",
        R"([{"type":"compensation_started","at":1,"reason":"x","left":["first"]}])",
        R"([{"type":"compensation_started","at":1,"reason":"x","left":[{"task":"third","activation":1,"run":"y"}]}])",
        R"([{"type":"edge_taken","at":1,"task":"first","edge":2}])",
        R"([{"type":"edge_taken","at":1,"task":"first","edge":-1}])",
        R"([{"type":"signal_taken","at":1,"task":"first","attempt":1,"item":4294967295}])",
        R"([{"type":"stop_requested","at":1,"reason":"bored","message":""}])"}) {
    EXPECT_FALSE(decode_events(text, *definition, blobs)) << text;
  }
  std::string whole;
  encode_events(one_of_each(), *definition, whole, blobs);
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_FALSE(decode_events(std::string_view(whole).substr(0, cut), *definition, blobs));
}

TEST(EventCodec, LimitsThatAreNotThereAreNotWritten) {
  const auto definition = testing::make_definition({{"only"}});
  Blobs blobs;
  std::string text;
  const RunCreated created{.definition_hash = definition->hash,
                           .inputs = std::make_shared<const Json>(JsonObject{}),
                           .deadline = {},
                           .limits = {.tokens = {}, .nano_dollars = 5, .tool_calls = {}}};
  encode_events({{.at = {}, .body = created}}, *definition, text, blobs);
  EXPECT_EQ(text.find("tokens"), std::string::npos) << text;
  EXPECT_EQ(std::get<RunCreated>((*decode_events(text, *definition, blobs))[0].body).limits, created.limits);
}

TEST(EventCodec, ASessionNeedsANameAndAnId) {
  const auto definition = testing::make_definition({{"first"}});
  Blobs blobs;
  const auto started = [&](const std::string& session) {
    return decode_events(R"([{"type":"attempt_started","at":1,"task":"first","attempt":1,"session":)" + session + "}]", *definition, blobs);
  };
  const auto* id = "0190163d-8694-739b-aea5-966c26f8ad91";
  const auto read = started(fmt::format(R"({{"name":"s","id":"{}","length":3}})", id));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<AttemptStarted>((*read)[0].body).session->length, 3);
  for (const auto& wrong : {std::string("7"), fmt::format(R"({{"id":"{}","length":3}})", id),
                            fmt::format(R"({{"name":7,"id":"{}","length":3}})", id), std::string(R"({"name":"s","length":3})"),
                            std::string(R"({"name":"s","id":7,"length":3})"), std::string(R"({"name":"s","id":"nobody","length":3})")}) {
    const auto refused = started(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message.find("'session' does not name a session"), std::string::npos) << refused.error().message;
  }
}

}  // namespace
}  // namespace skein::workflow
