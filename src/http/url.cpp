#include "http/url.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/libcurl.hpp"

namespace skein::http {
namespace {

struct CurlUrlFree {
  void operator()(CURLU* u) const { curl_url_cleanup(u); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlFree>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

/// What may be shown of a text that did not parse as a URL.
std::string safe(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#\r\n"));
  std::string out = to_valid_utf8(text);
  const auto at = out.rfind('@');
  if (at != std::string::npos) {
    const auto start = out.find("://");
    out.replace(start == std::string::npos ? 0 : start + 3, at - (start == std::string::npos ? 0 : start + 3), "…");
  }
  return shorten(out, 120);
}

std::unexpected<Error> not_a_url(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid_argument,
              "'" + safe(text) + "' is not a usable URL: " + std::string(why) + "; write it as https://host[:port]/path");
}

bool has_bad_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; });
}

/// Characters outside ASCII are percent-encoded as UTF-8 bytes, which is what browsers send.
std::string encode_non_ascii(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x80) {
      out += c;
    } else {
      out += '%', out += digits[u >> 4], out += digits[u & 15];
    }
  }
  return out;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.empty()) return not_a_url(text, "it is empty");
  if (text.size() > 64 * 1024) return not_a_url(text.substr(0, 60), "it is longer than 64 KiB");
  if (has_bad_character(text)) return not_a_url(text, "it holds a space, a backslash or a control character");
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return not_a_url(text, "the scheme is missing");
  const auto scheme = to_lower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return not_a_url(text, "only http and https are allowed");
  if (text.substr(scheme_end + 3).starts_with('/')) return not_a_url(text, "the host is missing");  // libcurl forgives a third slash

  if (auto loaded = load_libcurl(); !loaded) return std::unexpected(std::move(loaded.error()));
  const CurlUrl parsed(curl_url());
  const std::string owned(text);
  if (const auto code = curl_url_set(parsed.get(), CURLUPART_URL, owned.c_str(), 0); code != CURLUE_OK) {
    return not_a_url(text, curl_url_strerror(code));
  }
  Url url;
  url.scheme_ = scheme;
  url.host_ = to_lower(part(parsed.get(), CURLUPART_HOST));
  url.port_ = part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url.path_ = encode_non_ascii(part(parsed.get(), CURLUPART_PATH));
  url.query_ = encode_non_ascii(part(parsed.get(), CURLUPART_QUERY));
  const auto user = part(parsed.get(), CURLUPART_USER);
  const auto password = part(parsed.get(), CURLUPART_PASSWORD);
  url.credentials_ = password.empty() ? user : user + ":" + password;
  if (url.host_.empty()) return not_a_url(text, "the host is missing");
  if (url.path_.empty()) url.path_ = "/";
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  if (has_bad_character(reference)) return not_a_url(reference, "it holds a space, a backslash or a control character");
  const CurlUrl base(curl_url());
  const auto here = text();
  const std::string owned(reference);
  if (curl_url_set(base.get(), CURLUPART_URL, here.c_str(), 0) != CURLUE_OK ||
      curl_url_set(base.get(), CURLUPART_URL, owned.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return not_a_url(reference, "it cannot be resolved");
  }
  auto resolved = parse(part(base.get(), CURLUPART_URL));
  if (resolved && same_origin(*resolved, *this) && resolved->credentials_.empty()) resolved->credentials_ = credentials_;
  return resolved;
}

std::string Url::origin() const {
  const bool default_port = (scheme_ == "http" && port_ == "80") || (scheme_ == "https" && port_ == "443");
  return scheme_ + "://" + host_ + (default_port ? "" : ":" + port_);
}

std::string Url::text() const { return origin() + path_ + (query_.empty() ? "" : "?" + query_); }

void Url::append_query(std::string_view encoded_pair) {
  if (!query_.empty()) query_ += '&';
  query_ += encoded_pair;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~").contains(c)) {
      out += c;
    } else {
      out += '%', out += digits[u >> 4], out += digits[u & 15];
    }
  }
  return out;
}

}  // namespace skein::http
