#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.hpp"
#include "http/admission.hpp"
#include "http/libcurl.hpp"

namespace skein::http {

namespace asio = boost::asio;

/// libcurl's multi interface on an Asio event loop (https://curl.se/libcurl/c/libcurl-multi.html, "multi_socket"). Private to this
/// folder. Used from the executor's thread only.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
  using SteadyTime = std::chrono::steady_clock::time_point;

 public:
  class Listener {
   public:
    /// The transfer begins, after it has waited so long for its turn.
    virtual void begins(milliseconds waited) = 0;
    /// It is over, and its easy handle was taken out of the multi handle before.
    virtual void ended(CURLcode code) = 0;

   protected:
    ~Listener() = default;
  };

  CurlMulti(asio::any_io_executor executor, std::size_t max_idle_connections);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Starts the transfer; `listener` must outlive it or be removed first. Where it may share a connection with others of an `origin` (see
  /// `Admission`; empty: it may not), it waits for its turn, and ends with CURLE_OPERATION_TIMEDOUT where that does not come in time.
  void add(CURL* easy, Listener& listener, const std::string& origin, milliseconds patience);
  /// A transfer that may share a connection has one. From within libcurl.
  void connected(CURL* easy, Admission::Kind kind) { admission_.connected(easy, kind); }
  /// Ends the transfer without a word to its listener; does nothing where it has ended.
  void remove(CURL* easy);
  /// Ends every transfer with CURLE_ABORTED_BY_CALLBACK.
  void abort_all();

  /// A fresh or cleaned easy handle, which shares nothing with its former use but memory.
  [[nodiscard]] CURL* take_easy();
  void give_back(CURL* easy);

 private:
  struct Watch;
  struct Active {
    Listener* listener = nullptr;
    SteadyTime since{};  ///< when it was added
    SteadyTime until{};  ///< when it waits no longer for its turn; none: it has begun
  };
  using Transfers = std::map<CURL*, Active>;

  void begin(Transfers::iterator transfer);
  void begin_admitted();
  void wait_for_turns();
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watch);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);
  void watch(curl_socket_t socket, int what);
  void unwatch(curl_socket_t socket);
  void arm(const std::shared_ptr<Watch>& watch);
  void act(curl_socket_t socket, int flags);

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  asio::steady_timer patience_timer_;
  CURLM* multi_;
  CURLSH* share_;
  Transfers active_;
  Admission admission_;
  std::set<std::pair<SteadyTime, CURL*>> waiting_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::vector<CURL*> spare_;
};

}  // namespace skein::http
