#pragma once

#include <string_view>

#include "http/headers.hpp"

namespace skein::http {

/// Takes an answer as it comes. Called on the client's thread, from within the client: an implementation must not call the client and not
/// destroy it; it may throw, which ends the exchange and reaches the caller of `send`.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// Once, before the first chunk: the headers have come. False ends the exchange.
  [[nodiscard]] virtual bool head(int /*status*/, const Headers& /*headers*/) { return true; }
  /// The next bytes, decompressed, valid during the call. False ends the exchange.
  [[nodiscard]] virtual bool write(std::string_view chunk) = 0;
};

}  // namespace skein::http
