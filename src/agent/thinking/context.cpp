#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "agent/thinking/tool_loop.hpp"
#include "base/text.hpp"
#include "model/call_failures.hpp"
#include "model/token_bound.hpp"

// A conversation that outgrows the model's window: first the oldest results of tools give way to notes (the journal keeps them), then all
// but the task and the latest turn gives way to a summary. What is to be done is written into the call before which it is done, so that
// whoever folds the journal does the same.
namespace skein::agent {
namespace {

/// Once room is needed, so much of the window is made free that not every call has to change what providers keep of the prompt.
constexpr std::uint64_t kept_percent = 60;
constexpr std::size_t shown_of_a_result = 120;

std::string note(std::string_view text) {
  return fmt::format("[left out to save room: a result of {} bytes that began with: {}]", text.size(),
                     shorten(std::string(text.substr(0, 4 * shown_of_a_result)), shown_of_a_result));
}

}  // namespace

/// Where the latest answer of the model stands, with what it was told.
std::size_t ToolLoop::latest_turn() const {
  auto index = messages_.size();
  while (index > task_messages_ && messages_[index - 1].role != model::Role::assistant) --index;
  return index > task_messages_ ? index - 1 : task_messages_;
}

std::uint64_t ToolLoop::estimate() const {
  const auto wanted = setup_->settings.max_output_tokens.value_or(usual_output_tokens);
  return model::prompt_token_estimate(request({})) + std::min<std::uint64_t>(wanted, window_ / 4);
}

bool ToolLoop::fits(std::uint64_t tokens) const { return window_ == 0 || tokens <= window_; }

ToolLoop::Fitting ToolLoop::fit() const {
  Fitting out;
  auto tokens = estimate();
  if (fits(tokens)) return out;
  const auto last = latest_turn();
  for (std::size_t i = 0; i < last && tokens * 100 > window_ * kept_percent; ++i) {
    for (const auto& part : messages_[i].parts) {
      const auto* result = std::get_if<model::ToolResult>(&part);
      if (result == nullptr || result->text.size() < least_to_forget) continue;
      ++out.forget;
      tokens -= std::min<std::uint64_t>(tokens, result->text.size() / 4 - note(result->text).size() / 4);
    }
  }
  out.summary = !fits(tokens) && last > task_messages_;
  return out;
}

/// The model's server says that the conversation is too long: then its window is smaller than that.
bool ToolLoop::makes_room_after(const Error& error) {
  if (!model::is_context_overflow(error) || latest_turn() <= task_messages_ || overflows_ >= most_overflows) return false;
  ++overflows_;
  window_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(estimate() * 3 / 4, std::numeric_limits<std::uint32_t>::max()));
  return true;
}

void ToolLoop::forget(std::uint32_t results) {
  for (auto& message : messages_) {
    for (auto& part : message.parts) {
      auto* result = std::get_if<model::ToolResult>(&part);
      if (results == 0) return;
      if (result == nullptr || result->text.size() < least_to_forget) continue;
      result->text = note(result->text);
      --results;
    }
  }
}

void ToolLoop::sum_up(const std::string& summary) {
  const auto last = latest_turn();
  auto& task = messages_[task_messages_ - 1];
  std::erase_if(task.parts, [](const model::Part& part) {
    const auto* text = std::get_if<model::Text>(&part);
    return text != nullptr && text->text.starts_with(summary_begins);
  });
  task.parts.emplace_back(model::Text{fmt::format("{}{}", summary_begins, summary)});
  messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(task_messages_), messages_.begin() + static_cast<std::ptrdiff_t>(last));
}

}  // namespace skein::agent
