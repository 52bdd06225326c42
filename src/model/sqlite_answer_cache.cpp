#include "model/sqlite_answer_cache.hpp"

#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.hpp"
#include "store/sqlite/connection.hpp"

namespace skein::model {

using store::Connection;
using store::Query;

/// One connection, used by one thread at a time.
class SqliteAnswerCache::File {
 public:
  File(std::string path, std::uint64_t max_bytes) : path_(std::move(path)), max_bytes_(max_bytes) {}

  std::optional<std::string> get(const std::string& key, Instant now) {
    const std::lock_guard lock(mutex_);
    if (!open()) return std::nullopt;
    std::optional<std::string> out;
    {
      Query query(*db_, "SELECT value FROM answers WHERE key=? AND expires>?", key, now);
      if (query.next()) out = query.text(0);
    }
    return check() ? out : std::nullopt;
  }

  void put(const std::string& key, const std::string& value, Instant expires) {
    const std::lock_guard lock(mutex_);
    if (value.size() > max_bytes_ / 4 || !open()) return;
    Query(*db_, "INSERT OR REPLACE INTO answers(key, value, expires) VALUES(?,?,?)", key, value, expires).run();
    make_room();
    (void)check();
  }

 private:
  bool open() {
    if (db_) return true;
    if (given_up_) return false;
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
    // Made before SQLite does, which would let others read it.
    if (const int made = ::open(path_.c_str(), O_CREAT | O_CLOEXEC | O_RDWR, S_IRUSR | S_IWUSR); made >= 0) ::close(made);
    auto opened = Connection::open({.path = path_, .vfs = {}, .busy_timeout = std::chrono::milliseconds{1000}});
    if (!opened) return give_up(opened.error());
    db_ = std::move(*opened);
    db_->exec("PRAGMA journal_mode=WAL");
    db_->exec("PRAGMA synchronous=OFF");
    db_->exec("CREATE TABLE IF NOT EXISTS answers(key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER NOT NULL)");
    db_->exec("CREATE INDEX IF NOT EXISTS answers_by_expiry ON answers(expires)");
    return check();
  }

  std::uint64_t used() {
    Query query(*db_, "SELECT (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count)");
    constexpr std::uint64_t page = 4096;
    return query.next() ? query.number(0) * page : 0;
  }

  void make_room() {
    while (!db_->failed() && used() > max_bytes_) {
      Query(*db_,
            "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers ORDER BY expires LIMIT 1 + (SELECT count(*)/10 FROM answers))")
          .run();
      if (db_->changes() == 0) return;
    }
  }

  /// A busy file is no reason to give up; one that is damaged or cannot be written is.
  bool check() {
    const auto failure = db_->failure();
    const auto done = db_->take();
    if (done) return true;
    return failure == store::Failure::refused ? false : give_up(done.error());
  }

  bool give_up(const Error& why) {
    given_up_ = true;
    db_.reset();
    log::warning("answers of models are not cached", {{"file", Json(path_)}, {"error", Json(why.message)}});
    return false;
  }

  const std::string path_;
  const std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::unique_ptr<Connection> db_;
  bool given_up_ = false;
};

SqliteAnswerCache::SqliteAnswerCache(std::string path, async::BlockingPool& pool, std::uint64_t max_bytes)
    : file_(std::make_shared<File>(std::move(path), max_bytes)), pool_(pool) {}

SqliteAnswerCache::~SqliteAnswerCache() = default;

asio::awaitable<std::optional<std::string>> SqliteAnswerCache::get(std::string key, Instant now) {
  auto look = [file = file_, key = std::move(key), now] { return file->get(key, now); };
  auto found = co_await pool_.run(std::move(look));
  co_return found;
}

asio::awaitable<void> SqliteAnswerCache::put(std::string key, std::string value, Instant expires) {
  auto keep = [file = file_, key = std::move(key), value = std::move(value), expires] { file->put(key, value, expires); };
  co_await pool_.run(std::move(keep));
}

}  // namespace skein::model
