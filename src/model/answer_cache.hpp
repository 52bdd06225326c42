#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"

namespace skein::model {

namespace asio = boost::asio;

/// Answers by what was asked. Keys are hashes; values are texts that only the client reads. A cache that cannot answer is not an error: the
/// model is asked then.
class AnswerCache {
 public:
  virtual ~AnswerCache() = default;
  /// Nothing where there is none, or one that has expired.
  [[nodiscard]] virtual asio::awaitable<std::optional<std::string>> get(std::string key, Instant now) = 0;
  [[nodiscard]] virtual asio::awaitable<void> put(std::string key, std::string value, Instant expires) = 0;
};

/// In this process's memory, bounded: what was not asked for longest goes first. Safe from any thread.
class MemoryAnswerCache final : public AnswerCache {
 public:
  /// At most `max_bytes` of keys and values; a value that is longer is not kept.
  explicit MemoryAnswerCache(std::size_t max_bytes = std::size_t{64} << 20) : max_bytes_(max_bytes) {}
  [[nodiscard]] asio::awaitable<std::optional<std::string>> get(std::string key, Instant now) override;
  [[nodiscard]] asio::awaitable<void> put(std::string key, std::string value, Instant expires) override;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    std::string key, value;
    Instant expires;
    [[nodiscard]] std::size_t bytes() const { return key.size() + value.size(); }
  };
  using Entries = std::list<Entry>;

  void drop(Entries::iterator entry);

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;
  Entries entries_;  ///< the one asked for last first
  std::unordered_map<std::string, Entries::iterator> by_key_;
};

}  // namespace skein::model
