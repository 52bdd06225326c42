#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "store/sqlite/connection.hpp"

namespace skein::store {

/// Connections for reading, opened on demand. A few are kept; whoever needs one never waits, so a visitor may read again.
class ReaderPool {
 public:
  explicit ReaderPool(Connection::Options options) : options_(std::move(options)) {}

  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<Connection> db) : pool_(&pool), db_(std::move(db)) {}
    ~Lease();
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    Connection& operator*() const { return *db_; }
    Connection* operator->() const { return db_.get(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Connection> db_;
  };

  [[nodiscard]] Result<Lease> lease();
  /// Idle connections are closed; leases end as usual.
  void close();

 private:
  void give_back(std::unique_ptr<Connection> db);

  Connection::Options options_;
  std::mutex mutex_;
  bool closed_ = false;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace skein::store
