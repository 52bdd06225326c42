#pragma once

#include "cli/arguments.hpp"
#include "cli/session.hpp"

namespace skein::cli {

// One command, one file. Each adds itself with its options, its help and what it does.
void register_run(CommandLine& line, Session& session);
void register_resume(CommandLine& line, Session& session);
void register_retry(CommandLine& line, Session& session);
void register_fork(CommandLine& line, Session& session);
void register_approve(CommandLine& line, Session& session);
void register_reject(CommandLine& line, Session& session);
void register_answer(CommandLine& line, Session& session);
void register_replay(CommandLine& line, Session& session);
void register_diff(CommandLine& line, Session& session);
void register_signal(CommandLine& line, Session& session);
void register_compensate(CommandLine& line, Session& session);
void register_cancel(CommandLine& line, Session& session);
void register_worker(CommandLine& line, Session& session);
void register_runs(CommandLine& line, Session& session);
void register_show(CommandLine& line, Session& session);
void register_events(CommandLine& line, Session& session);
void register_chat(CommandLine& line, Session& session);
void register_sessions(CommandLine& line, Session& session);
void register_init(CommandLine& line, Session& session);
void register_validate(CommandLine& line, Session& session);
void register_test(CommandLine& line, Session& session);
void register_graph(CommandLine& line, Session& session);
void register_prune(CommandLine& line, Session& session);
void register_doctor(CommandLine& line, Session& session);
void register_completion(CommandLine& line, Session& session);
void register_agent(CommandLine& line, Session& session);
void register_models(CommandLine& line, Session& session);
void register_version(CommandLine& line, Session& session);
void register_tools(CommandLine& line, Session& session);

}  // namespace skein::cli
