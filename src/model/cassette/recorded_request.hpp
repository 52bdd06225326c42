#pragma once

#include <string_view>

#include "base/secrets.hpp"
#include "http/message.hpp"
#include "model/cassette/cassette.hpp"

namespace skein::model {

/// What a cassette keeps of a request: never a header, and no known secret.
[[nodiscard]] RecordedRequest recorded_request(const http::Request& request, const SecretValues& secrets);

/// What it keeps of an answer to go on: the headers that decide what is done with it. The body is up to the caller.
[[nodiscard]] RecordedAnswer recorded_head(const http::Response& response, const SecretValues& secrets);

/// Whether a header is kept.
[[nodiscard]] bool is_recorded_header(std::string_view name);

}  // namespace skein::model
