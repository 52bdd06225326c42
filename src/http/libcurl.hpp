#pragma once

#include <atomic>

#include <curl/curl.h>

#include "base/error.hpp"

namespace skein::http {

/// Loads libcurl where that has not been done: with the thirty libraries that it needs it doubles the time that a program takes to start,
/// and most of what the program does needs no server. Errors: unsupported, where it is missing.
[[nodiscard]] Result<void> load_libcurl();
/// The address of one of its functions, or of one of the libraries that it needs. Throws std::runtime_error where it is missing.
[[nodiscard]] void* find_in_libcurl(const char* name);

/// A function of libcurl, or of a library that it needs, under its own name, found at its first call.
template <class F>
class LibcurlFunction {
 public:
  explicit constexpr LibcurlFunction(const char* name) : name_(name) {}

  template <class... Arguments>
  auto operator()(Arguments... arguments) const {
    auto* function = found_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<F*>(find_in_libcurl(name_));
      found_.store(function, std::memory_order_relaxed);
    }
    return function(arguments...);
  }

 private:
  const char* name_;
  mutable std::atomic<F*> found_ = nullptr;
};

// Within this namespace these names are found before libcurl's own, which nothing is linked with.
#define SKEIN_LIBCURL_FUNCTION(name) \
  inline constinit LibcurlFunction<decltype(::name)> name { #name }
SKEIN_LIBCURL_FUNCTION(curl_easy_cleanup);
SKEIN_LIBCURL_FUNCTION(curl_easy_getinfo);
SKEIN_LIBCURL_FUNCTION(curl_easy_init);
SKEIN_LIBCURL_FUNCTION(curl_easy_reset);
SKEIN_LIBCURL_FUNCTION(curl_easy_setopt);
SKEIN_LIBCURL_FUNCTION(curl_easy_strerror);
SKEIN_LIBCURL_FUNCTION(curl_easy_unescape);
SKEIN_LIBCURL_FUNCTION(curl_free);
SKEIN_LIBCURL_FUNCTION(curl_global_init);
SKEIN_LIBCURL_FUNCTION(curl_multi_add_handle);
SKEIN_LIBCURL_FUNCTION(curl_multi_cleanup);
SKEIN_LIBCURL_FUNCTION(curl_multi_info_read);
SKEIN_LIBCURL_FUNCTION(curl_multi_init);
SKEIN_LIBCURL_FUNCTION(curl_multi_remove_handle);
SKEIN_LIBCURL_FUNCTION(curl_multi_setopt);
SKEIN_LIBCURL_FUNCTION(curl_multi_socket_action);
SKEIN_LIBCURL_FUNCTION(curl_share_cleanup);
SKEIN_LIBCURL_FUNCTION(curl_share_init);
SKEIN_LIBCURL_FUNCTION(curl_share_setopt);
SKEIN_LIBCURL_FUNCTION(curl_slist_append);
SKEIN_LIBCURL_FUNCTION(curl_slist_free_all);
SKEIN_LIBCURL_FUNCTION(curl_url);
SKEIN_LIBCURL_FUNCTION(curl_url_cleanup);
SKEIN_LIBCURL_FUNCTION(curl_url_get);
SKEIN_LIBCURL_FUNCTION(curl_url_set);
SKEIN_LIBCURL_FUNCTION(curl_url_strerror);
#undef SKEIN_LIBCURL_FUNCTION

}  // namespace skein::http
