#include "store/sqlite/connection.hpp"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace skein::store::sqlite {
namespace {

constexpr int busy_timeout_ms = 10'000;

std::string advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full; free some room, nothing is lost";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process holds the database for long; try again";
    case SQLITE_CORRUPT: return "the file is damaged; restore a backup";
    case SQLITE_NOTADB: return "the file is not a Skein store; name another with --store";
    case SQLITE_CANTOPEN: return "the file cannot be opened; check the path and its permissions";
    case SQLITE_READONLY: return "the file cannot be written; check its permissions and those of its folder";
    case SQLITE_IOERR: return "reading or writing failed; check the disk";
    default: return "the database refused";
  }
}

}  // namespace

Error error_of(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  const char* file = sqlite3_db_filename(handle, "main");
  const bool full = (code & 0xff) == SQLITE_FULL;
  return Error{.code = full ? ErrorCode::store_full : ErrorCode::store_failed,
               .message = fmt::format("store {}: {} ({})", file != nullptr ? file : "", advice(code), sqlite3_errmsg(handle)),
               .context = fmt::format("sqlite={}", code),
               .retryable = full || (code & 0xff) == SQLITE_BUSY,
               .retry_after = {}};
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_, index, value);
  return *this;
}
Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(handle_, index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(handle_, index, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}
Statement& Statement::bind_null(int index) {
  sqlite3_bind_null(handle_, index);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = error_of(sqlite3_db_handle(handle_));
  reset();
  return std::unexpected(std::move(error));
}

Result<void> Statement::run() {
  const auto stepped = step();
  if (!stepped) return std::unexpected(stepped.error());
  if (*stepped) reset();
  return {};
}

void Statement::reset() { sqlite3_reset(handle_); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  if (sqlite3_column_type(handle_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}
std::string_view Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return bytes == nullptr ? std::string_view{} : std::string_view(bytes, size);
}

Result<Connection> Connection::open(const std::string& path, Access access) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (access == Access::write ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Connection connection(handle);
  if (handle == nullptr) return fail(ErrorCode::store_failed, "store " + path + ": no memory to open it");
  sqlite3_extended_result_codes(handle, 1);
  if (code != SQLITE_OK) {
    return fail(ErrorCode::store_failed, fmt::format("store {}: {} ({})", path, advice(code), sqlite3_errmsg(handle)));
  }
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return connection;
}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Connection::~Connection() { sqlite3_close_v2(handle_); }

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return std::unexpected(error_of(handle_));
  }
  return Statement(statement);
}

Result<void> Connection::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return std::unexpected(error_of(handle_));
  return {};
}

Result<std::int64_t> Connection::integer(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

std::int64_t Connection::last_insert_id() const { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Connection::changed_rows() const { return sqlite3_changes64(handle_); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

}  // namespace skein::store::sqlite
