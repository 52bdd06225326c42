#pragma once

namespace skein::async {

/// A write to a pipe or socket whose reader is gone shall be an error, not the end of the process: ignores SIGPIPE where it still has
/// its default action. Called before the first child process or connection; safe from any thread.
void ignore_sigpipe();

}  // namespace skein::async
