#include "store/sqlite/reader_pool.hpp"

namespace skein::store {
namespace {

constexpr std::size_t max_idle = 4;

}  // namespace

ReaderPool::Lease::~Lease() {
  if (db_) pool_->give_back(std::move(db_));
}

Result<ReaderPool::Lease> ReaderPool::lease() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return fail(ErrorCode::store_failed, "the store is closed");
    if (!idle_.empty()) {
      auto db = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(db));
    }
  }
  auto db = Connection::open(options_);
  if (!db) return std::unexpected(std::move(db.error()));
  (*db)->no_checkpoint_on_close();
  (*db)->exec("PRAGMA query_only=1; PRAGMA cache_size=-2000; PRAGMA mmap_size=0");
  if (auto done = (*db)->take(); !done) return std::unexpected(std::move(done.error()));
  return Lease(*this, std::move(*db));
}

void ReaderPool::give_back(std::unique_ptr<Connection> db) {
  if (db->in_transaction()) db->exec("ROLLBACK");
  // A failed connection is thrown away: the next one starts afresh.
  const bool healthy = db->take().has_value() && !db->in_transaction();
  const std::lock_guard lock(mutex_);
  if (healthy && !closed_ && idle_.size() < max_idle) idle_.push_back(std::move(db));
}

void ReaderPool::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  idle_.clear();
}

}  // namespace skein::store
