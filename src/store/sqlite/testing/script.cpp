#include "store/sqlite/testing/script.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace skein::store::support {
namespace {

constexpr std::size_t run_count = 4;
constexpr std::size_t spill_above = 20'000;

Instant at(std::uint64_t second) { return Instant{seconds{1'700'000'000 + static_cast<std::int64_t>(second)}}; }

}  // namespace

Script::Script() {
  SeededRandom random(1);
  for (std::size_t i = 0; i < run_count; ++i) {
    runs_.emplace_back().id = RunId::make(at(i), random);
    steps_.push_back({What::create, i});
  }
  for (std::size_t round = 0; round < 6; ++round) {
    for (std::size_t i = 0; i < run_count; ++i) {
      const std::size_t bytes = round == 2 && i < 2 ? 30'000 : round == 4 && i == 3 ? 9'000 : 50 + 40 * i;
      steps_.push_back({What::add, i, bytes});
    }
    if (round == 1) steps_.push_back({What::post, 0});
    if (round == 2) steps_.push_back({What::consume, 0});
    if (round == 2) steps_.push_back({What::give_up, 1});
    if (round == 2) steps_.push_back({What::claim, 1});
    if (round == 3) steps_.push_back({What::post, 2});
  }
  steps_.push_back({What::end, 0});
  steps_.push_back({What::end, 3});
  steps_.push_back({What::prune, 0});
  for (std::size_t i = 1; i < 3; ++i) steps_.push_back({What::add, i, 100});
}

Result<void> Script::append(RunStore& store, Run& run, std::string text, Keep keep, RunStatus status, bool consume) {
  Append append;
  append.run = run.id;
  append.epoch = run.epoch;
  append.first_seq = run.texts.size() + 1;
  append.count = 1;
  append.at = at(append.first_seq);
  append.entry = std::make_shared<conformance::TextEntry>(text, spill_above);
  append.summary.status = status;
  append.keep = keep;
  append.token = ++token_;
  if (consume) append.consumed = run.mail;
  if (run.epoch == 0) {
    append.epoch = 1;
    append.create = std::make_shared<NewRun>(NewRun{"script", "hash", std::make_shared<const std::string>("{}"), at(0)});
  }
  run.in_doubt = text;
  run.mail_in_doubt = consume;
  const auto token = append.token;
  const auto appending = store.append(std::move(append), sink_);
  if (!appending) return std::unexpected(appending.error());
  if (auto done = sink_.wait(token); !done) return done;
  if (run.epoch == 0) run.epoch = 1;
  run.texts.push_back(std::move(text));
  run.in_doubt.reset();
  if (consume) run.mail.clear();
  run.mail_in_doubt = false;
  return {};
}

Result<void> Script::step(RunStore& store) {
  const auto& step = steps_[next_];
  auto& run = runs_[step.run];
  const auto number = std::to_string(next_);
  Result<void> done;
  switch (step.what) {
    case What::create: done = append(store, run, "created " + number, Keep::owned, RunStatus::running); break;
    case What::add: done = append(store, run, number + std::string(step.bytes, 'x'), Keep::owned, RunStatus::running); break;
    case What::consume: done = append(store, run, "answered " + number, Keep::owned, RunStatus::running, true); break;
    case What::give_up: done = append(store, run, "asleep " + number, Keep::released, RunStatus::waiting); break;
    case What::end:
      done = append(store, run, "ended " + number, Keep::released, RunStatus::completed);
      run.ended = done.has_value();
      break;
    case What::claim: {
      const auto claimed = store.claim(run.id);
      if (claimed) run.epoch = claimed->epoch;
      if (!claimed && claimed.error().code != ErrorCode::conflict) done = std::unexpected(claimed.error());
      break;
    }
    case What::post: {
      const auto id = store.post({0, run.id, "signal", "{}", at(1)});
      if (id) run.mail.push_back(*id);
      if (!id) done = std::unexpected(id.error());
      run.mail_in_doubt = !id;
      break;
    }
    case What::prune: {
      for (auto& each : runs_) each.maybe_pruned = each.ended;
      const auto report = store.prune({at(1'000'000), {}, false});
      for (auto& each : runs_) each.pruned = each.ended && report.has_value();
      if (!report) done = std::unexpected(report.error());
      break;
    }
  }
  if (done) ++next_;
  return done;
}

void Script::recover(RunStore& store) {
  for (auto& run : runs_) {
    if (run.ended || (run.epoch == 0 && !run.in_doubt)) continue;
    const auto claimed = store.claim(run.id);
    if (!claimed) {
      // Still its owner, or never created.
      EXPECT_TRUE(claimed.error().code == ErrorCode::conflict || claimed.error().code == ErrorCode::not_found) << claimed.error().message;
      if (claimed.error().code == ErrorCode::not_found) run.in_doubt.reset();
      continue;
    }
    run.epoch = claimed->epoch;
    std::string problem;
    run.texts = read(store, run, problem);
    run.in_doubt.reset();
    EXPECT_EQ(problem, "");
  }
}

std::vector<std::string> Script::read(const RunStore& store, const Run& run, std::string& problem) {
  std::vector<std::string> texts;
  std::uint64_t expected = 1;
  const auto done = store.read_journal(run.id, 1, [&](const StoredEntry& entry) {
    if (entry.first_seq != expected || entry.count != 1) problem = "entry " + std::to_string(entry.first_seq) + " is out of order";
    ++expected;
    texts.push_back(entry.text);
    if (entry.text.starts_with("blob:")) {
      const auto blob = store.get_blob(entry.text.substr(5));
      if (blob) texts.back() = *blob;
      if (!blob) problem = blob.error().message;
    }
    return true;
  });
  if (!done) problem = done.error().message;
  return texts;
}

void Script::verify(const RunStore& store) const {
  for (const auto& run : runs_) {
    const auto row = store.find_run(run.id);
    if (!row) {
      const bool may_lack = (run.epoch == 0) || run.maybe_pruned;
      EXPECT_TRUE(may_lack && row.error().code == ErrorCode::not_found) << "lost run: " << row.error().message;
      continue;
    }
    EXPECT_FALSE(run.pruned) << "a pruned run is back";
    std::string problem;
    const auto texts = read(store, run, problem);
    EXPECT_EQ(problem, "");
    auto with_doubt = run.texts;
    if (run.in_doubt) with_doubt.push_back(*run.in_doubt);
    EXPECT_TRUE(texts == run.texts || texts == with_doubt) << texts.size() << " entries of " << run.texts.size() << " acknowledged ones";
    EXPECT_EQ(row->last_seq, texts.size());
    const auto mail = store.inbox(run.id);
    ASSERT_TRUE(mail) << mail.error().message;
    if (!run.mail_in_doubt) {
      EXPECT_EQ(mail->size(), run.mail.size());
    } else if (texts == with_doubt && texts != run.texts) {
      EXPECT_EQ(mail->size(), 0U) << "events and the mail they answer are one commit";
    }
  }
}

void Script::go_on(RunStore& store) {
  for (auto& run : runs_) {
    const auto claimed = store.claim(run.id);
    if (!claimed) {
      EXPECT_EQ(claimed.error().code, ErrorCode::not_found) << claimed.error().message;
      continue;
    }
    run.epoch = claimed->epoch;
    std::string problem;
    run.texts = read(store, run, problem);
    EXPECT_EQ(problem, "");
    const auto done = append(store, run, "went on", Keep::released, RunStatus::running);
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(read(store, run, problem), run.texts);
  }
}

}  // namespace skein::store::support
