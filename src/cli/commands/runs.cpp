#include <algorithm>
#include <memory>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/report_view.hpp"
#include "cli/run_search.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"

namespace skein::cli {
namespace {

struct RunsOptions {
  CommonOptions common;
  std::string status;
  std::string workflow;
  std::string since;
  std::uint32_t limit = 20;
  std::string search;
  bool ids = false;
};

/// Runs that are looked through for a text; the newest come first.
constexpr std::uint32_t most_searched = 10'000;

Json to_document(const store::RunRow& row) {
  JsonObject out;
  out["run_id"] = row.id.str();
  out["workflow"] = row.workflow;
  out["status"] = to_string(row.summary.status);
  out["created"] = to_rfc3339(row.created);
  out["updated"] = to_rfc3339(row.updated);
  out["owned"] = row.owned;
  out["events"] = row.last_seq;
  out["tasks_total"] = row.summary.tasks_total;
  out["tasks_completed"] = row.summary.tasks_completed;
  out["tasks_failed"] = row.summary.tasks_failed;
  if (row.summary.next_due && *row.summary.next_due != store::never) out["next_due"] = to_rfc3339(*row.summary.next_due);
  if (!row.summary.error.empty()) out["error"] = row.summary.error;
  if (!row.origin.empty()) out["origin"] = row.origin;
  out["definition_hash"] = row.definition_hash;
  return out;
}

/// The shortest beginning, from 13 characters on, that tells the listed runs apart.
std::size_t id_length(const std::vector<store::RunRow>& rows) {
  for (const std::size_t length : {std::size_t{13}, std::size_t{18}, std::size_t{23}}) {
    std::set<std::string> seen;
    if (std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return seen.insert(row.id.str().substr(0, length)).second; }))
      return length;
  }
  return 36;
}

std::string state_note(const store::RunRow& row, Instant now) {
  if (!row.summary.error.empty()) return one_line(row.summary.error);
  if (row.queued) return "waits for its turn";
  if (row.summary.next_due == store::never) return "waits for a person, a signal or another run";
  if (!is_final(row.summary.status) && row.summary.next_due && *row.summary.next_due > now)
    return fmt::format("due in {}", human_duration(*row.summary.next_due - now));
  if (!is_final(row.summary.status) && !row.owned) return "nobody drives it: skein resume, or a worker";
  return {};
}

std::string note_of(const store::RunRow& row, Instant now) {
  auto state = state_note(row, now);
  if (row.origin.empty()) return state;
  return one_line(row.origin) + (state.empty() ? "" : "; " + state);
}

void print_table(Output& output, const std::vector<store::RunRow>& rows, Instant now) {
  Table table({"RUN", "WORKFLOW", "STATUS", "TASKS", "CREATED", "TOOK", ""});
  const auto length = id_length(rows);
  for (const auto& row : rows) {
    const auto word = word_for(row.summary.status);
    const auto took = is_final(row.summary.status) ? human_duration(row.updated - row.created) : std::string();
    table.add({{row.id.str().substr(0, length)},
               {one_line(row.workflow), Style::bold},
               {word.text, word.style},
               {fmt::format("{}/{}{}", row.summary.tasks_completed, row.summary.tasks_total,
                            row.summary.tasks_failed > 0 ? fmt::format(" ({} failed)", row.summary.tasks_failed) : "")},
               {ago(row.created, now)},
               {took},
               {note_of(row, now), Style::dim}});
  }
  for (const auto& line : table.lines(output.out().interactive ? output.out().width : 0, output.out().color)) {
    output.print(line);
    if (output.reader_gone()) return;
  }
}

Result<int> list(Session& session, const RunsOptions& options) {
  configure_logs(false);
  if (options.limit == 0) return fail(ErrorCode::invalid_argument, "--limit is a number from 1");
  store::RunFilter filter;
  filter.limit = options.search.empty() ? options.limit : most_searched;
  filter.workflow = options.workflow;
  if (!options.status.empty()) filter.status = run_status_from(options.status);
  const auto now = session.clock.now();
  if (!options.since.empty()) {
    const auto since = parse_since(options.since, now);
    if (!since) return fail(since.error().code, "--since: " + since.error().message);
    filter.created_after = *since;
  }
  std::vector<store::RunRow> rows;
  const auto runtime = open_existing(options.common);
  if (!runtime && runtime.error().code != ErrorCode::not_found) return std::unexpected(runtime.error());
  if (runtime) {
    auto found = (*runtime)->store().list_runs(filter);
    if (!found) return std::unexpected(found.error());
    rows = std::move(*found);
  }
  if (!options.search.empty()) {
    RunSearch search((*runtime)->store(), options.search);
    std::vector<store::RunRow> matching;
    for (auto& row : rows) {
      const auto match = search.mentions(row);
      if (!match) return std::unexpected(match.error());
      if (*match) matching.push_back(std::move(row));
      if (matching.size() == options.limit) break;
    }
    rows = std::move(matching);
  }
  auto& output = session.output;
  if (options.common.json) {
    JsonArray runs;
    for (const auto& row : rows) runs.push_back(to_document(row));
    JsonObject out;
    out["runs"] = std::move(runs);
    output.print_json(out);
  } else if (options.ids) {
    for (const auto& row : rows) output.print(row.id.str());
  } else if (rows.empty()) {
    const bool filtered = !options.status.empty() || !options.workflow.empty() || !options.since.empty() || !options.search.empty();
    output.note(filtered ? "No run matches."
                         : fmt::format("No runs yet in {}. Start one with: skein run FILE", store_path(options.common)));
  } else {
    print_table(output, rows, now);
    if (rows.size() == options.limit)
      output.note(paint(fmt::format("The newest {}; --limit shows more.", options.limit), Style::dim, output.err().color));
  }
  return 0;
}

}  // namespace

void register_runs(CommandLine& line, Session& session) {
  auto options = std::make_shared<RunsOptions>();
  auto& command = line.command("runs", "Look", "List runs, newest first");
  command
      .choice("--status", options->status, {"pending", "running", "waiting", "completed", "partially_completed", "failed", "cancelled"},
              "Only runs with this status")
      .option("--workflow", options->workflow, "NAME", "Only runs of this workflow")
      .option("--since", options->since, "WHEN", "Only runs created since: a duration (2h, 30d) or a date (2026-01-31, UTC)")
      .option("--limit", options->limit, "N", "At most so many (default: 20)")
      .option("--search", options->search, "TEXT",
              "Only runs whose name, id, error, inputs, parameters or results hold this text, in whatever case, among the newest 10,000")
      .flag("--ids", options->ids, "Print only the ids, one a line");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print {\"runs\": […]} as one JSON document");
  command.example("skein runs", "The newest runs")
      .example("skein runs --status failed --since 24h", "What went wrong since yesterday")
      .example("skein runs --search 'order 4711'", "Which run was that?")
      .example("skein runs --status running --ids | xargs -n1 skein cancel", "For scripts: ids only")
      .action([options, &session] { return list(session, *options); });
}

}  // namespace skein::cli
