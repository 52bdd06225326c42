#include <cstdlib>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"
#include "http/client.hpp"
#include "support/certificate.hpp"
#include "support/python_server.hpp"

namespace skein::http {
namespace {

using test::Certificate;

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

TEST(HttpClientTls, TheEnvironmentMayNameTheCertificatesThatAreTrusted) {
  test::clear_proxy_environment();
  const Certificate certificate;
  ASSERT_TRUE(certificate.good());
  const test::PythonServer server("http_server.py", {"--certificate", certificate.file()});
  Request request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/echo";
  asio::io_context io;
  ::setenv("SSL_CERT_FILE", certificate.file().c_str(), 1);
  Client client(io.get_executor());
  ::unsetenv("SSL_CERT_FILE");
  const auto accepted = async::run_in(io, client.send(request));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->status, 200);
}

}  // namespace
}  // namespace skein::http
