#include <skein/status.hpp>

#include <array>

namespace skein {
namespace {

constexpr std::array<std::string_view, 7> run_names{"pending", "running",  "waiting", "completed", "partially_completed",
                                                    "failed",  "cancelled"};
constexpr std::array<std::string_view, 9> task_names{"pending", "running", "retrying",  "waiting",    "completed",
                                                     "failed",  "skipped", "cancelled", "compensated"};

template <class Status, std::size_t n>
std::optional<Status> from_name(const std::array<std::string_view, n>& names, std::string_view name) {
  for (std::size_t i = 0; i < n; ++i) {
    if (names[i] == name) return static_cast<Status>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(RunStatus status) noexcept { return run_names.at(static_cast<std::size_t>(status)); }
std::string_view to_string(TaskStatus status) noexcept { return task_names.at(static_cast<std::size_t>(status)); }
std::optional<RunStatus> run_status_from(std::string_view name) noexcept { return from_name<RunStatus>(run_names, name); }
std::optional<TaskStatus> task_status_from(std::string_view name) noexcept { return from_name<TaskStatus>(task_names, name); }

}  // namespace skein
