#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace skein::store {

/// The sessions of a memory database. Not synchronised.
class MemorySessions {
 public:
  // What RunStore says of the members of similar names.
  [[nodiscard]] Result<void> check(const std::vector<Exchange>& exchanges) const;
  /// After `check`.
  void add(const Append& append);
  [[nodiscard]] Result<SessionRow> find(std::string_view name) const;
  [[nodiscard]] std::vector<SessionRow> list(const SessionFilter& filter) const;
  [[nodiscard]] Result<std::vector<SessionMessage>> read(const SessionPoint& until, std::uint64_t first) const;
  [[nodiscard]] Result<SessionRow> branch(std::string_view name, std::uint64_t turns, const SessionPoint& branch, Instant at);
  [[nodiscard]] Result<void> remove(std::string_view name);

 private:
  struct Session {
    SessionRow row;
    std::uint64_t number = 0;      ///< order of making
    std::vector<SessionMessage> messages;
  };
  std::map<std::string, Session, std::less<>> sessions_;
  std::uint64_t next_number_ = 1;
};

}  // namespace skein::store
