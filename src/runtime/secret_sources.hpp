#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/secrets.hpp"
#include "workflow/run_scope.hpp"

namespace skein::runtime {

/// Where `{{secrets.NAME}}` comes from, tried in this order.
struct SecretSettings {
  bool environment = true;             ///< SKEIN_SECRET_NAME, then NAME
  std::string directory;               ///< a file per secret, as container platforms mount them; one trailing newline is cut
  std::string command;                 ///< a program that is given the name as its only argument and prints the value
};

/// With the folder that SKEIN_SECRETS_DIR and the program that SKEIN_SECRETS_COMMAND name.
[[nodiscard]] SecretSettings secret_settings_from_environment();

/// Reads the environment and secrets. A secret is read once, and known to redaction from then on. Safe from any thread.
class SecretSources final : public workflow::OutsideValues {
 public:
  SecretSources(SecretSettings settings, SecretValues& known) : settings_(std::move(settings)), known_(known) {}
  [[nodiscard]] Result<std::string> env(std::string_view name) const override;
  [[nodiscard]] Result<std::string> secret(std::string_view name) const override;

 private:
  [[nodiscard]] Result<std::string> look_up(const std::string& name) const;

  SecretSettings settings_;
  SecretValues& known_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::string, std::less<>> cache_;
};

}  // namespace skein::runtime
