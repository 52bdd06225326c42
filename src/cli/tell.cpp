#include "cli/tell.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config.hpp"

namespace skein::cli {

Result<int> tell_run(Session& session, const DriveOptions& options, const std::string& name,
                     const std::function<Result<std::string>(runtime::Runtime&, const runtime::RunReport&)>& say) {
  configure_logs(options.debug);
  const auto runtime = open_existing(options.common, options_to_drive(options));
  if (!runtime) return std::unexpected(runtime.error());
  const auto run = find_run(**runtime, name);
  if (!run) return std::unexpected(run.error());
  const auto before = (*runtime)->report(*run);
  if (!before) return std::unexpected(before.error());
  if (is_final(before->status)) {
    return fail(ErrorCode::conflict, fmt::format("run {} has ended already: {}", short_id(*run), to_string(before->status)));
  }
  const auto row = (*runtime)->store().find_run(*run);
  if (row && row->owned) {
    const auto said = say(**runtime, *before);
    if (!said) return std::unexpected(said.error());
    if (!options.common.json) session.output.note(fmt::format("{} Another process drives the run and goes on with it.", *said));
    const auto report = (*runtime)->report(*run);
    if (report && options.common.json) session.output.print_json(to_json_value(*report));
    return 0;
  }
  const auto definition = row ? (*runtime)->definition(row->definition_hash) : std::unexpected(row.error());
  if (!definition) return std::unexpected(definition.error());
  if (const auto able = (*runtime)->can_drive(**definition); !able) {
    const auto said = say(**runtime, *before);
    if (!said) return std::unexpected(said.error());
    if (options.common.json) {
      session.output.print_json(to_json_value(*before));
    } else {
      session.output.note(fmt::format("{} The run does not go on here: {}.", *said, able.error().message));
    }
    return 4;
  }
  return drive(session, **runtime, options, [&]() -> Result<RunId> {
    const auto said = say(**runtime, *before);
    if (!said) return std::unexpected(said.error());
    if (!options.common.json) session.output.note(*said);
    return *run;
  });
}

Result<Json> parse_answer(const Json& schema, std::string_view words) {
  workflow::InputDefinition shape;
  shape.name = "answer";
  shape.schema = schema;
  auto value = config::parse_input_value(shape, words);
  if (!value)
    return fail(ErrorCode::invalid_argument, fmt::format("the answer must be {}, got '{}'", config::in_words(schema), shorten(words, 60)));
  if (const auto wrong = config::violations("the answer", schema, *value); !wrong.empty())
    return fail(ErrorCode::invalid_argument, wrong.front());
  return value;
}

}  // namespace skein::cli
