#pragma once

#include <exception>

namespace skein::async {

/// Whether `error` is what a cancelled Asio operation throws (`operation_aborted`).
[[nodiscard]] bool is_cancellation(const std::exception_ptr& error) noexcept;

/// Throws what a cancelled Asio operation throws.
[[noreturn]] void throw_cancelled();

}  // namespace skein::async
