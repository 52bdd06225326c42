#include "cli/cli.hpp"

#include <cstring>
#include <exception>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"

namespace skein::cli {
namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;
constexpr unsigned widest_help = 110;

int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::invalid_definition:
    case ErrorCode::not_found:
    case ErrorCode::already_exists:
    case ErrorCode::unsupported: return wrong_usage;
    default: return failed;
  }
}

void show_error(Session& session, const Error& error, bool as_json) {
  if (as_json) session.output.print_json(error_document(error));
  if (error.code == ErrorCode::invalid_definition) {
    session.output.note(error.message);  // file:line:column stands first, where editors look for it
  } else {
    session.output.error(error.message);
  }
}

bool asks_for_json(const std::vector<std::string>& arguments) {
  for (const auto& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--json") return true;
  }
  return false;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  Session session;
  CommandLine line;
  register_run(line, session);
  register_resume(line, session);
  register_retry(line, session);
  register_fork(line, session);
  register_approve(line, session);
  register_reject(line, session);
  register_answer(line, session);
  register_replay(line, session);
  register_diff(line, session);
  register_signal(line, session);
  register_compensate(line, session);
  register_cancel(line, session);
  register_worker(line, session);
  register_runs(line, session);
  register_show(line, session);
  register_events(line, session);
  register_chat(line, session);
  register_sessions(line, session);
  register_init(line, session);
  register_validate(line, session);
  register_test(line, session);
  register_graph(line, session);
  register_agent(line, session);
  register_models(line, session);
  register_tools(line, session);
  register_prune(line, session);
  register_doctor(line, session);
  register_completion(line, session);
  register_version(line, session);

  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool as_json = asks_for_json(arguments);
  const auto width = session.output.out().interactive ? std::min(session.output.out().width, widest_help) : 100U;
  int code = failed;
  try {
    const auto action = line.parse(arguments, [&](std::string_view text) { session.output.print(text.substr(0, text.size() - 1)); }, width);
    const auto result = action ? (*action)() : Result<int>(std::unexpected(action.error()));
    if (result) {
      code = *result;
    } else {
      show_error(session, result.error(), as_json);
      code = exit_code_of(result.error());
    }
  } catch (const std::exception& bug) {
    show_error(session,
               {.code = ErrorCode::internal,
                .message = fmt::format("this should not have happened: {}. Please report it; runs in the store are safe", bug.what()),
                .context = {},
                .retryable = false,
                .retry_after = {}},
               as_json);
  }
  if (const int why = session.output.failure(); why != 0) {
    session.output.error(fmt::format("standard output cannot be written: {}", std::strerror(why)));
    if (code == 0) code = failed;
  }
  return code;
}

}  // namespace skein::cli
