#pragma once

#include <string>
#include <vector>

namespace skein::test {

/// A helper program in tests/support/, run by python3 (or by node where it ends in .mjs): it prints its port on its first line and serves
/// until it is killed. Dies with the test, also if the test crashes.
class PythonServer {
 public:
  /// Throws std::runtime_error where it does not start.
  explicit PythonServer(const std::string& script, const std::vector<std::string>& args = {});
  ~PythonServer();
  PythonServer(const PythonServer&) = delete;
  PythonServer& operator=(const PythonServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  /// "http://127.0.0.1:PORT" + `path`
  [[nodiscard]] std::string url(const std::string& path = "") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

 private:
  int pid_ = -1;
  int port_ = 0;
};

/// Whether a program of that name is on the PATH.
[[nodiscard]] bool has_program(const std::string& name);

/// Removes the proxy variables of the machine that runs the tests, so that loopback addresses are reached directly.
void clear_proxy_environment();

}  // namespace skein::test
