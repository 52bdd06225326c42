#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/uuid.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace skein::store {

/// How bad the failure of a connection is for whoever writes with it.
enum class Failure : std::uint8_t {
  none,
  refused,  ///< this transaction only: busy, too large, out of memory
  full,     ///< no room; another try is sensible once there is
  broken    ///< an I/O error or damage: what is on the disk is uncertain, so nothing may be written with this connection again
};

/// What is said where the disk that holds the store at `path` is full.
[[nodiscard]] Error no_room(std::string_view path);

/// A SQLite connection with its prepared statements. Keeps the first error: after it every query does nothing until the error is
/// taken, so that a transaction's steps can be written down one after the other and checked once. Not synchronised.
class Connection {
 public:
  struct Options {
    std::string path;
    std::string vfs;
    std::chrono::milliseconds busy_timeout{5000};
  };
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Options& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs a statement without parameters or rows.
  void exec(const char* sql);
  [[nodiscard]] bool failed() const { return failure_ != Failure::none; }
  [[nodiscard]] Failure failure() const { return failure_; }
  /// The first error, which is forgotten by that; success where there was none.
  [[nodiscard]] Result<void> take();
  /// Records the connection's latest error (or `code`) as its failure.
  void fail_with(int code);

  [[nodiscard]] sqlite3* handle() const { return db_; }
  [[nodiscard]] int changes() const;
  [[nodiscard]] std::int64_t last_rowid() const;
  [[nodiscard]] bool in_transaction() const;
  /// Prepared once and kept; `sql` must be a literal. Null after an error.
  [[nodiscard]] sqlite3_stmt* statement(const char* sql);
  /// Bytes of the write-ahead log's file; 0 where there is none.
  [[nodiscard]] std::int64_t log_bytes() const;
  /// Makes that file longer by `more` bytes of zeros, which nobody takes for frames. Only within a write transaction, when nobody else
  /// writes to the log. That there is no room is no error here: whoever writes frames will see.
  void lengthen_log(std::int64_t more);
  /// The last one to be closed must not touch the file any more: after an I/O error, and for readers.
  void no_checkpoint_on_close();

 private:
  Connection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}

  sqlite3* db_;
  std::string path_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  Failure failure_ = Failure::none;
  Error error_;
};

/// One execution of a prepared statement; it is reset in the end. The same statement must not be executing already.
class Query {
 public:
  template <class... Values>
  Query(Connection& db, const char* sql, const Values&... values) : db_(db), stmt_(db.failed() ? nullptr : db.statement(sql)) {
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Whether there is another row; false also after an error.
  bool next();
  /// For a statement without rows.
  void run() { next(); }

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  /// Valid until the next row.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] Instant instant(int column) const { return from_micros(integer(column)); }
  [[nodiscard]] Uuid uuid(int column) const;

 private:
  void bind(std::int64_t value);
  void bind(std::uint64_t value) { bind(static_cast<std::int64_t>(value)); }
  void bind(std::uint32_t value) { bind(static_cast<std::int64_t>(value)); }
  void bind(int value) { bind(static_cast<std::int64_t>(value)); }
  void bind(std::string_view value);
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(const Uuid& value);
  void bind(Instant value) { bind(to_micros(value)); }
  void bind(std::nullopt_t);
  template <class T>
  void bind(const std::optional<T>& value) {
    value ? bind(*value) : bind(std::nullopt);
  }
  void check(int code);

  Connection& db_;
  sqlite3_stmt* stmt_;
  int bound_ = 0;
};

}  // namespace skein::store
