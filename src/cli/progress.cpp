#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "cli/event_text.hpp"
#include "cli/output.hpp"
#include "cli/progress_view.hpp"
#include "cli/values.hpp"

namespace skein::cli {
namespace {

constexpr milliseconds frame{80};

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

Progress::Progress(ProgressMode mode, Terminal terminal, const Clock& clock)
    : mode_(mode), terminal_(terminal), clock_(clock), thread_([this] { work(); }) {}

Progress::~Progress() { finish(Ending::ended); }

void Progress::push(News news) {
  const std::lock_guard lock(mutex_);
  news_.push_back(std::move(news));
  if (mode_ != ProgressMode::live) woken_.notify_one();
}

void Progress::on_events(RunId run, const workflow::RunState& state, std::span<const workflow::Event> events, std::uint64_t first_seq) {
  Heard heard{.run = run,
              .definition = state.definition_ptr(),
              .seed = {},
              .events = {events.begin(), events.end()},
              .first_seq = first_seq,
              .kept = state.origin() ? state.origin()->kept : 0};
  const bool resumed =
      std::any_of(events.begin(), events.end(), [](const auto& event) { return std::holds_alternative<workflow::RunResumed>(event.body); });
  if (mode_ == ProgressMode::live && first_seq > 1 && resumed) heard.seed.emplace(run, state);
  push(std::move(heard));
}

void Progress::on_lost(RunId run, const Error& why) { push(Lost{.run = run, .why = why.message}); }

void Progress::on_breaker(const std::string& breaker, const resilience::BreakerTransition& transition) {
  push(Tripped{.breaker = breaker, .transition = transition});
}

/// Pieces come by the hundred: those of one task are joined until they are painted.
void Progress::on_output(const AgentRequest& request, const model::Delta& delta) {
  const auto run = Uuid::parse(request.run_id);
  if (!run) return;
  const std::lock_guard lock(mutex_);
  if (!news_.empty()) {
    auto* last = std::get_if<Said>(&news_.back());
    if (last != nullptr && last->run == *run && last->task == request.task && last->kind == delta.kind) {
      last->text += delta.text;
      return;
    }
  }
  news_.push_back(Said{.run = *run, .task = std::string(request.task), .kind = delta.kind, .text = std::string(delta.text)});
}

void Progress::finish(Ending ending) {
  {
    const std::lock_guard lock(mutex_);
    if (!ending_) ending_ = ending;
    woken_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Progress::go_on() {
  finish(Ending::ended);
  ending_.reset();
  thread_ = std::thread([this] { work(); });
}

void Progress::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (mode_ == ProgressMode::live) {
      woken_.wait_for(lock, frame, [this] { return ending_.has_value(); });
    } else {
      woken_.wait(lock, [this] { return ending_.has_value() || !news_.empty(); });
    }
    const auto news = std::exchange(news_, {});
    const auto ending = ending_;
    lock.unlock();
    if (mode_ == ProgressMode::live) {
      fold(news);
      interrupted_ = ending == Ending::interrupted;
      paint_picture(ending.has_value());
    } else if (mode_ == ProgressMode::json) {
      print_json(news);
    } else {
      print(news);
    }
    lock.lock();
    if (ending && news_.empty()) return;
  }
}

void Progress::print(const std::vector<News>& news) {
  std::string out;
  const auto put = [&](const std::optional<RunId>& run, const Line& line) {
    if (run && !first_) first_ = run;
    if (mode_ == ProgressMode::tagged || (run && run != first_))
      out += paint(run ? short_id(*run) : std::string(13, ' '), Style::dim, terminal_.color) + " ";
    out += line.text(0, terminal_.color);
    out += '\n';
  };
  for (const auto& item : news) {
    std::visit(Overloaded{[&](const Heard& heard) {
                            for (std::size_t i = 0; i < heard.events.size(); ++i) {
                              const EventPlace place{.seq = heard.first_seq + i, .kept = heard.kept};
                              put(heard.run, event_line(heard.events[i], place, *heard.definition));
                            }
                          },
                          [&](const Lost& lost) {
                            put(lost.run,
                                Line().add(clock_time(clock_.now()), Style::dim).add(" run  let go: " + one_line(lost.why), Style::yellow));
                          },
                          [&](const Tripped& tripped) {
                            put(std::nullopt, Line()
                                                  .add(clock_time(tripped.transition.at), Style::dim)
                                                  .add(fmt::format(" circuit breaker {} is {}", one_line(tripped.breaker),
                                                                   resilience::to_string(tripped.transition.to)),
                                                       Style::yellow));
                          },
                          [](const Said&) {}},
               item);
  }
  write_all(STDERR_FILENO, out);
}

void Progress::print_json(const std::vector<News>& news) {
  std::string out;
  for (const auto& item : news) {
    const auto* heard = std::get_if<Heard>(&item);
    if (heard == nullptr) continue;
    for (std::size_t i = 0; i < heard->events.size(); ++i) {
      append_json(out, event_document(heard->run, heard->first_seq + i, heard->events[i], *heard->definition));
      out += '\n';
    }
  }
  write_all(STDOUT_FILENO, out);
}

void Progress::fold(const std::vector<News>& news) {
  for (const auto& item : news) {
    if (const auto* heard = std::get_if<Heard>(&item)) {
      if (run_ && run_->id() != heard->run) continue;  // of a run that it began: the picture is of one run
      if (heard->seed) run_ = heard->seed;
      if (!run_) {
        run_.emplace(heard->run, *heard->definition);
        for (const auto& tripped : early_) run_->apply(tripped.breaker, tripped.transition);
      }
      for (const auto& event : heard->events) run_->apply(event);
    } else if (const auto* said = std::get_if<Said>(&item)) {
      if (run_ && run_->id() == said->run) run_->hear(said->task, said->kind, said->text);
    } else if (const auto* tripped = std::get_if<Tripped>(&item)) {
      if (run_) {
        run_->apply(tripped->breaker, tripped->transition);
      } else {
        early_.push_back(*tripped);
      }
    }
  }
}

void Progress::paint_picture(bool last) {
  if (!run_) return;
  const auto size = look_at_terminal(STDERR_FILENO);
  ViewOptions options{
      .width = size.width, .height = size.height > 4 ? size.height - 1U : 3U, .utf8 = terminal_.utf8, .interrupted = interrupted_};
  const auto lines = render(*run_, options, clock_.now());
  // One write a picture, begun and ended as a synchronised update: terminals that know it do not flicker, others ignore it.
  std::string out = "\x1b[?2026h";
  if (painted_ > 0) out += fmt::format("\x1b[{}A\r", painted_);
  for (const auto& line : lines) {
    out += line.text(size.width > 1 ? size.width - 1U : 1U, terminal_.color);
    out += "\x1b[K\r\n";
  }
  out += "\x1b[J\x1b[?2026l";
  painted_ = last ? 0 : lines.size();
  write_all(STDERR_FILENO, out);
}

}  // namespace skein::cli
