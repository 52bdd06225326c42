#include <cstring>

#include "base/text.hpp"
#include "http/curl_transfer.hpp"

namespace skein::http {
namespace {

Error make(ErrorCode code, std::string message, bool retryable) {
  return {.code = code, .message = std::move(message), .context = {}, .retryable = retryable, .retry_after = std::nullopt};
}

std::string os_reason(long error) {
  return error == 0 ? std::string("no answer") : std::string(std::strerror(static_cast<int>(error)));  // NOLINT(concurrency-mt-unsafe)
}

/// libcurl's own words where they add something; they hold host names and TLS reasons, no header values.
std::string detail_of(const CurlTransfer& transfer) {
  const auto text = transfer.detail();
  return shorten(to_valid_utf8(text.empty() ? std::string_view(curl_easy_strerror(transfer.code())) : text), 200);
}

}  // namespace

Error transfer_error(const CurlTransfer& transfer, const Hop& hop, const Request& request, milliseconds elapsed) {
  const auto where = hop.url.authority();
  const auto what = hop.method + " " + hop.url.display();
  const auto failed = [](std::string message, bool retryable = true) {
    return make(ErrorCode::connection_failed, std::move(message), retryable);
  };
  const auto unreached = [&](std::string message, bool retryable = true) {
    auto error = failed(std::move(message), retryable);
    error.context = not_sent;
    return error;
  };
  const auto garbled = [](std::string message) { return make(ErrorCode::bad_response, std::move(message), true); };
  switch (transfer.code()) {
    case CURLE_COULDNT_RESOLVE_HOST: return unreached("cannot resolve the host name of " + where + "; check the endpoint and the network");
    case CURLE_COULDNT_RESOLVE_PROXY: return unreached("cannot resolve the proxy's host name; check http_proxy, https_proxy and all_proxy");
    case CURLE_COULDNT_CONNECT:
      return unreached("cannot connect to " + where + ": " + os_reason(transfer.os_error()) +
                       "; check that the service runs and that the endpoint is right");
    case CURLE_OPERATION_TIMEDOUT:
      if (!transfer.was_connected() && (request.timeout.count() == 0 || elapsed < request.timeout)) {
        return unreached("cannot connect to " + where + " within " + human_duration(request.connect_timeout));
      }
      return make(ErrorCode::timeout, "Request timeout", true);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return unreached("the TLS certificate of " + where + " is not trusted: " + detail_of(transfer), false);
    case CURLE_SSL_CONNECT_ERROR: return unreached("no TLS connection to " + where + ": " + detail_of(transfer));
    case CURLE_PROXY: return unreached("the proxy on the way to " + where + " refused: " + detail_of(transfer));
    case CURLE_GOT_NOTHING: return failed(what + ": the server closed the connection without an answer");
    case CURLE_SEND_ERROR: return failed(what + ": the connection broke while the request was sent");
    case CURLE_RECV_ERROR:
      if (transfer.status() == 0) return failed(what + ": the connection broke before an answer came: " + detail_of(transfer));
      return garbled(what + ": the answer broke off: " + detail_of(transfer));
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP2: return garbled(what + ": the answer is not complete: " + detail_of(transfer));
    case CURLE_BAD_CONTENT_ENCODING: return garbled(what + ": the answer cannot be decompressed");
    case CURLE_WRITE_ERROR:
      if (transfer.headers_too_large()) return make(ErrorCode::too_large, what + ": the answer's headers are larger than 256 KiB", false);
      return garbled(what + ": the answer cannot be taken: " + detail_of(transfer));
    case CURLE_ABORTED_BY_CALLBACK: return make(ErrorCode::cancelled, what + ": the HTTP client was shut down", false);
    case CURLE_OUT_OF_MEMORY: return make(ErrorCode::internal, what + ": out of memory", false);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    default: return garbled(what + ": the answer is not HTTP: " + detail_of(transfer));
  }
}

Error body_too_large(const Hop& hop, std::size_t limit) {
  return make(ErrorCode::too_large,
              hop.method + " " + hop.url.display() + ": the answer is larger than " + std::to_string(limit) +
                  " bytes; ask for less (a page, a filter)",
              false);
}

}  // namespace skein::http
