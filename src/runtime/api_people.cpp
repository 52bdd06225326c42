#include <skein/runtime.hpp>

#include "runtime/api_state.hpp"
#include "runtime/runtime.hpp"

// What people say to runs.
namespace skein {

Result<void> Runtime::approve(std::string_view run_id, std::string_view task, std::string_view by, const ApproveOptions& options) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  return state_->runtime->answer(*id, task, runtime::Runtime::Verdict::approve, by, options.comment, options.set,
                                 {.item = options.item, .call = options.call});
}

Result<void> Runtime::reject(std::string_view run_id, std::string_view task, std::string_view by, const AnswerOptions& options) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  return state_->runtime->answer(*id, task, runtime::Runtime::Verdict::reject, by, options.comment, {},
                                 {.item = options.item, .call = options.call});
}

Result<void> Runtime::answer(std::string_view run_id, std::string_view task, const Json& value, std::string_view by,
                             const AnswerOptions& options) {
  const auto id = parsed_run_id(run_id);
  if (!id) return std::unexpected(id.error());
  return state_->runtime->reply(*id, task, {.item = options.item, .call = options.call}, value, by, options.comment);
}

}  // namespace skein
