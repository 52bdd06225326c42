#include "cli/metrics_file.hpp"

#include <cstdio>
#include <fstream>

#include <fmt/format.h>

#include "runtime/metrics_listener.hpp"
#include "runtime/runtime.hpp"

namespace skein::cli {

MetricsFile::MetricsFile(std::string path, runtime::Runtime& runtime) : path_(std::move(path)) {
  if (path_.empty()) return;
  listener_ = std::make_shared<runtime::MetricsListener>();
  runtime.add_listener(listener_);
}

Result<void> MetricsFile::write() const {
  if (!listener_) return {};
  const auto half = path_ + ".tmp";
  {
    std::ofstream file(half, std::ios::binary | std::ios::trunc);
    file << listener_->text();
    if (!file.flush())
      return fail(ErrorCode::invalid_argument, fmt::format("--metrics: {} cannot be written; check the path and the disk", path_));
  }
  if (std::rename(half.c_str(), path_.c_str()) != 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("--metrics: {} cannot be replaced; check the path and its permissions", path_));
  }
  return {};
}

}  // namespace skein::cli
