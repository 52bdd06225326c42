#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "store/store.hpp"

namespace skein::cli {

/// Looks for a text in what the store has of runs, in whatever case (of ASCII letters). Holds one commit or one large payload at a time.
class RunSearch {
 public:
  RunSearch(const store::RunStore& store, std::string_view text);

  /// Whether the run's name, id, origin or error has the text, or a value in its events: inputs, parameters, results, messages, names of
  /// tasks.
  [[nodiscard]] Result<bool> mentions(const store::RunRow& row);

 private:
  [[nodiscard]] bool in_entry(std::string_view entry) const;
  [[nodiscard]] Result<bool> in_blob(const std::string& hash);

  const store::RunStore& store_;
  std::string text_;
  std::string as_json_;                ///< as it stands within a string of JSON
  std::map<std::string, bool, std::less<>> blobs_;  ///< those that were looked into: several runs may share one
};

}  // namespace skein::cli
