#include "store/sqlite/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sqlite3.h>

namespace skein::store {
namespace {

struct Explained {
  Failure failure;
  Error error;
};

Explained explain(int code, int system_error, std::string_view path, std::string_view detail) {
  const auto make = [&](Failure failure, ErrorCode kind, std::string message, bool retryable = false) {
    Error error{.code = kind,
                .message = std::move(message),
                .context = fmt::format("sqlite={}", code),
                .retryable = retryable,
                .retry_after = std::nullopt};
    return Explained{failure, std::move(error)};
  };
  const int primary = code & 0xff;
  // The shared-memory file beside the database grows with the log; its lack of room is reported as an I/O error.
  if (primary == SQLITE_FULL || (code == SQLITE_IOERR_SHMSIZE && system_error == ENOSPC)) {
    auto error = no_room(path);
    error.context = fmt::format("sqlite={}", code);
    return {Failure::full, std::move(error)};
  }
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return make(Failure::refused, ErrorCode::store_failed,
                  fmt::format("the store {} is being written to by another process for too long; try again", path), true);
    case SQLITE_TOOBIG:
      return make(Failure::refused, ErrorCode::too_large, fmt::format("a value is too large for the store {} (limit 1 GB)", path));
    case SQLITE_NOMEM: return make(Failure::refused, ErrorCode::store_failed, "out of memory in the store", true);
    case SQLITE_NOTADB:
      return make(Failure::broken, ErrorCode::store_failed, fmt::format("{} is not a Skein store: it is no SQLite database", path));
    case SQLITE_CORRUPT:
      return make(Failure::broken, ErrorCode::store_failed,
                  fmt::format("the store {} is damaged; restore a backup, or save what can be read with: sqlite3 FILE .recover", path));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return make(Failure::broken, ErrorCode::permission_denied, fmt::format("the store {} cannot be written: {}", path, detail));
    case SQLITE_CANTOPEN:
      return make(Failure::broken, ErrorCode::store_failed, fmt::format("the store {} cannot be opened: {}", path, detail));
    case SQLITE_IOERR:
      return make(Failure::broken, ErrorCode::store_failed,
                  fmt::format("the disk failed under the store {} ({}); nothing more is written until it is opened again", path, detail));
    default: return make(Failure::broken, ErrorCode::store_failed, fmt::format("the store {} failed: {}", path, detail));
  }
}

}  // namespace

Error no_room(std::string_view path) {
  return {
      .code = ErrorCode::store_full,
      .message = fmt::format(
          "there is no room for the store {}; make some: what runs then goes on by itself, what was refused can be asked for again", path),
      .context = {},
      .retryable = true,
      .retry_after = std::nullopt};
}

Result<std::unique_ptr<Connection>> Connection::open(const Options& options) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<Connection> made(new Connection(db, options.path));
  if (code != SQLITE_OK) {
    made->fail_with(code);
    return std::unexpected(made->take().error());
  }
  sqlite3_busy_timeout(db, static_cast<int>(options.busy_timeout.count()));
  return made;
}

Connection::~Connection() {
  for (const auto& [_, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

void Connection::exec(const char* sql) {
  if (failed()) return;
  if (const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) fail_with(code);
}

Result<void> Connection::take() {
  if (failure_ == Failure::none) return {};
  failure_ = Failure::none;
  return std::unexpected(std::move(error_));
}

void Connection::fail_with(int code) {
  if (failed()) return;
  const char* detail = db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
  auto explained = explain(code, db_ ? sqlite3_system_errno(db_) : 0, path_, detail);
  failure_ = explained.failure;
  error_ = std::move(explained.error);
}

int Connection::changes() const { return sqlite3_changes(db_); }
std::int64_t Connection::last_rowid() const { return sqlite3_last_insert_rowid(db_); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

sqlite3_stmt* Connection::statement(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    const int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail_with(code);
  }
  return statement;
}

namespace {

sqlite3_file* log_of(sqlite3* db) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&file));
  return code == SQLITE_OK && file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

}  // namespace

std::int64_t Connection::log_bytes() const {
  auto* log = log_of(db_);
  sqlite3_int64 size = 0;
  return log != nullptr && log->pMethods->xFileSize(log, &size) == SQLITE_OK ? size : 0;
}

void Connection::lengthen_log(std::int64_t more) {
  static constexpr std::array<char, 65536> zeros{};
  auto* log = log_of(db_);
  if (log == nullptr) return;
  auto at = log_bytes();
  for (const auto end = at + more; at < end;) {
    const auto size = static_cast<int>(std::min<std::int64_t>(end - at, zeros.size()));
    if (log->pMethods->xWrite(log, zeros.data(), size, at) != SQLITE_OK) return;
    at += size;
  }
}

void Connection::no_checkpoint_on_close() { sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

Query::~Query() {
  if (stmt_) sqlite3_reset(stmt_);
}

bool Query::next() {
  if (!stmt_ || db_.failed()) return false;
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) db_.fail_with(code);
  sqlite3_reset(stmt_);
  return false;
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(stmt_, column); }

std::string_view Query::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))) : std::string_view();
}

bool Query::null(int column) const { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }

Uuid Query::uuid(int column) const {
  std::array<std::uint8_t, 16> bytes{};
  const auto found = text(column);
  std::copy_n(found.begin(), std::min(found.size(), bytes.size()), bytes.begin());
  return Uuid::from_bytes(bytes);
}

void Query::bind(std::nullopt_t) {
  if (stmt_) check(sqlite3_bind_null(stmt_, ++bound_));
}
void Query::bind(std::int64_t value) {
  if (stmt_) check(sqlite3_bind_int64(stmt_, ++bound_, value));
}
void Query::bind(std::string_view value) {
  // The caller's values outlive the query; a default view must still be text, not null.
  const char* data = value.data() ? value.data() : "";
  if (stmt_) check(sqlite3_bind_text64(stmt_, ++bound_, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void Query::bind(const Uuid& value) {
  if (stmt_) check(sqlite3_bind_blob64(stmt_, ++bound_, value.bytes().data(), value.bytes().size(), SQLITE_STATIC));
}
void Query::check(int code) {
  if (code != SQLITE_OK) db_.fail_with(code);
}

}  // namespace skein::store
