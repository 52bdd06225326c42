#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace skein::store::support {

/// What goes wrong at the chosen operation.
enum class Fault : std::uint8_t {
  none,
  power_loss,      ///< this and every later operation fails; `lose_power` then says what is left on the disk
  torn_power_loss, ///< as power_loss, but half of the write got through
  no_room,         ///< this and every later write fails with ENOSPC until `make_room`
  failed_sync,     ///< this sync fails and nothing of it is on the disk
  ambiguous_sync   ///< this sync succeeds, but reports an error
};

/// What remains of writes that were not synced.
enum class Unsynced : std::uint8_t { dropped, kept, random };

/// A SQLite VFS over the operating system's that fails on purpose. Syncs are only noted (what is synced is kept in memory), so a
/// scripted workload is fast and its operations can be counted: every write, truncation and sync of a database or log is one.
class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  /// For `SqliteOptions::vfs`.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// `fault` happens at operation number `at` (from 1, counted from now on); for a fault of a sync, at the first sync from there on.
  void plan(Fault fault, std::uint64_t at);
  [[nodiscard]] std::uint64_t operations() const;
  /// Operations since the planned fault happened; 0 also where it has not.
  [[nodiscard]] std::uint64_t syncs_after_fault() const;
  [[nodiscard]] bool happened() const;
  void make_room();
  /// Makes the files what a disk would hold after a power loss: everything synced, of the rest what `unsynced` says. Every
  /// connection must be closed.
  void lose_power(Unsynced unsynced, std::uint64_t seed);

  // For the VFS's own functions.
  struct Change {
    std::int64_t offset = 0;
    std::string bytes;       ///< empty: a truncation to `offset`
    bool truncation = false;
  };
  struct Image {
    std::string synced;
    std::vector<Change> pending;
  };
  int on_write(const std::string& path, std::int64_t offset, const void* data, int size);
  int on_truncate(const std::string& path, std::int64_t size);
  /// What the sync is to return.
  int on_sync(const std::string& path);
  int on_delete(const std::string& path);
  void on_open(const std::string& path);

 private:
  /// Counts the operation; true where the planned fault happens at it.
  bool due(bool is_sync);

  mutable std::mutex mutex_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::map<std::string, Image> images_;
  Fault fault_ = Fault::none;
  std::uint64_t at_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t syncs_after_ = 0;
  bool happened_ = false;
  bool dead_ = false;
  bool full_ = false;
};

}  // namespace skein::store::support
