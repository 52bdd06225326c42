#include "cli/doctor_checks.hpp"

#include <curl/curlver.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <boost/version.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/report_view.hpp"
#include "cli/values.hpp"
#include "cli/version.hpp"
#include "resilience/circuit_breaker.hpp"

namespace skein::cli {
namespace {

constexpr std::uint64_t little_space = std::uint64_t{1} << 30;
constexpr std::uint64_t no_space = std::uint64_t{50} << 20;
constexpr microseconds slow_sync = milliseconds{20};
constexpr int sync_samples = 21;

/// The nearest directory that exists, at or above where the store is or will be.
std::filesystem::path existing_directory(const std::string& store) {
  auto directory = std::filesystem::path(store).parent_path();
  if (directory.empty()) directory = ".";
  std::error_code ignored;
  while (!std::filesystem::is_directory(directory, ignored) && directory.has_relative_path()) directory = directory.parent_path();
  return directory.empty() ? std::filesystem::path("/") : directory;
}

Check check_versions() {
  return {.name = "versions",
          .health = Health::ok,
          .finding = fmt::format("skein {} ({}), SQLite {}, libcurl {}, Boost {}.{}, fmt {}.{}", version, build_type, sqlite3_libversion(),
                                 LIBCURL_VERSION, BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, FMT_VERSION / 10000,
                                 FMT_VERSION / 100 % 100),
          .advice = {}};
}

Check check_space(const std::filesystem::path& directory) {
  struct statvfs space{};
  if (::statvfs(directory.c_str(), &space) != 0)
    return {.name = "free space",
            .health = Health::fail,
            .finding = fmt::format("{}: {}", directory.string(), std::strerror(errno)),
            .advice = "Check that the directory exists and can be read"};
  const auto free = std::uint64_t{space.f_bavail} * space.f_frsize;
  Check check{.name = "free space",
              .health = Health::ok,
              .finding = fmt::format("{} free in {}", human_bytes(free), directory.string()),
              .advice = {}};
  if (free < little_space)
    check.health = Health::warn,
    check.advice = "Make room: a full disk refuses new runs (skein prune --older-than 30d --yes deletes old ones)";
  if (free < no_space) check.health = Health::fail;
  return check;
}

/// How long the disk takes to make 4 KiB durable, overwriting in place as a journal does.
Check check_sync(const std::filesystem::path& directory, const Clock& clock) {
  auto name = (directory / "skein-doctor-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) {
    return {.name = "disk sync",
            .health = Health::fail,
            .finding = fmt::format("{} cannot be written: {}", directory.string(), std::strerror(errno)),
            .advice = "Make it writable, or name another place with --store or SKEIN_STORE"};
  }
  ::unlink(name.c_str());
  std::array<char, 4096> block{};
  std::vector<microseconds> took;
  bool failed = false;
  for (int i = 0; i < sync_samples && !failed; ++i) {
    block.fill(static_cast<char>(i));
    const auto begin = clock.boot_now();
    failed = ::pwrite(file, block.data(), block.size(), 0) != static_cast<ssize_t>(block.size()) || ::fdatasync(file) != 0;
    took.push_back(clock.boot_now() - begin);
  }
  const int why = errno;
  ::close(file);
  if (failed)
    return {.name = "disk sync",
            .health = Health::fail,
            .finding = fmt::format("writing to {} failed: {}", directory.string(), std::strerror(why)),
            .advice = "Check the disk; nothing can be promised on it"};
  std::sort(took.begin(), took.end());
  const auto middle = took[took.size() / 2];
  Check check{.name = "disk sync",
              .health = Health::ok,
              .finding = fmt::format("fdatasync takes {} (median of {}), at most {}", human_duration(middle), took.size(),
                                     human_duration(took.back())),
              .advice = {}};
  if (middle > slow_sync)
    check.health = Health::warn,
    check.advice = "Each step of a run waits for one; put the store on a faster disk, or accept --durability normal";
  return check;
}

Check check_terminal(const Session& session) {
  const auto& err = session.output.err();
  if (!err.interactive)
    return {.name = "terminal", .health = Health::ok, .finding = "none on standard error: progress is plain lines", .advice = {}};
  return {.name = "terminal",
          .health = err.width < 60 ? Health::warn : Health::ok,
          .finding = fmt::format("{} × {}, {}, {}", err.width, err.height, err.color ? "colours" : "no colours",
                                 err.utf8 ? "UTF-8" : "ASCII only"),
          .advice = err.width < 60 ? "Progress is easier to read with 60 columns or more" : ""};
}

/// Unfinished runs that nobody drives, with who could.
Check check_runs(const runtime::Runtime& runtime, const std::vector<store::RunRow>& rows) {
  std::size_t ours = 0;
  std::size_t theirs = 0;
  std::string why;
  for (const auto& row : rows) {
    if (is_final(row.summary.status) || row.owned) continue;
    const auto definition = runtime.definition(row.definition_hash);
    const auto able = definition ? runtime.can_drive(**definition) : std::unexpected(definition.error());
    ++(able ? ours : theirs);
    if (!able && why.empty()) why = one_line(able.error().message);
  }
  const auto orphans = ours + theirs;
  if (orphans == 0)
    return {.name = "runs", .health = Health::ok, .finding = "every unfinished run has somebody who drives it", .advice = {}};
  Check check{.name = "runs",
              .health = Health::warn,
              .finding = fmt::format("{} unfinished {} that nobody drives", orphans, orphans == 1 ? "run" : "runs"),
              .advice = ours > 0 ? fmt::format("`skein worker` goes on with {}, `skein resume RUN` with one",
                                               theirs > 0 ? std::to_string(ours) : "all of them")
                                 : ""};
  if (theirs > 0) {
    check.finding += ours > 0 ? fmt::format("; {} of them this program cannot: {}", theirs, why) : " and this program cannot: " + why;
    if (ours == 0) check.advice = "Start the program that drives them; `skein cancel RUN` ends one without it";
  }
  return check;
}

void check_store(runtime::Runtime& runtime, std::vector<Check>& checks) {
  const auto info = runtime.store().info();
  if (!info) {
    checks.push_back({.name = "store",
                      .health = Health::fail,
                      .finding = info.error().message,
                      .advice = "Move the file away to start anew, or restore it from a backup"});
    return;
  }
  checks.push_back({.name = "store",
                    .health = Health::ok,
                    .finding = fmt::format("{} ({}, {}, {} {}, durability {}, schema {})", info->path, info->kind, human_bytes(info->bytes),
                                           info->runs, info->runs == 1 ? "run" : "runs", info->durability, info->schema_version),
                    .advice = {}});
  store::RunFilter filter;
  filter.limit = 1000;
  if (const auto rows = runtime.store().list_runs(filter)) checks.push_back(check_runs(runtime, *rows));
  const auto breakers = runtime.breakers();
  std::string open;
  for (const auto& breaker : breakers) {
    if (breaker.phase == resilience::BreakerPhase::closed) continue;
    open += fmt::format("{}{} is {} since {}", open.empty() ? "" : "; ", one_line(breaker.name), resilience::to_string(breaker.phase),
                        date_time(breaker.since));
  }
  checks.push_back({.name = "circuit breakers",
                    .health = open.empty() ? Health::ok : Health::warn,
                    .finding = open.empty() ? "none is open" : open,
                    .advice = open.empty() ? "" : "Calls are held back until the recovery time is over; see how the service does"});
}

Check check_kinds(const runtime::Runtime& runtime) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> known{
      {{"ai_agent", "language models behind an endpoint"},
       {"http_api", "HTTP services"},
       {"exec", "programs"},
       {"local", "glue without a server"},
       {"human", "people"},
       {"workflow", "other workflows"},
       {"mcp_server", "not in this version: validates, but does not run"},
       {"custom", "comes from programs that embed Skein"}}};
  const auto here = runtime.kinds();
  std::string available;
  std::string missing;
  for (const auto& [kind, what] : known) {
    if (std::find(here.begin(), here.end(), kind) != here.end() && kind != "mcp_server" && kind != "custom") {
      available += (available.empty() ? "" : ", ") + std::string(kind);
    } else {
      missing += fmt::format("; {} ({})", kind, what);
    }
  }
  return {.name = "agent kinds",
          .health = Health::ok,
          .finding = available + (missing.empty() ? "" : "; not here: " + missing.substr(2)),
          .advice = {}};
}

}  // namespace

std::vector<Check> examine(const Session& session, const CommonOptions& options) {
  std::vector<Check> checks{check_versions()};
  const auto path = store_path(options);
  const auto directory = existing_directory(path);
  std::error_code ignored;
  const bool exists = std::filesystem::exists(path, ignored);
  auto runtime = exists ? open_existing(options)
                        : runtime::Runtime::open(
                              {.store_path = {}, .durability = runtime::Durability::memory, .shards = 1, .sleep_after = {}, .secrets = {}});
  if (!exists) {
    checks.push_back(
        {.name = "store", .health = Health::ok, .finding = fmt::format("none yet; the first run makes {}", path), .advice = {}});
  } else if (runtime) {
    check_store(**runtime, checks);
  } else {
    checks.push_back({.name = "store",
                      .health = Health::fail,
                      .finding = runtime.error().message,
                      .advice = "Nothing can run on it; --store or SKEIN_STORE names another"});
  }
  checks.push_back(check_space(directory));
  checks.push_back(check_sync(directory, session.clock));
  if (runtime) checks.push_back(check_kinds(**runtime));
  checks.push_back(check_terminal(session));
  return checks;
}

}  // namespace skein::cli
