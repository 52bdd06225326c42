#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace skein::http {

/// An absolute http or https URL, parsed by the very code that connects (libcurl), so that what is checked is what is called.
class Url {
 public:
  /// Refuses other schemes, missing hosts, control characters and spaces. The error shows the URL without credentials and query.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  /// RFC 3986 §5: `reference` (absolute or relative) as seen from here. A fragment is dropped.
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;

  [[nodiscard]] const std::string& scheme() const { return scheme_; }
  /// Lower case; IPv6 in brackets.
  [[nodiscard]] const std::string& host() const { return host_; }
  /// Always a number, also where it is the scheme's default.
  [[nodiscard]] const std::string& port() const { return port_; }
  /// Begins with '/'.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Without '?'; empty where there is none.
  [[nodiscard]] const std::string& query() const { return query_; }
  /// As given, percent-encoded: "user:password", "user" or empty. A secret.
  [[nodiscard]] const std::string& credentials() const { return credentials_; }

  /// "https://host:8443", the port only where it is not the default; what credentials belong to.
  [[nodiscard]] std::string origin() const;
  /// "host:port"
  [[nodiscard]] std::string authority() const { return host_ + ":" + port_; }
  /// All of it but credentials.
  [[nodiscard]] std::string text() const;
  /// For messages and logs: neither credentials nor query, since both may hold secrets.
  [[nodiscard]] std::string display() const { return origin() + path_; }

  void drop_credentials() { credentials_.clear(); }
  /// `path` begins with '/'.
  void set_path(std::string path) { path_ = std::move(path); }
  /// "name=value", encoded.
  void append_query(std::string_view encoded_pair);

  friend bool operator==(const Url&, const Url&) = default;

 private:
  std::string scheme_, host_, port_, path_, query_, credentials_;
};

[[nodiscard]] inline bool same_origin(const Url& a, const Url& b) {
  return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port();
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace skein::http
