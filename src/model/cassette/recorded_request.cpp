#include "model/cassette/recorded_request.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "http/url.hpp"

namespace skein::model {

RecordedRequest recorded_request(const http::Request& request, const SecretValues& secrets) {
  RecordedRequest out;
  out.method = request.method;
  out.body = recorded_body(request.body);
  (void)secrets.redact(out.body);
  const auto url = http::Url::parse(request.url);
  if (!url) return out;
  out.path = secrets.redact(url->path() + (url->query().empty() ? "" : "?" + url->query()));
  return out;
}

RecordedAnswer recorded_head(const http::Response& response, const SecretValues& secrets) {
  RecordedAnswer out;
  out.status = response.status;
  for (const auto& [name, value] : response.headers) {
    if (is_recorded_header(name)) out.headers.set(to_lower(name), secrets.redact(value));
  }
  return out;
}

bool is_recorded_header(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kept{"content-type", "retry-after", "retry-after-ms", "x-should-retry"};
  return std::ranges::any_of(kept, [&](std::string_view known) { return iequals(known, name); });
}

}  // namespace skein::model
