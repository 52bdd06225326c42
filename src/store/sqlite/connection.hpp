#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace skein::store::sqlite {

/// A prepared statement. Bind, then `step` until it says no; `reset` happens by itself before the next use.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* handle) : handle_(handle) {}  // NOLINT(google-explicit-constructor): made by Connection only
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  /// Parameters count from 1. Text and blobs must live until the statement has been stepped.
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  /// True: a row is there. False: done. Errors carry SQLite's code, see `error_of`.
  [[nodiscard]] Result<bool> step();
  /// For statements that give no rows.
  [[nodiscard]] Result<void> run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  ///< valid until the next step

 private:
  sqlite3_stmt* handle_ = nullptr;
};

enum class Access : std::uint8_t { read, write };

/// One connection; used by one thread at a time.
class Connection {
 public:
  [[nodiscard]] static Result<Connection> open(const std::string& path, Access access);
  Connection() = default;
  Connection(Connection&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// For constant SQL; an error is a bug or a damaged database.
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  [[nodiscard]] Result<void> execute(const char* sql);
  /// The one integer that `sql` gives.
  [[nodiscard]] Result<std::int64_t> integer(const char* sql);
  [[nodiscard]] std::int64_t last_insert_id() const;
  [[nodiscard]] std::int64_t changed_rows() const;
  [[nodiscard]] bool in_transaction() const;

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_ = nullptr;
};

/// What the connection's latest failure means: store_full where there is no room, store_failed else. The message names the file.
[[nodiscard]] Error error_of(sqlite3* handle);

}  // namespace skein::store::sqlite
