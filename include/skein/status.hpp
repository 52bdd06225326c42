#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skein {

/// Life of a run. The last four are final.
enum class RunStatus : std::uint8_t { pending, running, waiting, completed, partially_completed, failed, cancelled };

/// Life of a task. `waiting` waits for a timer or a person; `retrying` waits for its next attempt.
enum class TaskStatus : std::uint8_t { pending, running, retrying, waiting, completed, failed, skipped, cancelled, compensated };

/// The snake_case name, as in journals and JSON output.
[[nodiscard]] std::string_view to_string(RunStatus status) noexcept;
[[nodiscard]] std::string_view to_string(TaskStatus status) noexcept;
[[nodiscard]] std::optional<RunStatus> run_status_from(std::string_view name) noexcept;
[[nodiscard]] std::optional<TaskStatus> task_status_from(std::string_view name) noexcept;

/// Whether nothing more will happen.
[[nodiscard]] constexpr bool is_final(RunStatus s) noexcept { return s >= RunStatus::completed; }
[[nodiscard]] constexpr bool is_final(TaskStatus s) noexcept { return s >= TaskStatus::completed; }

}  // namespace skein
