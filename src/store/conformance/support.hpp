#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "store/store.hpp"

namespace skein::store::conformance {

/// One database of the back end under test; every `open` is another owner of it.
class Database {
 public:
  virtual ~Database() = default;
  [[nodiscard]] virtual std::unique_ptr<RunStore> open() = 0;
};

/// A back end is in the suite when backends_test.cpp names its factory.
struct Backend {
  std::string name;
  std::function<std::unique_ptr<Database>()> make;
};

/// All of them; a suite that is a class of its own is instantiated with them.
[[nodiscard]] std::span<const Backend> backends();

/// An entry that is the text it encodes to; what is longer than `spill_above` goes into a blob and the entry becomes "blob:<hash>".
class TextEntry final : public JournalEntry {
 public:
  explicit TextEntry(std::string text, std::size_t spill_above = 65'536) : text_(std::move(text)), spill_above_(spill_above) {}
  void encode(std::string& out, BlobWriter& blobs) const override {
    if (text_.size() > spill_above_) {
      out += "blob:" + blobs.put(text_);
    } else {
      out += text_;
    }
  }

 private:
  std::string text_;
  std::size_t spill_above_;
};

/// Remembers results by token and waits for them.
class WaitingSink final : public CommitSink {
 public:
  void on_committed(std::vector<Committed> commits) override;
  [[nodiscard]] Result<void> wait(std::uint64_t token);
  [[nodiscard]] std::size_t calls() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::unordered_map<std::uint64_t, Result<void>> results_;
  std::size_t calls_ = 0;
};

class StoreConformance : public ::testing::TestWithParam<Backend> {
 protected:
  StoreConformance() : database_(GetParam().make()), store_(database_->open()) {}

  [[nodiscard]] RunId new_id();
  /// A run's first append: "created", one event.
  [[nodiscard]] static Append creation(RunId run, std::string workflow = "demo");
  [[nodiscard]] static Append next(RunId run, std::uint64_t epoch, std::uint64_t seq, std::string text, RunSummary summary = running());
  [[nodiscard]] static RunSummary running();
  [[nodiscard]] static RunSummary waiting(std::optional<Instant> due = {});
  [[nodiscard]] static RunSummary ended(RunStatus status = RunStatus::completed);

  /// Appends and waits until it is committed or refused.
  [[nodiscard]] Result<void> commit(RunStore& store, Append append);
  [[nodiscard]] Result<void> commit(Append append) { return commit(*store_, std::move(append)); }
  /// A committed run of `store_`, owned by it in epoch 1 with one event.
  [[nodiscard]] RunId started(std::string workflow = "demo");
  /// As `started`, then given up with that summary.
  [[nodiscard]] RunId released(RunSummary summary);

  [[nodiscard]] static std::vector<std::string> journal(const RunStore& store, RunId run, std::uint64_t from = 1);

  static Instant at(std::int64_t second) { return Instant{seconds{1'700'000'000 + second}}; }

  std::unique_ptr<Database> database_;
  WaitingSink sink_;  // outlives the store
  std::unique_ptr<RunStore> store_;
  SeededRandom random_{7};
  std::int64_t ids_ = 0;
  std::uint64_t tokens_ = 0;
};

/// For EXPECT_EQ: "ok", or the code's name.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(to_string(result.error().code));
}

}  // namespace skein::store::conformance
