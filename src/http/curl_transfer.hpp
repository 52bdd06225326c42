#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/steady_timer.hpp>

#include "http/body_sink.hpp"
#include "http/client.hpp"
#include "http/curl_multi.hpp"
#include "http/redirect.hpp"

namespace skein::http {

/// How large the pieces are in which a body is read from the wire: a whole body in large ones; of streams there may be thousands at once.
enum class Pieces : std::uint8_t { large, small };

/// One hop on one easy handle: sets it up, collects status and headers, hands the body to a sink. Private to this folder.
class CurlTransfer final : public CurlMulti::Listener {
 public:
  /// `hop`, `request` and `options` live until the transfer has gone.
  CurlTransfer(std::shared_ptr<CurlMulti> multi, const asio::any_io_executor& executor, const Hop& hop, const Request& request,
               const ClientOptions& options, BodySink& sink, Pieces pieces);
  /// Takes the transfer off the wire if it is still on it.
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// `time_left` limits the transfer; 0: no limit.
  void start(milliseconds time_left);
  [[nodiscard]] bool has_ended() const { return ended_; }
  /// Cancelled when the transfer has ended.
  [[nodiscard]] asio::steady_timer& end_event() { return end_event_; }

  [[nodiscard]] CURLcode code() const { return code_; }
  /// The sink wanted no more.
  [[nodiscard]] bool was_stopped() const { return stopped_; }
  /// What the sink threw.
  [[nodiscard]] const std::exception_ptr& thrown() const { return thrown_; }
  /// Status, headers and timings so far.
  [[nodiscard]] Response take_head();
  [[nodiscard]] bool headers_too_large() const { return headers_too_large_; }
  [[nodiscard]] long os_error() const;
  [[nodiscard]] std::string_view detail() const { return detail_.data(); }
  [[nodiscard]] int status() const { return head_.status; }
  [[nodiscard]] bool was_connected() const;

  void begins(milliseconds waited) override;
  void ended(CURLcode code) override;

 private:
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static int on_connected(void* self, char* /*to*/, char* /*from*/, int /*to_port*/, int /*from_port*/);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  bool header_line(std::string_view line);
  /// Whether the sink wants more; nothing that it throws may pass through libcurl.
  template <class Call>
  bool ask(Call call);
  void set_method();
  void set_headers();
  /// With whose transfers it may share a connection; empty: with nobody's.
  [[nodiscard]] std::string sharing() const;

  std::shared_ptr<CurlMulti> multi_;
  CURL* easy_;
  asio::steady_timer end_event_;
  const Hop& hop_;
  const Request& request_;
  const ClientOptions& options_;
  BodySink& sink_;
  Pieces pieces_;
  milliseconds time_left_{0};  ///< when it was started
  bool stopped_ = false;
  std::exception_ptr thrown_;
  std::unique_ptr<curl_slist, FreeList> header_list_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  Response head_;
  std::size_t header_bytes_ = 0;
  bool headers_too_large_ = false;
  bool headers_done_ = false;  ///< what comes after the blank line of a final answer are trailers
  bool head_told_ = false;
  bool ended_ = false;
  CURLcode code_ = CURLE_OK;
};

/// What a failed transfer means to a caller, whose sink did not stop it. `elapsed` is the time of the whole request.
[[nodiscard]] Error transfer_error(const CurlTransfer& transfer, const Hop& hop, const Request& request, milliseconds elapsed);
/// The body, or the stream, is larger than `limit`.
[[nodiscard]] Error body_too_large(const Hop& hop, std::size_t limit);

}  // namespace skein::http
