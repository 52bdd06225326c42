#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_child.hpp"
#include "async/run_in.hpp"
#include "async/task_group.hpp"
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

asio::awaitable<void> note_body(Client& client, Request request, std::string* body) {
  const auto response = co_await client.send(std::move(request));
  *body = response ? response->body : response.error().message;
}

TEST(HttpClientTls, Http2IsNegotiatedAndRequestsShareOneConnection) {
  if (!test::has_program("node")) GTEST_SKIP() << "the HTTP/2 peer needs node";
  test::clear_proxy_environment();
  const Certificate certificate;
  ASSERT_TRUE(certificate.good());
  const test::PythonServer server("http2_server.mjs", {certificate.file()});
  asio::io_context io;
  ClientOptions options;
  options.ca_file = certificate.file();
  Client client(io.get_executor(), options);
  Request request;
  request.method = "POST";
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/?size=20000";
  request.body = std::string(100'000, 'a');

  std::vector<std::string> bodies(21);
  async::run_in(io, note_body(client, request, &bodies[0]));  // opens the connection that the others share
  async::TaskGroup group(io.get_executor());
  for (std::size_t i = 1; i < bodies.size(); ++i) group.spawn(note_body(client, request, &bodies[i]));
  async::run_in(io, group.join());
  for (const auto& body : bodies) {
    EXPECT_TRUE(body.starts_with(R"({"version":"2.0","connections":1,"received":100000,)")) << body.substr(0, 200);
  }

  request.version = Version::http1;
  std::string old_style;
  async::run_in(io, note_body(client, request, &old_style));
  EXPECT_TRUE(old_style.starts_with(R"({"version":"1.1")")) << old_style.substr(0, 200);
}

}  // namespace
}  // namespace skein::http
