#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_child.hpp"
#include "async/run_in.hpp"

namespace skein::test {

/// A directory with a self-signed certificate for 127.0.0.1 in one PEM file.
class Certificate {
 public:
  Certificate() : directory_(::testing::TempDir() + "skein-tls-XXXXXX") {
    if (::mkdtemp(directory_.data()) == nullptr) return;
    boost::asio::io_context io;
    const auto made = async::run_in(io, async::run_child({.program = "openssl",
                                                          .args = {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                                                   "-nodes", "-days", "2", "-subj", "/CN=skein-test", "-addext",
                                                                   "subjectAltName=IP:127.0.0.1", "-keyout", key(), "-out", file()},
                                                          .env = {{"PATH", "/usr/bin:/bin"}},
                                                          .working_directory = {}},
                                                         {}, {}));
    good_ = made && made->status.code == 0 && std::system(("cat " + key() + " >> " + file()).c_str()) == 0;  // NOLINT
  }
  ~Certificate() {
    ::unlink(key().c_str());
    ::unlink(file().c_str());
    ::rmdir(directory_.c_str());
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  /// False: openssl could not make it.
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string file() const { return directory_ + "/server.pem"; }

 private:
  [[nodiscard]] std::string key() const { return directory_ + "/key.pem"; }
  std::string directory_;
  bool good_ = false;
};

}  // namespace skein::test
