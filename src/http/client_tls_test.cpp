#include <unistd.h>

#include <cstdlib>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_child.hpp"
#include "async/run_in.hpp"
#include "http/client.hpp"
#include "support/python_server.hpp"

namespace skein::http {
namespace {

/// A directory with a self-signed certificate for 127.0.0.1 in one PEM file.
class Certificate {
 public:
  Certificate() : directory_(::testing::TempDir() + "skein-tls-XXXXXX") {
    if (::mkdtemp(directory_.data()) == nullptr) return;
    asio::io_context io;
    const auto made = async::run_in(
        io, async::run_child({.program = "openssl",
                              .args = {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                                       "/CN=skein-test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key(), "-out", file()},
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
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string file() const { return directory_ + "/server.pem"; }

 private:
  [[nodiscard]] std::string key() const { return directory_ + "/key.pem"; }
  std::string directory_;
  bool good_ = false;
};

TEST(HttpClientTls, OnlyATrustedCertificateIsAccepted) {
  test::clear_proxy_environment();
  const Certificate certificate;
  ASSERT_TRUE(certificate.good()) << "openssl could not make a certificate";
  const test::PythonServer server("http_server.py", {"--certificate", certificate.file()});
  Request request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/echo";

  asio::io_context io;
  Client plain(io.get_executor());
  const auto refused = async::run_in(io, plain.send(request));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::connection_failed);
  EXPECT_FALSE(refused.error().retryable);
  EXPECT_NE(refused.error().message.find("certificate"), std::string::npos) << refused.error().message;

  ClientOptions options;
  options.ca_file = certificate.file();
  Client trusting(io.get_executor(), options);
  const auto accepted = async::run_in(io, trusting.send(request));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->status, 200);

  request.url = "https://localhost:" + std::to_string(server.port()) + "/echo";  // a name that the certificate does not have
  EXPECT_FALSE(async::run_in(io, trusting.send(request)));

  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/redirect-to?url=http://127.0.0.1:1/";
  const auto downgraded = async::run_in(io, trusting.send(request));
  ASSERT_FALSE(downgraded);
  EXPECT_EQ(downgraded.error().code, ErrorCode::bad_response);
}

}  // namespace
}  // namespace skein::http
