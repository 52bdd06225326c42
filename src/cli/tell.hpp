#pragma once

#include <functional>

#include "cli/drive.hpp"

namespace skein::cli {

/// Says something to a run that has not ended, and drives it on where no other process does. `say` returns what to tell the person.
[[nodiscard]] Result<int> tell_run(Session& session, const DriveOptions& options, const std::string& run,
                                   const std::function<Result<std::string>(runtime::Runtime&, const runtime::RunReport&)>& say);

/// A question of a task, and what the task is called.
struct OpenQuestion {
  const runtime::TaskReport* task = nullptr;
  const runtime::AwaitedReport* awaits = nullptr;
};

enum class WordKind : std::uint8_t { approve, reject, answer };

/// The question that somebody wants to answer: of the task with that name, else the only one that asks; of that item and call where they
/// are named (numbers as text), else the first.
[[nodiscard]] Result<OpenQuestion> find_question(const runtime::RunReport& report, WordKind kind, const std::string& task,
                                                 const std::string& item, const std::string& call);
/// Whether this person may answer it.
[[nodiscard]] Result<void> may_answer(const runtime::AwaitedReport& awaits, std::string_view by);
[[nodiscard]] runtime::QuestionPlace place_of(const runtime::AwaitedReport& awaits);

/// A person's words as the value that a question asks for, or what is wrong with them.
[[nodiscard]] Result<Json> parse_answer(const Json& schema, std::string_view words);

}  // namespace skein::cli
