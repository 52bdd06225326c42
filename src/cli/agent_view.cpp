#include "cli/agent_view.hpp"

#include <unistd.h>

#include <utility>

#include "cli/output.hpp"

namespace skein::cli {
namespace {

constexpr milliseconds frame{80};

void write(const AgentScreen::Writings& writings) {
  for (const auto& writing : writings) write_all(writing.answer ? STDOUT_FILENO : STDERR_FILENO, writing.text);
}

}  // namespace

AgentView::AgentView(AgentScreen::Options options, const Clock& clock) : clock_(clock), screen_(options), thread_([this] { work(); }) {}

AgentView::~AgentView() { finish(Ending::ended); }

void AgentView::push(News news) {
  const std::lock_guard lock(mutex_);
  news_.push_back(std::move(news));
  woken_.notify_one();
}

void AgentView::on_events(RunId, const workflow::RunState&, std::span<const workflow::Event> events, std::uint64_t) {
  for (const auto& event : events) push(event);
}

void AgentView::on_output(const AgentRequest&, const model::Delta& delta) {
  push(Said{.kind = delta.kind, .text = std::string(delta.text)});
}

void AgentView::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    woken_.wait_for(lock, frame, [this] { return ending_ || !news_.empty(); });
    const auto news = std::exchange(news_, {});
    const bool ending = ending_;
    lock.unlock();
    for (const auto& item : news) {
      if (const auto* said = std::get_if<Said>(&item)) {
        write(screen_.hear(said->kind, said->text));
      } else {
        write(screen_.apply(std::get<workflow::Event>(item)));
      }
    }
    write(ending ? screen_.finish() : screen_.paint(clock_.now()));
    lock.lock();
    if (ending && news_.empty()) return;
  }
}

void AgentView::finish(Ending) {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    woken_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void AgentView::go_on() {
  finish(Ending::ended);
  ending_ = false;
  thread_ = std::thread([this] { work(); });
}

}  // namespace skein::cli
