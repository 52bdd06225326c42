#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "async/blocking_pool.hpp"
#include "model/answer_cache.hpp"

namespace skein::model {

/// Answers in a SQLite file of their own, shared by all processes that name it. It is made (mode 0600) when it is first needed, may be
/// deleted at any time, and is never synced: what is lost is asked for again. Where it cannot be used the log says so once.
class SqliteAnswerCache final : public AnswerCache {
 public:
  /// About so much is kept; what expires first goes first. `pool` outlives the cache.
  SqliteAnswerCache(std::string path, async::BlockingPool& pool, std::uint64_t max_bytes = std::uint64_t{256} << 20);
  ~SqliteAnswerCache() override;

  [[nodiscard]] asio::awaitable<std::optional<std::string>> get(std::string key, Instant now) override;
  [[nodiscard]] asio::awaitable<void> put(std::string key, std::string value, Instant expires) override;

 private:
  class File;
  std::shared_ptr<File> file_;  ///< shared with calls that go on alone
  async::BlockingPool& pool_;
};

}  // namespace skein::model
