#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "store/store.hpp"

namespace skein::testing {

/// A store that can be told to refuse what would be written, or to take an append and say that it did not (an ambiguous commit). The inner
/// one must be one that commits at once.
class FlakyStore final : public store::RunStore {
 public:
  explicit FlakyStore(std::unique_ptr<store::RunStore> inner) : inner_(std::move(inner)) {}

  std::optional<Error> refuse;         ///< every write, while it is set
  std::optional<Error> refuse_once;    ///< the next append
  std::optional<Error> lie_once;       ///< the next append is written, and this is reported
  int refused = 0;
  std::function<void(const store::Append&)> written;  ///< hears of each append that is in the journal now, whatever was reported

  /// The healthy store behind it, as another owner's would be.
  [[nodiscard]] store::RunStore& inner() { return *inner_; }
  /// An append of this run was refused, or so it was said, and the run has not been claimed again.
  [[nodiscard]] bool failed(RunId run) const { return failed_.contains(run); }

  Result<store::Appending> append(store::Append append, store::CommitSink& sink) override {
    const auto run = append.run;
    auto why = refuse ? refuse : std::exchange(refuse_once, std::nullopt);
    if (!why && failed_.contains(run))
      why = Error{.code = ErrorCode::conflict, .message = "claim it again", .context = {}, .retryable = false, .retry_after = {}};
    if (why) {
      ++refused;
      failed_.insert(run);
      return std::unexpected(std::move(*why));
    }
    const std::optional<store::Append> copy = written ? std::optional(append) : std::nullopt;
    auto appended = inner_->append(std::move(append), sink);
    if (appended && copy) written(*copy);
    if (auto lie = appended ? std::exchange(lie_once, std::nullopt) : std::nullopt) {
      failed_.insert(run);
      return std::unexpected(*lie);
    }
    return appended;
  }
  Result<void> read_journal(RunId run, std::uint64_t from, const std::function<bool(store::StoredEntry)>& visit) const override {
    return inner_->read_journal(run, from, visit);
  }
  Result<store::RunRow> find_run(RunId run) const override { return inner_->find_run(run); }
  Result<std::vector<store::RunRow>> list_runs(const store::RunFilter& filter) const override { return inner_->list_runs(filter); }
  Result<std::vector<RunId>> find_by_prefix(std::string_view prefix, std::size_t limit) const override {
    return inner_->find_by_prefix(prefix, limit);
  }
  Result<std::string> definition(std::string_view hash) const override { return inner_->definition(hash); }
  /// As the contract says: after a refused append its owner claims the run again.
  Result<store::Claimed> claim(RunId run) override {
    if (refuse) return refusal();
    if (failed_.erase(run) > 0) {
      const auto row = inner_->find_run(run);
      if (row) (void)inner_->release(run, row->epoch);
    }
    return inner_->claim(run);
  }
  Result<std::vector<store::Claimed>> claim_runnable(Instant now, std::size_t limit, const store::LeftAlone& except = {}) override {
    if (refuse) return refusal();
    auto claimed = inner_->claim_runnable(now, limit, except);
    for (std::size_t i = 0; claimed && i < claimed->size(); ++i) failed_.erase((*claimed)[i].run);
    return claimed;
  }
  Result<void> release(RunId run, std::uint64_t epoch) override { return inner_->release(run, epoch); }
  Result<std::optional<Instant>> earliest_due() const override { return inner_->earliest_due(); }
  Result<std::int64_t> post(store::InboxMessage message) override {
    if (refuse) return refusal();
    return inner_->post(std::move(message));
  }
  Result<std::vector<store::InboxMessage>> inbox(RunId run) const override { return inner_->inbox(run); }
  Result<std::vector<RunId>> runs_with_mail() const override { return inner_->runs_with_mail(); }
  std::uint64_t change_counter() const override { return inner_->change_counter(); }
  Result<store::SessionRow> find_session(std::string_view name) const override { return inner_->find_session(name); }
  Result<std::vector<store::SessionRow>> list_sessions(const store::SessionFilter& filter) const override {
    return inner_->list_sessions(filter);
  }
  Result<std::vector<store::SessionMessage>> read_session(const store::SessionPoint& until, std::uint64_t first) const override {
    return inner_->read_session(until, first);
  }
  Result<store::SessionRow> branch_session(std::string_view name, std::uint64_t turns, const store::SessionPoint& branch,
                                           Instant at) override {
    if (refuse) return refusal();
    return inner_->branch_session(name, turns, branch, at);
  }
  Result<void> delete_session(std::string_view name) override {
    if (refuse) return refusal();
    return inner_->delete_session(name);
  }
  Result<std::int64_t> append_shared(std::string_view stream, std::string_view payload, Instant at) override {
    if (refuse) return refusal();
    return inner_->append_shared(stream, payload, at);
  }
  Result<std::vector<store::SharedEvent>> read_shared(std::string_view prefix, std::int64_t after) const override {
    return inner_->read_shared(prefix, after);
  }
  Result<store::Reserved> reserve(const std::string& account, const std::string& key, store::Charge most,
                                  store::ChargeLimits limits) override {
    if (refuse) return refusal();
    return inner_->reserve(account, key, most, limits);
  }
  Result<store::Settled> settle(const std::string& account, const std::string& key, store::Charge spent) override {
    if (refuse) return refusal();
    return inner_->settle(account, key, spent);
  }
  Result<store::Account> account(const std::string& account) const override { return inner_->account(account); }
  Result<std::uint64_t> forget_accounts(const std::string& first, const std::string& end, bool dry_run) override {
    if (refuse) return std::unexpected(*refuse);
    return inner_->forget_accounts(first, end, dry_run);
  }
  Result<store::PruneReport> prune(const store::PruneFilter& filter) override { return inner_->prune(filter); }
  Result<store::StoreInfo> info() const override { return inner_->info(); }
  void close() override { inner_->close(); }
  Result<std::string> get_blob(std::string_view hash) const override { return inner_->get_blob(hash); }

 private:
  std::unexpected<Error> refusal() {
    ++refused;
    return std::unexpected(*refuse);
  }
  std::unique_ptr<store::RunStore> inner_;
  std::set<RunId> failed_;
};

}  // namespace skein::testing
