#include "store/sqlite/open.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/owner_lock.hpp"
#include "store/sqlite/reserve.hpp"
#include "store/sqlite/schema.hpp"

namespace skein::store {
namespace {

/// Says what is wrong with the file before SQLite does, and creates it where it is missing: SQLite would give it a wider mode.
Result<void> prepare_file(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash != std::string::npos) {
    if (auto made = make_private_directory(path.substr(0, slash)); !made) return made;
  }
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    if (errno == EISDIR) return fail(ErrorCode::invalid_argument, fmt::format("the store {} is a directory; name a file", path));
    const bool denied = errno == EACCES || errno == EPERM || errno == EROFS;
    const auto code = denied ? ErrorCode::permission_denied : errno == ENOSPC ? ErrorCode::store_full : ErrorCode::store_failed;
    return fail(code, fmt::format("the store {} cannot be opened for writing: {}{}", path, std::strerror(errno),
                                  denied ? "; reading needs that too: choose another store, or copy this one to where you may write" : ""));
  }
  char head[16] = {};
  const auto got = pread(fd, head, sizeof head, 0);
  ::close(fd);
  if (got > 0 && (got < 16 || std::memcmp(head, "SQLite format 3", 16) != 0)) {
    return fail(ErrorCode::store_failed, fmt::format("{} is not a Skein store: it is no SQLite database", path));
  }
  return {};
}

bool uses_log(Connection& db, const char* sql) {
  Query query(db, sql);
  const bool log = query.next() && query.text(0) == "wal";
  // Changing the mode is a transaction that ends after the row; its failure would otherwise go unseen.
  while (query.next()) {
  }
  return log;
}

Result<std::unique_ptr<Connection>> open_database(const SqliteOptions& options) {
  auto opened = Connection::open({options.path, options.vfs, options.busy_timeout});
  if (!opened) return opened;
  auto& db = **opened;
  db.exec("PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL");  // of a new database; no effect on another
  if (auto done = migrate(db, options.path); !done) {
    db.no_checkpoint_on_close();
    return std::unexpected(done.error());
  }
  if (!uses_log(db, "PRAGMA journal_mode") && !uses_log(db, "PRAGMA journal_mode=WAL") && !db.failed()) {
    return fail(ErrorCode::unsupported,
                fmt::format("the store {} is on a file system without shared memory (a network share?); choose a local one", options.path));
  }
  switch (options.durability) {
    case Durability::full: db.exec("PRAGMA synchronous=FULL"); break;
    case Durability::normal: db.exec("PRAGMA synchronous=NORMAL"); break;
    case Durability::memory: db.exec("PRAGMA synchronous=OFF"); break;
  }
  // Copying the log is the writer's work, which sees its errors; SQLite's own automatic does not report a failed sync.
  db.exec("PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16000; PRAGMA secure_delete=FAST; PRAGMA temp_store=MEMORY");
  db.exec(fmt::format("PRAGMA journal_size_limit={}", static_cast<std::int64_t>(options.checkpoint_pages) * 2 * 4096).c_str());
  if (auto done = db.take(); !done) return std::unexpected(done.error());
  return opened;
}

}  // namespace

std::string lock_directory_of(const std::string& path) { return path + ".owners"; }

Result<OpenedForWriting> open_for_writing(const SqliteOptions& options) {
  if (options.path.empty()) return fail(ErrorCode::invalid_argument, "the store needs a path");
  if (auto prepared = prepare_file(options.path); !prepared) return std::unexpected(prepared.error());
  const auto opening = OpeningLock::take(lock_directory_of(options.path));
  if (!opening) return std::unexpected(opening.error());

  const Reserve reserve(lock_directory_of(options.path));
  auto opened = open_database(options);
  if (!opened && opened.error().code == ErrorCode::store_full && reserve.give_up()) opened = open_database(options);
  if (!opened) return std::unexpected(std::move(opened.error()));
  OpenedForWriting out{.db = std::move(*opened)};
  if (!reserve.fill() && reserve.is_used()) out.full = no_room(options.path);
  return out;
}

}  // namespace skein::store
