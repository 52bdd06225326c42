#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/event_text.hpp"
#include "workflow/event_codec.hpp"

namespace skein::cli {
namespace {

constexpr milliseconds look_every{100};

struct EventsOptions {
  CommonOptions common;
  std::string run;
  bool follow = false;
};

/// Prints the events after `last`, which moves on with them.
Result<void> print_new(Session& session, const store::RunStore& store, RunId run, const workflow::DefinitionPtr& definition, bool json,
                       EventPlace& last) {
  Result<void> decoded;
  const auto read = store.read_journal(run, last.seq + 1, [&](const store::StoredEntry& entry) {
    const auto events = workflow::decode_events(entry.text, *definition, store);
    if (!events) {
      decoded = std::unexpected(events.error());
      return false;
    }
    for (std::size_t i = 0; i < events->size(); ++i) {
      const auto seq = entry.first_seq + i;
      if (seq <= last.seq) continue;
      const auto& event = (*events)[i];
      last.seq = seq;
      if (const auto* created = std::get_if<workflow::RunCreated>(&event.body); created != nullptr && created->origin)
        last.kept = created->origin->kept;
      if (json) {
        session.output.print_json_line(event_document(run, seq, event, *definition));
      } else {
        session.output.print(paint(fmt::format("{:>5} ", seq), Style::dim, session.output.out().color) +
                             event_line(event, last, *definition)
                                 .text(session.output.out().interactive ? session.output.out().width - 6U : 0, session.output.out().color));
      }
    }
    return !session.output.reader_gone();
  });
  return read ? decoded : read;
}

Result<int> events(Session& session, const EventsOptions& options) {
  configure_logs(false);
  session.interrupts.listen();
  const auto opened = open_existing(options.common);
  if (!opened) return std::unexpected(opened.error());
  auto& runtime = **opened;
  const auto run = find_run(runtime, options.run);
  if (!run) return std::unexpected(run.error());
  std::optional<workflow::DefinitionPtr> definition;
  EventPlace last;
  bool told = false;
  while (true) {
    // The row is read first: once it says that the run has ended, the journal is complete.
    const auto row = runtime.store().find_run(*run);
    if (!row) return std::unexpected(row.error());
    if (!definition) {
      auto loaded = runtime.definition(row->definition_hash);
      if (!loaded) return std::unexpected(loaded.error());
      definition = *loaded;
    }
    if (row->last_seq > last.seq) {
      const auto printed = print_new(session, runtime.store(), *run, *definition, options.common.json, last);
      if (!printed) return std::unexpected(printed.error());
    }
    if (!options.follow || is_final(row->summary.status) || session.output.reader_gone()) return 0;
    if (!std::exchange(told, nobody_drives(*row)) && told) session.output.note(how_to_drive(*run, options.common));
    if (session.interrupts.wait_for(look_every)) return session.interrupts.exit_code();
  }
}

}  // namespace

void register_events(CommandLine& line, Session& session) {
  auto options = std::make_shared<EventsOptions>();
  auto& command = line.command("events", "Look", "Print the events of a run, as its journal has them");
  command.positional("RUN", options->run, Need::required, "The run's id, its beginning (4 characters or more), or: last")
      .flag("-f,--follow", options->follow, "Go on until the run has ended, whichever process drives it");
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print a JSON object an event, one a line");
  command.example("skein events last", "What happened, in order")
      .example("skein events last --follow", "Watch a run of another process")
      .example("skein events last --json | jq 'select(.type == \"attempt_failed\")'", "For scripts")
      .action([options, &session] { return events(session, *options); });
}

}  // namespace skein::cli
