#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "resilience/rate_limit.hpp"

namespace skein::model {

/// The rate limit of one key, shared by everything that uses the key. Safe from any thread.
class KeyLimit {
 public:
  explicit KeyLimit(resilience::RateLimitPolicy policy) : policy_(policy) {}
  KeyLimit(const KeyLimit&) = delete;
  KeyLimit& operator=(const KeyLimit&) = delete;

  /// The place of one request, given back when it goes without having been used.
  class Place {
   public:
    Place() = default;
    Place(KeyLimit& limit, std::uint64_t tokens, microseconds wait) : limit_(&limit), tokens_(tokens), wait_(wait) {}
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();
    /// How long to wait before it may be used.
    [[nodiscard]] microseconds wait() const { return wait_; }
    /// The request is sent.
    void use() { used_ = true; }
    /// What it really cost.
    void settle(std::uint64_t tokens);

   private:
    KeyLimit* limit_ = nullptr;
    std::uint64_t tokens_ = 0;
    microseconds wait_{0};
    bool used_ = false;
  };

  /// A place for a request that costs about `tokens`. It must not outlive the limit.
  [[nodiscard]] Place take(std::uint64_t tokens, BootInstant now);
  /// The server wants to be left alone until then.
  void hold_until(BootInstant when);

 private:
  const resilience::RateLimitPolicy policy_;
  std::mutex mutex_;
  resilience::RateLimit state_;
};

}  // namespace skein::model
