#include "http/curl_multi.hpp"

#include <mutex>
#include <new>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "async/sigpipe.hpp"

namespace skein::http {
namespace {

constexpr std::size_t most_spare_handles = 32;

/// Costs 11 ms, so the first request pays for it and a run without HTTP does not.
void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    async::ignore_sigpipe();
    curl_global_init(CURL_GLOBAL_DEFAULT);
  });
}

}  // namespace

/// One of libcurl's sockets as the event loop sees it. libcurl owns the socket: it is released, never closed, here.
struct CurlMulti::Watch {
  Watch(const asio::any_io_executor& executor, curl_socket_t fd) : descriptor(executor, fd), socket(fd) {}
  ~Watch() {
    if (descriptor.is_open()) descriptor.release();
  }

  asio::posix::stream_descriptor descriptor;
  curl_socket_t socket;
  bool watched = true;
  bool want_read = false, want_write = false;
  bool reading = false, writing = false;  ///< a wait is under way
};

CurlMulti::CurlMulti(asio::any_io_executor executor, std::size_t max_idle_connections)
    : executor_(std::move(executor)), timer_(executor_), multi_(nullptr) {
  initialise_curl();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(max_idle_connections));
}

CurlMulti::~CurlMulti() {
  abort_all();
  for (auto* easy : spare_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

void CurlMulti::add(CURL* easy, Listener& listener) {
  active_.emplace(easy, &listener);
  curl_multi_add_handle(multi_, easy);
}

void CurlMulti::remove(CURL* easy) {
  if (active_.erase(easy) > 0) curl_multi_remove_handle(multi_, easy);
}

void CurlMulti::abort_all() {
  while (!active_.empty()) {
    const auto [easy, listener] = *active_.begin();
    remove(easy);
    listener->ended(CURLE_ABORTED_BY_CALLBACK);
  }
}

CURL* CurlMulti::take_easy() {
  if (!spare_.empty()) {
    auto* easy = spare_.back();
    spare_.pop_back();
    return easy;
  }
  auto* easy = curl_easy_init();
  if (easy == nullptr) throw std::bad_alloc();
  return easy;
}

void CurlMulti::give_back(CURL* easy) {
  if (spare_.size() >= most_spare_handles) return curl_easy_cleanup(easy);
  // reset keeps what a handle remembers of hosts: cookies (never enabled), DNS and TLS sessions live in the multi handle.
  curl_easy_reset(easy);
  spare_.push_back(easy);
}

int CurlMulti::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* /*watch*/) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.unwatch(socket);
  } else {
    multi.watch(socket, what);
  }
  return 0;
}

int CurlMulti::on_timer(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (timeout_ms < 0) {
    multi.timer_.cancel();
    return 0;
  }
  multi.timer_.expires_after(std::chrono::milliseconds(timeout_ms));
  multi.timer_.async_wait([weak = multi.weak_from_this()](const boost::system::error_code& ec) {
    if (ec) return;
    if (const auto alive = weak.lock()) alive->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlMulti::watch(curl_socket_t socket, int what) {
  auto& entry = watches_[socket];
  if (!entry) entry = std::make_shared<Watch>(executor_, socket);
  entry->want_read = (what & CURL_POLL_IN) != 0;
  entry->want_write = (what & CURL_POLL_OUT) != 0;
  arm(entry);
}

void CurlMulti::unwatch(curl_socket_t socket) {
  const auto found = watches_.find(socket);
  if (found == watches_.end()) return;
  found->second->watched = false;
  found->second->descriptor.release();  // its waits end with operation_aborted; the handlers hold the Watch
  watches_.erase(found);
}

void CurlMulti::arm(const std::shared_ptr<Watch>& watch) {
  using asio::posix::stream_descriptor;
  const auto wait = [&](stream_descriptor::wait_type type, bool Watch::* under_way, int flag) {
    (*watch).*under_way = true;
    watch->descriptor.async_wait(type, [weak = weak_from_this(), watch, under_way, flag](const boost::system::error_code& ec) {
      (*watch).*under_way = false;
      const auto alive = weak.lock();
      if (!alive || !watch->watched) return;
      const bool wanted = flag == CURL_CSELECT_IN ? watch->want_read : watch->want_write;
      if (wanted) alive->act(watch->socket, ec ? CURL_CSELECT_ERR : flag);
      if (watch->watched) alive->arm(watch);
    });
  };
  if (watch->want_read && !watch->reading) wait(stream_descriptor::wait_read, &Watch::reading, CURL_CSELECT_IN);
  if (watch->want_write && !watch->writing) wait(stream_descriptor::wait_write, &Watch::writing, CURL_CSELECT_OUT);
}

void CurlMulti::act(curl_socket_t socket, int flags) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, flags, &running);
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto* easy = message->easy_handle;
    const auto code = message->data.result;  // `message` is gone once the handle is removed
    const auto found = active_.find(easy);
    if (found == active_.end()) continue;
    auto* listener = found->second;
    remove(easy);
    listener->ended(code);
  }
}

}  // namespace skein::http
