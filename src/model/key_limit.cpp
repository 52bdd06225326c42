#include "model/key_limit.hpp"

#include <utility>

namespace skein::model {

KeyLimit::Place::Place(Place&& other) noexcept
    : limit_(std::exchange(other.limit_, nullptr)), tokens_(other.tokens_), wait_(other.wait_), used_(other.used_) {}

KeyLimit::Place::~Place() {
  if (limit_ == nullptr || used_) return;
  const std::lock_guard lock(limit_->mutex_);
  limit_->state_.give_back(limit_->policy_, tokens_);
}

void KeyLimit::Place::settle(std::uint64_t tokens) {
  if (limit_ == nullptr) return;
  const std::lock_guard lock(limit_->mutex_);
  limit_->state_.settle(limit_->policy_, std::exchange(tokens_, tokens), tokens);
}

KeyLimit::Place KeyLimit::take(std::uint64_t tokens, BootInstant now) {
  const std::lock_guard lock(mutex_);
  return {*this, tokens, state_.take(policy_, tokens, now)};
}

void KeyLimit::hold_until(BootInstant when) {
  const std::lock_guard lock(mutex_);
  state_.hold_until(when);
}

}  // namespace skein::model
