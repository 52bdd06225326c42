#include "cli/output.hpp"

#include <unistd.h>

#include <cerrno>

#include <boost/json/object.hpp>

#include "cli/screen_text.hpp"

namespace skein::cli {

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::string short_id(RunId run) { return run.str().substr(0, 13); }

Output::Output() : out_(look_at_terminal(STDOUT_FILENO)), err_(look_at_terminal(STDERR_FILENO)) {}

void Output::print(std::string_view text) {
  if (failure_ != 0) return;
  std::string line(text);
  line += '\n';
  failure_ = write_all(STDOUT_FILENO, line);
}

void Output::print_json(const Json& value) {
  if (!out_.interactive) return print_json_line(value);
  auto text = to_pretty_json(value);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  print(text);
}

void Output::print_json_line(const Json& value) { print(to_json(value)); }

void Output::prompt(std::string_view text) { (void)write_all(STDERR_FILENO, text); }

void Output::note(std::string_view text) {
  std::string line(text);
  line += '\n';
  write_all(STDERR_FILENO, line);
}

void Output::error(std::string_view message) { note(paint("skein:", Style::red, err_.color) + " " + printable(message)); }

int Output::failure() const { return failure_ == EPIPE ? 0 : failure_; }

Json error_document(const Error& error) {
  JsonObject inner;
  inner["code"] = to_string(error.code);
  inner["message"] = error.message;
  JsonObject out;
  out["error"] = std::move(inner);
  return out;
}

}  // namespace skein::cli
