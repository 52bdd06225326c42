#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/libcurl.hpp"

namespace skein::http {

namespace asio = boost::asio;

/// libcurl's multi interface on an Asio event loop (https://curl.se/libcurl/c/libcurl-multi.html, "multi_socket"). Private to this
/// folder. Used from the executor's thread only.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
 public:
  /// Hears of the end of one easy handle, which was taken out of the multi handle before.
  class Listener {
   public:
    virtual void ended(CURLcode code) = 0;

   protected:
    ~Listener() = default;
  };

  CurlMulti(asio::any_io_executor executor, std::size_t max_idle_connections);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Starts the transfer; `listener` must outlive it or be removed first.
  void add(CURL* easy, Listener& listener);
  /// Ends the transfer without a word to its listener; does nothing where it has ended.
  void remove(CURL* easy);
  /// Ends every transfer with CURLE_ABORTED_BY_CALLBACK.
  void abort_all();

  /// A fresh or cleaned easy handle, which shares nothing with its former use but memory.
  [[nodiscard]] CURL* take_easy();
  void give_back(CURL* easy);

 private:
  struct Watch;
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watch);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);
  void watch(curl_socket_t socket, int what);
  void unwatch(curl_socket_t socket);
  void arm(const std::shared_ptr<Watch>& watch);
  void act(curl_socket_t socket, int flags);

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  CURLM* multi_;
  std::map<CURL*, Listener*> active_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::vector<CURL*> spare_;
};

}  // namespace skein::http
