#include "store/errors.hpp"

#include <fmt/format.h>

namespace skein::store {
namespace {

Error make(ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message), .context = {}, .retryable = false, .retry_after = {}};
}

}  // namespace

Error no_such_run(RunId run) { return make(ErrorCode::not_found, fmt::format("there is no run {} in this store; `skein runs` lists them", run.str())); }
Error run_exists(RunId run) { return make(ErrorCode::already_exists, fmt::format("run {} exists already", run.str())); }
Error not_the_owner(RunId run) {
  return make(ErrorCode::conflict, fmt::format("run {} belongs to another process now, or its journal has moved on; nothing was written", run.str()));
}
Error owned_elsewhere(RunId run, std::string_view owner) {
  return make(ErrorCode::conflict, fmt::format("run {} is driven by {}; stop that first, or let it go on", run.str(), owner));
}
Error run_is_over(RunId run, RunStatus status) { return make(ErrorCode::conflict, fmt::format("run {} is over: {}", run.str(), to_string(status))); }
Error no_such_definition(std::string_view hash) { return make(ErrorCode::not_found, fmt::format("there is no definition {} in this store", hash)); }
Error no_such_blob(std::string_view hash) { return make(ErrorCode::not_found, fmt::format("the payload {} is missing from this store", hash)); }
Error prefix_too_short(std::string_view prefix) {
  return make(ErrorCode::invalid_argument, fmt::format("'{}' is too short for a run id; give at least {} characters", prefix, shortest_prefix));
}
Error store_is_closed() { return make(ErrorCode::store_failed, "the store is closed"); }

}  // namespace skein::store
