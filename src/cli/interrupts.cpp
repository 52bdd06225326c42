#include "cli/interrupts.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace skein::cli {
namespace {

// What a signal handler may touch. Signals belong to the process, and so do these.
std::atomic<bool> requested_flag{false};
std::atomic<int> signal_number{0};
std::array<int, 2> wake_pipe{-1, -1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  if (requested_flag.exchange(true)) ::_exit(128 + number);
  signal_number = number;
  const char byte = 0;
  [[maybe_unused]] const auto ignored = ::write(wake_pipe[1], &byte, 1);
}

}  // namespace

Interrupts::Interrupts() { std::signal(SIGPIPE, SIG_IGN); }

void Interrupts::listen() {
  if (wake_pipe[0] == -1 && ::pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) wake_pipe = {-1, -1};
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    ::sigaction(number, nullptr, &before);
    if (number == SIGHUP && before.sa_handler == SIG_IGN) continue;  // nohup
    ::sigaction(number, &action, nullptr);
  }
}

bool Interrupts::requested() const { return requested_flag; }
void Interrupts::forget() {
  char bytes[16];
  while (wake_pipe[0] != -1 && ::read(wake_pipe[0], bytes, sizeof bytes) > 0) {
  }
  requested_flag = false;
}
Interrupts::Woken Interrupts::wait_for_input(int descriptor) const {
  while (!requested_flag) {
    std::array<pollfd, 2> waiting{
        {{.fd = descriptor, .events = POLLIN, .revents = 0}, {.fd = wake_pipe[0], .events = POLLIN, .revents = 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) > 0 && waiting[0].revents != 0) return Woken::input;
  }
  return Woken::signal;
}
const std::atomic<bool>& Interrupts::flag() const { return requested_flag; }
int Interrupts::exit_code() const { return 128 + (signal_number == 0 ? SIGINT : signal_number.load()); }

bool Interrupts::wait_for(milliseconds time) const {
  if (requested_flag) return true;
  pollfd waiting{.fd = wake_pipe[0], .events = POLLIN, .revents = 0};
  ::poll(&waiting, 1, static_cast<int>(time.count()));
  return requested_flag;
}

}  // namespace skein::cli
