#include "http/curl_multi.hpp"

#include <mutex>
#include <new>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "async/sigpipe.hpp"

namespace skein::http {
namespace {

constexpr std::size_t most_spare_handles = 32;
/// Of one connection; fewer where the server says so. What a broken connection ends, and what one piece of a lost packet holds up.
constexpr long most_streams = 100;

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
    : executor_(std::move(executor)), timer_(executor_), patience_timer_(executor_), multi_(nullptr), share_(nullptr) {
  initialise_curl();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  share_ = curl_share_init();
  if (share_ == nullptr) throw std::bad_alloc();
  // Handles come and go; a TLS session is for all of them. Without this each has a cache of its own, of a KiB.
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(max_idle_connections));
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, most_streams);
}

CurlMulti::~CurlMulti() {
  abort_all();
  for (auto* easy : spare_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
  curl_share_cleanup(share_);
}

void CurlMulti::add(CURL* easy, Listener& listener, const std::string& origin, milliseconds patience) {
  const auto now = std::chrono::steady_clock::now();
  const auto place = active_.emplace(easy, Active{.listener = &listener, .since = now, .until = {}}).first;
  if (origin.empty() || admission_.ask(origin, easy)) return begin(place);
  place->second.until = now + patience;
  const bool first = waiting_.empty();
  waiting_.emplace(place->second.until, easy);
  if (first || waiting_.begin()->second == easy) wait_for_turns();
}

void CurlMulti::begin(Transfers::iterator transfer) {
  auto& [easy, active] = *transfer;
  waiting_.erase({std::exchange(active.until, {}), easy});
  active.listener->begins(std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - active.since));
  curl_multi_add_handle(multi_, easy);
}

/// Not from within libcurl, which does not take a transfer then.
void CurlMulti::begin_admitted() {
  for (auto* easy : admission_.admitted()) begin(active_.find(easy));
}

/// For the first whose patience ends.
void CurlMulti::wait_for_turns() {
  patience_timer_.expires_at(waiting_.begin()->first);
  patience_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
    const auto alive = weak.lock();
    if (ec || !alive) return;
    const auto now = std::chrono::steady_clock::now();
    auto& waiting = alive->waiting_;
    while (!waiting.empty() && waiting.begin()->first <= now) {
      auto* easy = waiting.begin()->second;
      auto* listener = alive->active_.at(easy).listener;
      alive->remove(easy);
      listener->ended(CURLE_OPERATION_TIMEDOUT);
    }
    if (!waiting.empty()) alive->wait_for_turns();
  });
}

void CurlMulti::remove(CURL* easy) {
  const auto found = active_.find(easy);
  if (found == active_.end()) return;
  if (waiting_.erase({found->second.until, easy}) == 0) curl_multi_remove_handle(multi_, easy);
  active_.erase(found);
  admission_.gone(easy);
  begin_admitted();
}

void CurlMulti::abort_all() {
  while (!active_.empty()) {
    auto* easy = active_.begin()->first;
    auto* listener = active_.begin()->second.listener;
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
  curl_easy_setopt(easy, CURLOPT_SHARE, share_);  // stays through a reset
  return easy;
}

void CurlMulti::give_back(CURL* easy) {
  if (spare_.size() >= most_spare_handles) return curl_easy_cleanup(easy);
  // A reset keeps what a handle remembers of hosts, which is nothing: cookies were never enabled, TLS sessions are all handles', and
  // addresses are the multi handle's.
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
    auto* listener = found->second.listener;
    remove(easy);
    listener->ended(code);
  }
  begin_admitted();
}

}  // namespace skein::http
