#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/random.hpp"
#include "base/text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/message_text.hpp"
#include "cli/screen_text.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"

namespace skein::cli {
namespace {

struct SessionsOptions {
  CommonOptions common;
  std::string name;
  std::string branch;
  std::string prefix;
  std::string turn;
  std::uint32_t limit = 20;
  std::uint32_t last = 0;
  bool names = false;
};

Json to_document(const store::SessionRow& row) {
  JsonObject out;
  out["session"] = row.point.name;
  out["id"] = row.point.id.str();
  out["agent"] = row.agent;
  out["turns"] = row.turns;
  out["messages"] = row.point.length;
  out["created"] = to_rfc3339(row.created);
  out["updated"] = to_rfc3339(row.updated);
  if (!row.origin.empty()) out["origin"] = row.origin;
  return out;
}

/// Where there is one of that name; the advice names what comes near.
Result<store::SessionRow> find_session(runtime::Runtime& runtime, const std::string& name) {
  auto row = runtime.store().find_session(name);
  if (row || row.error().code != ErrorCode::not_found) return row;
  const auto all = runtime.store().list_sessions({.prefix = {}, .limit = 1000});
  if (!all) return std::unexpected(all.error());
  std::vector<std::string_view> names;
  for (const auto& one : *all) names.emplace_back(one.point.name);
  const auto advice = did_you_mean(name, names);
  return fail(ErrorCode::not_found, fmt::format("there is no session '{}'{}", one_line(name),
                                                advice.empty() ? "; `skein sessions list` shows those there are" : advice));
}

Result<int> list(Session& session, const SessionsOptions& options) {
  configure_logs(false);
  if (options.limit == 0) return fail(ErrorCode::invalid_argument, "--limit is a number from 1");
  std::vector<store::SessionRow> rows;
  const auto runtime = open_existing(options.common);
  if (!runtime && runtime.error().code != ErrorCode::not_found) return std::unexpected(runtime.error());
  if (runtime) {
    auto found = (*runtime)->store().list_sessions({.prefix = options.prefix, .limit = options.limit});
    if (!found) return std::unexpected(found.error());
    rows = std::move(*found);
  }
  auto& output = session.output;
  if (options.common.json) {
    JsonArray sessions;
    for (const auto& row : rows) sessions.push_back(to_document(row));
    output.print_json(JsonObject{{"sessions", std::move(sessions)}});
    return 0;
  }
  if (options.names) {
    for (const auto& row : rows) output.print(row.point.name);
    return 0;
  }
  if (rows.empty()) {
    output.note(options.prefix.empty()
                    ? fmt::format("No sessions yet in {}. An agent with the key 'session' makes one.", store_path(options.common))
                    : "No session's name begins so.");
    return 0;
  }
  const auto now = session.clock.now();
  Table table({"SESSION", "AGENT", "TURNS", "MESSAGES", "LAST", ""});
  for (const auto& row : rows) {
    table.add({{one_line(row.point.name), Style::bold},
               {one_line(row.agent)},
               {std::to_string(row.turns)},
               {std::to_string(row.point.length)},
               {ago(row.updated, now)},
               {row.origin.empty() ? "" : "branch of " + one_line(row.origin), Style::dim}});
  }
  for (const auto& line : table.lines(output.out().interactive ? output.out().width : 0, output.out().color)) output.print(line);
  if (rows.size() == options.limit)
    output.note(paint(fmt::format("The latest {}; --limit shows more.", options.limit), Style::dim, output.err().color));
  return 0;
}

Result<int> show(Session& session, const SessionsOptions& options) {
  configure_logs(false);
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  const auto row = find_session(**runtime, options.name);
  if (!row) return std::unexpected(row.error());
  const auto messages = (*runtime)->store().read_session(row->point);
  if (!messages) return std::unexpected(messages.error());
  const auto first = options.last == 0 || options.last >= row->turns ? 1 : row->turns - options.last + 1;
  auto& output = session.output;
  JsonArray said;
  std::uint64_t turn = 0;
  for (const auto& message : *messages) {
    if (message.turn < first) continue;
    const auto value = parse_json(message.text, max_record_depth);
    if (!value) return fail(ErrorCode::bad_response, fmt::format("message {} is damaged: {}", message.position + 1, value.error().message));
    if (options.common.json) {
      auto& out = said.emplace_back(*value).get_object();
      out["turn"] = message.turn;
      out["run_id"] = message.run.str();
      out["agent"] = message.agent;
      out["at"] = to_rfc3339(message.at);
      continue;
    }
    if (message.turn != turn) {
      if (turn != 0) output.print();
      output.print(paint(fmt::format("turn {} · {} · run {}", message.turn, to_rfc3339(message.at), short_id(message.run)), Style::dim,
                         output.out().color));
    }
    turn = message.turn;
    for (const auto& line : message_lines(*value, message.agent, output.out().color)) output.print(line);
  }
  if (options.common.json) {
    auto out = to_document(*row);
    out.get_object()["messages"] = std::move(said);
    output.print_json(out);
  }
  return 0;
}

Result<int> branch(Session& session, const SessionsOptions& options) {
  configure_logs(false);
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  const auto row = find_session(**runtime, options.name);
  if (!row) return std::unexpected(row.error());
  auto turn = row->turns;
  if (!options.turn.empty()) {
    const auto number = parse_json(options.turn);
    if (!number || !number->is_int64() || number->get_int64() < 1 || static_cast<std::uint64_t>(number->get_int64()) > row->turns) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("--turn is a number from 1 to {}, the turns of the session; it is '{}'", row->turns, options.turn));
    }
    turn = static_cast<std::uint64_t>(number->get_int64());
  }
  SystemRandom random;
  const auto now = session.clock.now();
  const auto made =
      (*runtime)->store().branch_session(options.name, turn, {.name = options.branch, .id = Uuid::make(now, random), .length = 0}, now);
  if (!made) return std::unexpected(made.error());
  if (options.common.json) {
    session.output.print_json(to_document(*made));
  } else {
    session.output.note(
        fmt::format("The session '{}' goes on after turn {} of '{}'.", one_line(made->point.name), turn, one_line(options.name)));
  }
  return 0;
}

Result<int> remove(Session& session, const SessionsOptions& options) {
  configure_logs(false);
  const auto runtime = open_existing(options.common);
  if (!runtime) return std::unexpected(runtime.error());
  const auto row = find_session(**runtime, options.name);
  if (!row) return std::unexpected(row.error());
  if (const auto done = (*runtime)->store().delete_session(options.name); !done) return std::unexpected(done.error());
  if (options.common.json) {
    session.output.print_json(JsonObject{{"deleted", options.name}, {"messages", row->point.length}});
  } else {
    session.output.note(fmt::format("Deleted the session '{}' with {} message{}; the runs that spoke in it keep what they said.",
                                    one_line(options.name), row->point.length, row->point.length == 1 ? "" : "s"));
  }
  return 0;
}

void add_common(Command& command, SessionsOptions& options, std::string json_help) {
  add_store_option(command, options.common);
  add_json_option(command, options.common, std::move(json_help));
}

}  // namespace

void register_sessions(CommandLine& line, Session& session) {
  auto options = std::make_shared<SessionsOptions>();
  auto& lists = line.command("sessions list", "Agents", "List conversations that go on over runs, the latest first");
  lists.option("--prefix", options->prefix, "TEXT", "Only those whose name begins so")
      .option("--limit", options->limit, "N", "At most so many (default: 20)")
      .flag("--names", options->names, "Print only the names, one a line");
  add_common(lists, *options, "Print {\"sessions\": […]} as one JSON document");
  lists.example("skein sessions list", "Who talked last")
      .example("skein sessions list --prefix support/ --names", "For scripts: names only")
      .action([options, &session] { return list(session, *options); });

  auto& shows = line.command("sessions show", "Agents", "Show what was said in a session");
  shows.positional("SESSION", options->name, Need::required, "The session's name")
      .option("--last", options->last, "N", "Only the last N turns");
  add_common(shows, *options, "Print the session with its messages as one JSON document");
  shows.example("skein sessions show ann", "The whole conversation")
      .example("skein sessions show ann --last 1", "What was said last")
      .action([options, &session] { return show(session, *options); });

  auto& branches = line.command("sessions branch", "Agents", "Begin a session with what was said in another one");
  branches.positional("SESSION", options->name, Need::required, "The session's name")
      .positional("NEW", options->branch, Need::required, "The name of the new one")
      .option("--turn", options->turn, "N", "Up to and with this turn (default: the last)");
  add_common(branches, *options, "Print the new session as one JSON document");
  branches.example("skein sessions branch ann ann-again --turn 3", "Try another way after turn 3").action([options, &session] {
    return branch(session, *options);
  });

  auto& deletes = line.command("sessions delete", "Agents", "Delete a session with all that was said in it");
  deletes
      .details(
          "Runs that have ended stay as they are, and can be shown and replayed: their journals have what was said in them. A turn that is "
          "under "
          "way in the session fails with 'conflict' when it ends.")
      .positional("SESSION", options->name, Need::required, "The session's name");
  add_common(deletes, *options, "Print {deleted, messages}");
  deletes.example("skein sessions delete ann", "Forget what ann said").action([options, &session] { return remove(session, *options); });
}

}  // namespace skein::cli
