#pragma once

#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secrets.hpp"
#include "model/cassette/cassette.hpp"

namespace skein::model {

/// Writes a cassette file, line by line as the exchanges end. Safe from any thread.
class Recorder {
 public:
  /// A new file, readable by its owner only. Errors: already_exists (a recording is never overwritten), store_failed. `secrets` outlives
  /// it.
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> create(const std::string& path, std::string_view source,
                                                                const SecretValues& secrets);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// How a model is asked; written once for each.
  [[nodiscard]] Result<void> note(RecordedModel model);
  [[nodiscard]] Result<void> note(const RecordedRequest& request, const RecordedAnswer& answer);
  [[nodiscard]] const SecretValues& secrets() const { return secrets_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;

  Recorder(std::string path, File file, const SecretValues& secrets) : path_(std::move(path)), file_(std::move(file)), secrets_(secrets) {}
  [[nodiscard]] Result<void> write(std::string line);

  std::string path_;
  File file_;
  const SecretValues& secrets_;
  std::mutex mutex_;
  std::set<std::string> models_;
};

}  // namespace skein::model
