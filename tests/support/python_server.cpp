#include "support/python_server.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace skein::test {

PythonServer::PythonServer(const std::string& script, const std::vector<std::string>& args) {
  const std::string path = std::string(SKEIN_TEST_SUPPORT_DIR) + "/" + script;
  std::vector<char*> argv{const_cast<char*>("python3"), const_cast<char*>(path.c_str())};
  for (const auto& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  std::array<int, 2> out{};
  if (::pipe(out.data()) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out[1], 1);
    ::close(out[0]);
    ::close(out[1]);
    ::execvp("python3", argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  std::string line;
  char c = 0;
  while (::read(out[0], &c, 1) == 1 && c != '\n') line += c;
  ::close(out[0]);
  port_ = std::atoi(line.c_str());
  if (port_ == 0) throw std::runtime_error("tests/support/" + script + " did not start; is python3 installed?");
}

PythonServer::~PythonServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void clear_proxy_environment() {
  for (const auto* name : {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}) {
    ::unsetenv(name);
  }
}

}  // namespace skein::test
