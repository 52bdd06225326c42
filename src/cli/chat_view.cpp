#include "cli/chat_view.hpp"

#include <utility>

#include <unistd.h>

#include "cli/call_text.hpp"
#include "cli/screen_text.hpp"
#include "model/exchange.hpp"

namespace skein::cli {

void ChatView::on_events(RunId run, const workflow::RunState&, std::span<const workflow::Event> events, std::uint64_t) {
  const std::lock_guard lock(mutex_);
  if (run != run_) return;
  for (const auto& event : events) {
    if (const auto* started = std::get_if<workflow::CallStarted>(&event.body)) {
      if (started->kind == agent::CallKind::model) {
        news_.emplace_back(Call{});
      } else {
        news_.emplace_back(Call{.text = call_text(*started)});
      }
    } else if (const auto* ended = std::get_if<workflow::CallEnded>(&event.body)) {
      if (ended->kind != agent::CallKind::model || is_failure(*ended)) news_.emplace_back(Call{.text = call_text(*ended)});
    }
  }
  woken_.notify_one();
}

void ChatView::on_output(const AgentRequest& request, const model::Delta& delta) {
  if (delta.kind != model::Delta::Kind::text) return;
  const std::lock_guard lock(mutex_);
  if (request.run_id != run_text_) return;
  news_.emplace_back(std::string(delta.text));
  woken_.notify_one();
}

void ChatView::begin(RunId run) {
  const std::lock_guard lock(mutex_);
  run_ = run;
  run_text_ = run.str();
  news_.clear();
  said_.clear();
}

void ChatView::print_for(milliseconds time) {
  std::vector<News> news;
  {
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, time, [this] { return !news_.empty(); });
    news = std::exchange(news_, {});
  }
  print(news);
}

bool ChatView::finish(std::string_view answer) {
  print_for(milliseconds{0});
  end_line();
  return options_.stream && !said_.empty() && said_ == answer;
}

void ChatView::print(const std::vector<News>& news) {
  for (const auto& item : news) {
    if (const auto* text = std::get_if<std::string>(&item)) {
      if (!options_.stream) continue;
      said_ += *text;
      (void)write_all(STDOUT_FILENO, printable(*text));
      line_open_ = !text->empty() && text->back() != '\n';
      continue;
    }
    const auto& call = std::get<Call>(item);
    end_line();
    said_.clear();
    if (options_.calls && !call.text.empty()) output_.note(paint("  " + call.text, Style::dim, output_.err().color));
  }
}

void ChatView::end_line() {
  if (std::exchange(line_open_, false)) (void)write_all(STDOUT_FILENO, "\n");
}

}  // namespace skein::cli
