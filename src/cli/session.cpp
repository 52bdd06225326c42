#include "cli/session.hpp"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t shortest_prefix = 4;
constexpr std::size_t most_named = 5;

}  // namespace

void add_json_option(Command& command, CommonOptions& options, std::string help) { command.flag("--json", options.json, std::move(help)); }

void add_store_option(Command& command, CommonOptions& options) {
  command.option("--store", options.store, "PATH", "The store's file (default: $SKEIN_STORE, then $XDG_STATE_HOME/skein/skein.db)");
}

std::string store_path(const CommonOptions& options) {
  if (!options.store.empty()) return options.store;
  if (const char* named = std::getenv("SKEIN_STORE"); named != nullptr && *named != '\0') return named;
  return runtime::default_store_path();
}

std::string store_hint(const CommonOptions& options) {
  return options.store.empty() ? std::string() : fmt::format(" --store {}", options.store);
}

Result<std::unique_ptr<runtime::Runtime>> open_existing(const CommonOptions& options, runtime::RuntimeOptions wanted) {
  wanted.store_path = store_path(options);
  std::error_code unseen;
  if (!std::filesystem::exists(wanted.store_path, unseen)) {
    if (unseen)
      return fail(ErrorCode::permission_denied, fmt::format("the store {} cannot be looked at: {}", wanted.store_path, unseen.message()));
    return fail(ErrorCode::not_found,
                fmt::format("there is no store at {} yet; `skein run FILE` makes it, --store names another", wanted.store_path));
  }
  return runtime::Runtime::open(std::move(wanted));
}

Result<std::unique_ptr<runtime::Runtime>> open_or_create(const CommonOptions& options, runtime::RuntimeOptions wanted) {
  wanted.store_path = store_path(options);
  return runtime::Runtime::open(std::move(wanted));
}

Result<RunId> find_run(runtime::Runtime& runtime, std::string_view text) {
  auto& store = runtime.store();
  if (text == "last") {
    store::RunFilter newest;
    newest.limit = 1;
    const auto rows = store.list_runs(newest);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return fail(ErrorCode::not_found, "there are no runs yet; start one with: skein run FILE");
    return rows->front().id;
  }
  if (const auto id = Uuid::parse(text)) {
    const auto row = store.find_run(*id);
    if (!row && row.error().code == ErrorCode::not_found)
      return fail(ErrorCode::not_found, fmt::format("there is no run {}; `skein runs` lists those there are", text));
    if (!row) return std::unexpected(row.error());
    return *id;
  }
  if (text.size() < shortest_prefix) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}' is too short for the beginning of a run id; write at least {} characters, or: last", text, shortest_prefix));
  }
  const auto found = store.find_by_prefix(to_lower(text), most_named + 1);
  if (!found) return std::unexpected(found.error());
  if (found->empty())
    return fail(ErrorCode::not_found, fmt::format("there is no run whose id begins with '{}'; `skein runs` lists those there are", text));
  if (found->size() == 1) return found->front();
  std::string named;
  for (std::size_t i = 0; i < found->size() && i < most_named; ++i) named += "\n  " + (*found)[i].str();
  if (found->size() > most_named) named += "\n  …";
  return fail(ErrorCode::invalid_argument, fmt::format("several runs begin with '{}'; write more of the id:{}", text, named));
}

bool nobody_drives(const store::RunRow& row) { return !row.owned && !is_final(row.summary.status) && row.summary.next_due != store::never; }

std::string how_to_drive(RunId run, const CommonOptions& options) {
  return fmt::format("Nobody drives this run now. `skein resume {0}{1}` goes on with it, as does `skein worker{1}`.", short_id(run),
                     store_hint(options));
}

int exit_code_of(RunStatus status, bool strict) {
  switch (status) {
    case RunStatus::completed: return 0;
    case RunStatus::partially_completed: return strict ? 3 : 0;
    case RunStatus::failed:
    case RunStatus::cancelled: return 1;
    default: return 4;
  }
}

}  // namespace skein::cli
