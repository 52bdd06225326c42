#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "http/headers.hpp"

namespace skein::http {

enum class Redirects : std::uint8_t {
  follow,       ///< at most `Request::max_redirects`, never from https to http
  same_origin,  ///< as `follow`; one that leads to another scheme, host or port is an error
  hand_back     ///< the 3xx answer is the answer
};

enum class Version : std::uint8_t {
  automatic,       ///< HTTP/2 where TLS negotiates it, else HTTP/1.1
  http1,
  http2_cleartext  ///< HTTP/2 with prior knowledge on http://
};

/// The context of an error where no byte of the request was sent.
inline constexpr std::string_view not_sent = "not_sent";

struct Request {
  std::string method = "GET";
  std::string url;  ///< absolute; credentials in it are sent as Basic authentication and never logged
  Headers headers;
  /// One more header, sent to the origin of `url` only: a redirect elsewhere goes without it (and without Authorization and Cookie).
  std::optional<Headers::Field> auth_header;
  std::string body;
  Redirects redirects = Redirects::follow;
  std::uint32_t max_redirects = 5;
  std::size_t max_response_bytes = std::size_t{64} << 20;  ///< of the body after decompression
  milliseconds connect_timeout{10'000};
  milliseconds timeout{0};  ///< for all of it, redirects included; 0: none, the caller cancels
  Version version = Version::automatic;
};

struct Timings {
  microseconds resolved{0};    ///< each counted from the start of the last hop
  microseconds connected{0};
  microseconds tls{0};
  microseconds first_byte{0};
  microseconds total{0};
};

struct Response {
  int status = 0;
  Headers headers;  ///< of the last hop, interim answers and trailers left out
  std::string body;
  std::string final_url;  ///< after redirects, without credentials
  std::uint32_t redirects = 0;
  Timings timings;
};

}  // namespace skein::http
