#include "measure.hpp"

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/json.hpp"

namespace skein::bench {

void report(const Figure& figure) {
  JsonObject line;
  line["name"] = figure.name;
  line["value"] = figure.value;
  line["unit"] = figure.unit;
  if (figure.limit > 0) {
    line["against"] = figure.against;
    line["against_value"] = figure.limit;
    line["ratio"] = figure.value / figure.limit;
  }
  fmt::print("{}\n", to_json(line));
  std::fflush(stdout);
  const auto beside =
      figure.limit > 0 ? fmt::format("{:>12.2f}  {:>6.2f}x  {}", figure.limit, figure.value / figure.limit, figure.against) : std::string{};
  fmt::print(stderr, "{:<52} {:>12.2f} {:<10} {}\n", figure.name, figure.value, figure.unit, beside);
}

double fdatasync_micros(const std::string& folder) {
  const auto path = folder + "/fdatasync.probe";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return 0;
  const std::array<char, 4096> block{};
  std::vector<double> samples;
  for (int i = 0; i < 1000; ++i) {
    const auto begin = SteadyClock::now();
    if (pwrite(file, block.data(), block.size(), 0) != static_cast<ssize_t>(block.size()) || fdatasync(file) != 0) break;
    if (i >= 50) samples.push_back(micros_since(begin));
  }
  close(file);
  unlink(path.c_str());
  return percentile(std::move(samples), 0.5);
}

double sqlite_rows_per_second(const std::string& folder, int rows, int group, std::size_t row_bytes) {
  const auto path = folder + "/limit.db";
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) return 0;
  sqlite3_exec(
      db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE j(id INTEGER PRIMARY KEY, run INTEGER, seq INTEGER, events TEXT)",
      nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO j(run, seq, events) VALUES(?,?,?)", -1, &insert, nullptr);
  const std::string text(row_bytes, 'x');
  const auto begin = SteadyClock::now();
  for (int i = 0; i < rows; ++i) {
    if (i % group == 0) sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    sqlite3_bind_int64(insert, 1, i % 1000);
    sqlite3_bind_int64(insert, 2, i);
    sqlite3_bind_text(insert, 3, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    sqlite3_step(insert);
    sqlite3_reset(insert);
    if (i % group == group - 1) sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  }
  const double seconds = micros_since(begin) / 1e6;
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return rows / seconds;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  file >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace skein::bench
