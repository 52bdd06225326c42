#include "runtime/secret_sources.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace skein::runtime {
namespace {

constexpr std::size_t max_secret_bytes = std::size_t{64} << 10;

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

Result<std::string> ask_command(const std::string& command, const std::string& name) {
  std::array<int, 2> out{};
  if (pipe2(out.data(), O_CLOEXEC) != 0) return fail(ErrorCode::internal, "no pipe for the secrets command");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  std::string program = command;
  std::string argument = name;
  std::array<char*, 3> argv{program.data(), argument.data(), nullptr};
  pid_t pid = 0;
  const int problem = posix_spawnp(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  if (problem != 0) {
    close(out[0]);
    return fail(ErrorCode::not_found, fmt::format("the secrets command '{}' cannot be started; check SKEIN_SECRETS_COMMAND", command));
  }
  std::string value;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(out[0], buffer.data(), buffer.size())) > 0;) {
    if (value.size() <= max_secret_bytes) value.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(out[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(ErrorCode::not_found, fmt::format("the secrets command '{}' has no value for '{}'", command, name));
  }
  return without_newline(std::move(value));
}

}  // namespace

SecretSettings secret_settings_from_environment() {
  const auto text = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  return {.environment = true, .directory = text("SKEIN_SECRETS_DIR"), .command = text("SKEIN_SECRETS_COMMAND")};
}

Result<std::string> SecretSources::env(std::string_view name) const {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr)
    return fail(ErrorCode::not_found, fmt::format("the environment variable {} is not set; set it, or remove {{{{env.{}}}}}", name, name));
  return std::string(value);
}

Result<std::string> SecretSources::secret(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  if (const auto it = cache_.find(name); it != cache_.end()) return it->second;
  auto value = look_up(std::string(name));
  if (!value) return value;
  known_.add(*value);
  cache_.emplace(name, *value);
  return value;
}

Result<std::string> SecretSources::look_up(const std::string& name) const {
  if (!is_plain_name(name))
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a name for a secret: use letters, digits, '_', '-' and '.'", name));
  if (settings_.environment) {
    for (const auto& variable : {"SKEIN_SECRET_" + name, name}) {
      if (const char* value = std::getenv(variable.c_str())) return std::string(value);
    }
  }
  if (!settings_.directory.empty()) {
    std::ifstream file(settings_.directory + "/" + name, std::ios::binary);
    if (file) {
      std::string text(std::istreambuf_iterator<char>(file), {});
      if (text.size() > max_secret_bytes) return fail(ErrorCode::too_large, fmt::format("the secret '{}' is larger than 64 KiB", name));
      return without_newline(std::move(text));
    }
  }
  if (!settings_.command.empty()) return ask_command(settings_.command, name);
  return fail(ErrorCode::not_found,
              fmt::format("the secret '{0}' is not set; set the environment variable {0} (or SKEIN_SECRET_{0}), or name a source with "
                          "SKEIN_SECRETS_DIR or SKEIN_SECRETS_COMMAND",
                          name));
}

}  // namespace skein::runtime
