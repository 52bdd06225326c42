#include "model/answer_cache.hpp"

#include <iterator>
#include <utility>

namespace skein::model {

asio::awaitable<std::optional<std::string>> MemoryAnswerCache::get(std::string key, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) co_return std::nullopt;
  if (found->second->expires <= now) {
    drop(found->second);
    co_return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  co_return entries_.front().value;
}

asio::awaitable<void> MemoryAnswerCache::put(std::string key, std::string value, Instant expires) {
  const std::lock_guard lock(mutex_);
  if (const auto old = by_key_.find(key); old != by_key_.end()) drop(old->second);
  if (key.size() + value.size() > max_bytes_) co_return;
  bytes_ += key.size() + value.size();
  entries_.push_front({.key = key, .value = std::move(value), .expires = expires});
  by_key_.emplace(std::move(key), entries_.begin());
  while (bytes_ > max_bytes_) drop(std::prev(entries_.end()));
}

std::size_t MemoryAnswerCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void MemoryAnswerCache::drop(Entries::iterator entry) {
  bytes_ -= entry->bytes();
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace skein::model
