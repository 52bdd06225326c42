#include "store/conformance/support.hpp"

namespace skein::store::conformance {

void WaitingSink::on_committed(std::vector<Committed> commits) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  for (auto& commit : commits) results_.insert_or_assign(commit.token, std::move(commit.result));
  arrived_.notify_all();  // under the lock: whoever waits may be gone with this object once it is free
}

Result<void> WaitingSink::wait(std::uint64_t token) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return results_.contains(token); });
  return results_.at(token);
}

std::size_t WaitingSink::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

RunId StoreConformance::new_id() { return RunId::make(at(++ids_), random_); }

Append StoreConformance::creation(RunId run, std::string workflow) {
  auto append = next(run, 1, 1, "created");
  append.create = std::make_shared<NewRun>(
      NewRun{workflow, "hash-of-" + workflow, std::make_shared<const std::string>("{\"name\":\"" + workflow + "\"}"), at(0)});
  return append;
}

Append StoreConformance::next(RunId run, std::uint64_t epoch, std::uint64_t seq, std::string text, RunSummary summary) {
  Append append;
  append.run = run;
  append.epoch = epoch;
  append.first_seq = seq;
  append.count = 1;
  append.at = at(static_cast<std::int64_t>(seq));
  append.entry = std::make_shared<TextEntry>(std::move(text));
  append.summary = std::move(summary);
  return append;
}

RunSummary StoreConformance::running() {
  RunSummary summary;
  summary.status = RunStatus::running;
  return summary;
}

RunSummary StoreConformance::waiting(std::optional<Instant> due) {
  RunSummary summary;
  summary.status = RunStatus::waiting;
  summary.next_due = due;
  return summary;
}

RunSummary StoreConformance::ended(RunStatus status) {
  RunSummary summary;
  summary.status = status;
  return summary;
}

Result<void> StoreConformance::commit(RunStore& store, Append append) {
  const auto token = append.token = ++tokens_;
  const auto appending = store.append(std::move(append), sink_);
  if (!appending) return std::unexpected(appending.error());
  if (*appending == Appending::done) return {};
  return sink_.wait(token);
}

RunId StoreConformance::started(std::string workflow) {
  const auto run = new_id();
  EXPECT_EQ(outcome(commit(creation(run, std::move(workflow)))), "ok");
  return run;
}

RunId StoreConformance::released(RunSummary summary) {
  const auto run = started();
  auto append = next(run, 1, 2, "released", std::move(summary));
  append.keep = Keep::released;
  EXPECT_EQ(outcome(commit(std::move(append))), "ok");
  return run;
}

std::vector<std::string> StoreConformance::journal(const RunStore& store, RunId run, std::uint64_t from) {
  std::vector<std::string> texts;
  const auto done = store.read_journal(run, from, [&](StoredEntry entry) {
    texts.push_back(std::to_string(entry.first_seq) + "+" + std::to_string(entry.count) + ":" + entry.text);
    return true;
  });
  if (!done) texts.push_back(std::string(to_string(done.error().code)));
  return texts;
}

}  // namespace skein::store::conformance
