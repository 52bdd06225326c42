#include "store/sqlite/testing/fault_vfs.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sqlite3.h>

#include "base/random.hpp"

namespace skein::store::support {
namespace {

struct FaultFile {
  sqlite3_file base;
  FaultVfs* disk;
  std::string* path;  ///< null where the file is not watched
  sqlite3_file* real;
};

FaultFile* self(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real; }

int close_file(sqlite3_file* file) {
  delete self(file)->path;
  return real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
}
int read_file(sqlite3_file* f, void* to, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); }
int write_file(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  if (self(f)->path) {
    if (const int code = self(f)->disk->on_write(*self(f)->path, at, from, n); code != SQLITE_OK) return code;
  }
  return real(f)->pMethods->xWrite(real(f), from, n, at);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  if (self(f)->path) {
    if (const int code = self(f)->disk->on_truncate(*self(f)->path, size); code != SQLITE_OK) return code;
  }
  return real(f)->pMethods->xTruncate(real(f), size);
}
int sync_file(sqlite3_file* f, int flags) {
  return self(f)->path ? self(f)->disk->on_sync(*self(f)->path) : real(f)->pMethods->xSync(real(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
int lock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
int control_file(sqlite3_file* f, int op, void* arg) {
  // The size hint would let the file grow without a write.
  return op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE ? SQLITE_OK : real(f)->pMethods->xFileControl(real(f), op, arg);
}
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), offset, n, flags); }
void shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

const sqlite3_io_methods methods = {2,         close_file,  read_file,  write_file,   truncate_file, sync_file,       file_size,
                                    lock_file, unlock_file, check_lock, control_file, sector_size,   characteristics, shm_map,
                                    shm_lock,  shm_barrier, shm_unmap,  nullptr,      nullptr};

FaultVfs& disk_of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }
sqlite3_vfs* system_vfs() { return sqlite3_vfs_find("unix"); }

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* made = self(file);
  made->base.pMethods = nullptr;
  made->disk = &disk_of(vfs);
  made->path = nullptr;
  made->real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(FaultFile));
  made->real->pMethods = nullptr;
  const int code = system_vfs()->xOpen(system_vfs(), name, made->real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  if (name && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0) {
    made->path = new std::string(name);
    made->disk->on_open(*made->path);
  }
  made->base.pMethods = &methods;
  return SQLITE_OK;
}
int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  if (const int code = disk_of(vfs).on_delete(name); code != SQLITE_OK) return code;
  return system_vfs()->xDelete(system_vfs(), name, sync_directory);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void apply_change(std::string& image, const FaultVfs::Change& change) {
  const auto offset = static_cast<std::size_t>(change.offset);
  if (change.truncation) {
    image.resize(offset);
    return;
  }
  if (image.size() < offset + change.bytes.size()) image.resize(offset + change.bytes.size());
  image.replace(offset, change.bytes.size(), change.bytes);
}

}  // namespace

FaultVfs::FaultVfs() : vfs_(std::make_unique<sqlite3_vfs>(*system_vfs())) {
  static std::atomic<int> made{0};
  name_ = "skein-fault-" + std::to_string(++made);
  vfs_->szOsFile += static_cast<int>(sizeof(FaultFile));
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->pNext = nullptr;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  sqlite3_vfs_register(vfs_.get(), 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(vfs_.get()); }

void FaultVfs::plan(Fault fault, std::uint64_t at) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  at_ = at;
  operations_ = syncs_after_ = 0;
  happened_ = dead_ = full_ = false;
}

std::uint64_t FaultVfs::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}
std::uint64_t FaultVfs::syncs_after_fault() const {
  const std::lock_guard lock(mutex_);
  return syncs_after_;
}
bool FaultVfs::happened() const {
  const std::lock_guard lock(mutex_);
  return happened_;
}
void FaultVfs::make_room() {
  const std::lock_guard lock(mutex_);
  full_ = false;
}

bool FaultVfs::due(bool is_sync) {
  ++operations_;
  if (happened_) {
    if (is_sync) ++syncs_after_;
    return false;
  }
  const bool of_sync = fault_ == Fault::failed_sync || fault_ == Fault::ambiguous_sync;
  if (fault_ == Fault::none || operations_ < at_ || (of_sync && !is_sync) || (fault_ == Fault::no_room && is_sync)) return false;
  happened_ = true;
  dead_ = fault_ == Fault::power_loss || fault_ == Fault::torn_power_loss;
  full_ = fault_ == Fault::no_room;
  return true;
}

int FaultVfs::on_write(const std::string& path, std::int64_t offset, const void* data, int size) {
  const std::lock_guard lock(mutex_);
  const bool now = due(false);
  auto& pending = images_[path].pending;
  if (now && fault_ == Fault::torn_power_loss)
    pending.push_back({offset, std::string(static_cast<const char*>(data), static_cast<std::size_t>(size / 2)), false});
  if (dead_) return SQLITE_IOERR_WRITE;
  if (full_) return SQLITE_FULL;
  pending.push_back({offset, std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)), false});
  return SQLITE_OK;
}

int FaultVfs::on_truncate(const std::string& path, std::int64_t size) {
  const std::lock_guard lock(mutex_);
  due(false);
  if (dead_) return SQLITE_IOERR_TRUNCATE;
  images_[path].pending.push_back({size, {}, true});
  return SQLITE_OK;
}

int FaultVfs::on_sync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const bool now = due(true);
  if (dead_ || (now && fault_ == Fault::failed_sync)) return SQLITE_IOERR_FSYNC;
  auto& image = images_[path];
  for (const auto& change : image.pending) apply_change(image.synced, change);
  image.pending.clear();
  return now ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

int FaultVfs::on_delete(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (dead_) return SQLITE_IOERR_DELETE;
  images_.erase(path);
  return SQLITE_OK;
}

void FaultVfs::on_open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!images_.contains(path)) images_[path].synced = content_of(path);
}

void FaultVfs::lose_power(Unsynced unsynced, std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  SeededRandom random(seed);
  for (auto& [path, image] : images_) {
    for (auto& change : image.pending) {
      if (unsynced == Unsynced::dropped) break;
      if (unsynced == Unsynced::random) {
        const auto what = random.next() % 4;
        if (what == 0) continue;
        if (what == 1 && !change.truncation) change.bytes.resize(random.next() % (change.bytes.size() + 1));
      }
      apply_change(image.synced, change);
    }
    image.pending.clear();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << image.synced;
    std::filesystem::remove(path + "-shm");
  }
  images_.clear();
}

}  // namespace skein::store::support
