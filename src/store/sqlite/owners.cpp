#include "store/sqlite/owners.hpp"

#include <unistd.h>

namespace skein::store {

Result<std::int64_t> Registration::ensure(Connection& db) {
  if (lock_) return id();
  Query(db, "INSERT INTO owners(pid) VALUES(?)", static_cast<std::int64_t>(getpid())).run();
  if (db.failed()) return 0;
  const auto id = db.last_rowid();
  auto lock = OwnerLock::create(directory_, id);
  if (!lock) {
    Query(db, "DELETE FROM owners WHERE id=?", id).run();
    return std::unexpected(lock.error());
  }
  lock_ = std::move(*lock);
  durable_ = false;
  id_.store(id, std::memory_order_release);
  return id;
}

void Registration::rolled_back() {
  if (!durable_) end();
}

void Registration::end() {
  id_.store(0, std::memory_order_release);
  lock_.reset();
  durable_ = false;
}

std::vector<std::int64_t> dead_owners(Connection& db, const std::string& directory, std::int64_t self) {
  std::vector<std::int64_t> dead;
  for (Query query(db, "SELECT id FROM owners ORDER BY id"); query.next();) {
    const auto id = query.integer(0);
    if (id != self && !owner_lives(directory, id)) dead.push_back(id);
  }
  return dead;
}

std::int64_t owner_pid(Connection& db, std::int64_t owner) {
  Query query(db, "SELECT pid FROM owners WHERE id=?", owner);
  return query.next() ? query.integer(0) : 0;
}

}  // namespace skein::store
