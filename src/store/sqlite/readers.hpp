#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/connection.hpp"

namespace skein::store::sqlite {

/// Connections for reading, made when needed and kept; readers never wait for the writer (WAL). Safe from any thread.
class Readers {
 public:
  /// A connection on loan; goes back when it is destroyed.
  class Loan {
   public:
    Loan(Readers& home, Connection connection) : home_(&home), connection_(std::move(connection)) {}
    Loan(Loan&& other) noexcept : home_(std::exchange(other.home_, nullptr)), connection_(std::move(other.connection_)) {}
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (home_ != nullptr) home_->give_back(std::move(connection_));
    }
    Connection& operator*() { return connection_; }

   private:
    Readers* home_;
    Connection connection_;
  };

  explicit Readers(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Result<Loan> get();

 private:
  void give_back(Connection connection);

  std::string path_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
};

}  // namespace skein::store::sqlite
