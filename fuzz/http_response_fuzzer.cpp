// Whatever a server sends, the client gives an answer or an error, and the agents' pure readers cope with it. The bytes are served over
// loopback within one event loop, so that the whole path is fuzzed: libcurl, header collection, redirects, decoding, error mapping.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "agent/failures.hpp"
#include "agent/kinds/ai_protocol.hpp"
#include "agent/kinds/http_exchange.hpp"
#include "async/run_in.hpp"
#include "async/task_group.hpp"
#include "http/client.hpp"
#include "http/retry_after.hpp"

namespace {

using namespace skein;
namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t most_connections = 3;  // redirects lead back here

/// Gives every connection the same bytes as its answer and closes it.
asio::awaitable<void> serve(tcp::acceptor* acceptor, const std::string* bytes) {
  for (std::size_t i = 0; i < most_connections; ++i) {
    auto [failed, socket] = co_await acceptor->async_accept(asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    char request[2048];
    (void)co_await socket.async_read_some(asio::buffer(request), asio::as_tuple(asio::use_awaitable));
    (void)co_await asio::async_write(socket, asio::buffer(*bytes), asio::as_tuple(asio::use_awaitable));
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }
  acceptor->close();
}

void read_answer(const http::Response& response) {
  const Instant now{seconds{1'700'000'000}};
  (void)http::retry_after(response.headers, now);
  (void)agent::response_metadata(response);
  for (const auto peer : {agent::Peer::service, agent::Peer::model}) (void)agent::status_error(response, "GET x", peer, now);
  const auto value = agent::body_value(response, "GET x");
  if (!value) return;
  for (const auto protocol : {agent::AiProtocol::chat_completions, agent::AiProtocol::responses, agent::AiProtocol::messages}) {
    (void)agent::ai_answer_metadata(protocol, *value);
    (void)agent::ai_error_in(protocol, *value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  http::Request request;
  request.url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/v1/messages";
  request.max_response_bytes = 1 << 20;
  request.max_redirects = 1;
  request.redirects = http::Redirects::same_origin;  // never to the world outside
  request.timeout = milliseconds{2000};
  http::Client client(io.get_executor());
  async::TaskGroup server(io.get_executor());
  server.spawn(serve(&acceptor, &bytes));
  const auto response = async::run_in(io, client.send(std::move(request)));
  if (response) {
    if (response->body.size() > (1 << 20)) std::abort();
    read_answer(*response);
  } else if (response.error().message.empty() || response.error().code == ErrorCode::internal) {
    std::abort();
  }
  server.cancel_all();
  async::run_in(io, server.join());
  return 0;
}
