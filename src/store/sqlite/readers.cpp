#include "store/sqlite/readers.hpp"

#include <utility>

namespace skein::store::sqlite {
namespace {

constexpr std::size_t most_idle = 4;

}  // namespace

Result<Readers::Loan> Readers::get() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Loan(*this, std::move(connection));
    }
  }
  auto made = Connection::open(path_, Access::read);
  if (!made) return std::unexpected(made.error());
  return Loan(*this, std::move(*made));
}

void Readers::give_back(Connection connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < most_idle) idle_.push_back(std::move(connection));
}

}  // namespace skein::store::sqlite
