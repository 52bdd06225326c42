#include "http/curl_transfer.hpp"

#include <algorithm>
#include <charconv>

#include <openssl/ssl.h>

#include "base/text.hpp"

namespace skein::http {
namespace {

constexpr std::size_t max_header_bytes = std::size_t{256} << 10;
// libcurl keeps a buffer of this size for each transfer, and one for a body that it sends over TLS; it accepts no smaller ones.
constexpr long small_piece = 1024;
constexpr long small_upload = 16 * 1024;

/// Of the TLS library that libcurl uses.
constinit LibcurlFunction<decltype(::SSL_get0_alpn_selected)> alpn_selected{"SSL_get0_alpn_selected"};

/// What the connection of a transfer was agreed to speak.
Admission::Kind kind_of(CURL* easy) {
  const curl_tlssessioninfo* tls = nullptr;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls);
  if (tls == nullptr || tls->backend != CURLSSLBACKEND_OPENSSL || tls->internals == nullptr) return Admission::Kind::single;
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  alpn_selected(static_cast<const SSL*>(tls->internals), &name, &length);
  return std::string_view(reinterpret_cast<const char*>(name), length) == "h2" ? Admission::Kind::shared : Admission::Kind::single;
}

}  // namespace

CurlTransfer::CurlTransfer(std::shared_ptr<CurlMulti> multi, const asio::any_io_executor& executor, const Hop& hop, const Request& request,
                           const ClientOptions& options, BodySink& sink, Pieces pieces)
    : multi_(std::move(multi)),
      easy_(multi_->take_easy()),
      end_event_(executor, asio::steady_timer::time_point::max()),
      hop_(hop),
      request_(request),
      options_(options),
      sink_(sink),
      pieces_(pieces) {}

CurlTransfer::~CurlTransfer() {
  multi_->remove(easy_);
  multi_->give_back(easy_);
}

std::string CurlTransfer::sharing() const {
  switch (request_.version) {
    case Version::automatic: return hop_.url.scheme() == "https" ? hop_.url.origin() : std::string();
    case Version::http1: break;
    case Version::http2_cleartext: return "cleartext " + hop_.url.origin();
  }
  return {};
}

void CurlTransfer::start(milliseconds time_left) {
  time_left_ = time_left;
  const auto url = hop_.url.text();
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());  // libcurl copies strings
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl can decode
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (!options_.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (const auto& credentials = hop_.url.credentials(); !credentials.empty() && !hop_.headers.has("Authorization")) {
    curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    const auto colon = credentials.find(':');
    const auto decode = [&](std::string_view part) {
      int length = 0;
      char* text = curl_easy_unescape(easy_, part.data(), static_cast<int>(part.size()), &length);
      std::string out(text, static_cast<std::size_t>(length));
      curl_free(text);
      return out;
    };
    curl_easy_setopt(easy_, CURLOPT_USERNAME, decode(std::string_view(credentials).substr(0, colon)).c_str());
    const auto password = colon == std::string::npos ? std::string{} : decode(std::string_view(credentials).substr(colon + 1));
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, password.c_str());
  }
  switch (request_.version) {
    case Version::automatic: curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS)); break;
    case Version::http1: curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)); break;
    case Version::http2_cleartext:
      curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
      break;
  }
  if (pieces_ == Pieces::small) {
    curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, small_piece);
    curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, small_upload);
  }
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  set_method();
  set_headers();
  const auto origin = sharing();
  if (!origin.empty()) {
    curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &CurlTransfer::on_connected);
    curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  }
  multi_->add(easy_, *this, origin, time_left.count() > 0 ? std::min(request_.connect_timeout, time_left) : request_.connect_timeout);
}

/// The time that it has waited counts.
void CurlTransfer::begins(milliseconds waited) {
  const auto rest = [&](milliseconds whole) { return static_cast<long>(std::max(whole - waited, milliseconds{1}).count()); };
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, rest(request_.connect_timeout));
  if (time_left_.count() > 0) curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, rest(time_left_));
}

int CurlTransfer::on_connected(void* self, char* /*to*/, char* /*from*/, int /*to_port*/, int /*from_port*/) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const bool agreed = transfer.request_.version == Version::automatic;
  transfer.multi_->connected(transfer.easy_, agreed ? kind_of(transfer.easy_) : Admission::Kind::shared);
  return CURL_PREREQFUNC_OK;
}

void CurlTransfer::set_method() {
  const auto& method = hop_.method;
  if (method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (!hop_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(hop_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, hop_.body.data());
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  }
  if (method != "HEAD") curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void CurlTransfer::set_headers() {
  const auto append = [&](const std::string& line) {
    auto* longer = curl_slist_append(header_list_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)header_list_.release();
    header_list_.reset(longer);
  };
  // "Name;" is libcurl's way to send an empty value, "Name:" its way to send none of its own.
  for (const auto& [name, value] : hop_.headers) append(trim(value).empty() ? name + ";" : name + ": " + value);
  if (!hop_.headers.has("Content-Type")) append("Content-Type:");
  append("Expect:");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_.get());
}

std::size_t CurlTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlTransfer*>(self)->header_line({data, size * count}) ? size * count : 0;
}

bool CurlTransfer::header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes) {
    headers_too_large_ = true;
    return false;
  }
  line = trim(line);
  if (line.starts_with("HTTP/")) {
    head_.headers.clear();
    headers_done_ = false;
    head_.status = 0;
    const auto space = line.find(' ');
    if (space != std::string_view::npos) std::from_chars(line.data() + space + 1, line.data() + line.size(), head_.status);
  } else if (line.empty()) {
    headers_done_ = true;
    const bool interim = head_.status < 200;
    if (!interim && !head_told_) {
      head_told_ = true;
      return ask([&] { return sink_.head(head_.status, head_.headers); });
    }
  } else if (!headers_done_) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      head_.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    }
  }
  return true;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  return transfer.ask([&] { return transfer.sink_.write({data, size * count}); }) ? size * count : 0;
}

template <class Call>
bool CurlTransfer::ask(Call call) {
  try {
    if (call()) return true;
  } catch (...) {
    thrown_ = std::current_exception();
  }
  stopped_ = true;
  return false;
}

void CurlTransfer::ended(CURLcode code) {
  ended_ = true;
  code_ = code;
  end_event_.cancel();
}

Response CurlTransfer::take_head() {
  const auto time = [&](CURLINFO what) {
    curl_off_t us = 0;
    curl_easy_getinfo(easy_, what, &us);
    return microseconds(us);
  };
  head_.timings = {.resolved = time(CURLINFO_NAMELOOKUP_TIME_T),
                   .connected = time(CURLINFO_CONNECT_TIME_T),
                   .tls = time(CURLINFO_APPCONNECT_TIME_T),
                   .first_byte = time(CURLINFO_STARTTRANSFER_TIME_T),
                   .total = time(CURLINFO_TOTAL_TIME_T)};
  return std::move(head_);
}

long CurlTransfer::os_error() const {
  long error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &error);
  return error;
}

bool CurlTransfer::was_connected() const {
  curl_off_t us = 0;
  curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &us);
  return us > 0;
}

}  // namespace skein::http
