#pragma once

#include <string>

namespace skein::store {

/// A file that holds half a mebibyte for bad times: where the disk is full, its room lets a store be opened, read and pruned.
class Reserve {
 public:
  /// `directory` exists when `fill` is called.
  explicit Reserve(const std::string& directory) : path_(directory + "/reserve") {}

  /// Whether it is full afterwards. It is filled only where so much more is free, as others need room too.
  bool fill() const;
  /// Gives its room back. False where it had none.
  bool give_up() const;
  /// Whether its room was given back and could not be taken again since.
  [[nodiscard]] bool is_used() const;

 private:
  std::string path_;
};

}  // namespace skein::store
