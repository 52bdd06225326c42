#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"

namespace skein::runtime {
class MetricsListener;
class Runtime;
}  // namespace skein::runtime

namespace skein::cli {

/// Keeps metrics while runs are driven and writes them as a Prometheus text file, whole or not at all, as the textfile collector of
/// node_exporter reads it. Does nothing where no path was given.
class MetricsFile {
 public:
  MetricsFile(std::string path, runtime::Runtime& runtime);
  [[nodiscard]] Result<void> write() const;

 private:
  std::string path_;
  std::shared_ptr<runtime::MetricsListener> listener_;
};

}  // namespace skein::cli
