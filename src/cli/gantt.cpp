#include "cli/gantt.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

constexpr std::size_t widest_label = 30;
constexpr std::size_t least_bar = 10;

struct Look {
  std::string_view sign;
  Style style;
};

}  // namespace

Gantt::Gantt(const workflow::Definition& definition) : rows_(definition.tasks.size()) {
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].name = one_line(definition.tasks[i].name);
}

void Gantt::open(Row& row, Instant at, Kind kind) {
  close(row, at);
  row.spans.push_back({.begin = at, .end = at, .kind = kind});
}

void Gantt::close(Row& row, Instant at) {
  if (row.spans.empty() || !row.spans.back().open) return;
  row.spans.back().end = at;
  row.spans.back().open = false;
}

void Gantt::apply(const workflow::Event& event) {
  using namespace workflow;
  const auto at = event.at;
  std::visit(
      [&]<class Body>(const Body& body) {
        if constexpr (std::is_same_v<Body, RunCreated>) {
          begin_ = at;
        } else if constexpr (std::is_same_v<Body, RunFinished>) {
          end_ = at;
        } else if constexpr (std::is_same_v<Body, CompensationStarted>) {
          end_.reset();
        } else if constexpr (std::is_same_v<Body, AttemptStarted>) {
          auto& row = rows_.at(body.attempt.task);
          row.rounds = std::max(row.rounds, body.attempt.activation);
          if (body.attempt.item == no_item) open(row, at, body.waits() ? Kind::waits : Kind::works);
        } else if constexpr (std::is_same_v<Body, ItemsListed>) {
          auto& row = rows_.at(body.task);
          row.items += static_cast<std::uint32_t>(body.items->get_array().size());
          open(row, at, Kind::works);
        } else if constexpr (std::is_same_v<Body, ApprovalRequested>) {
          open(rows_.at(body.task), at, Kind::waits);
        } else if constexpr (std::is_same_v<Body, AttemptFailed>) {
          if (body.attempt.item != no_item) return;
          auto& row = rows_.at(body.attempt.task);
          if (!row.spans.empty()) row.spans.back().kind = Kind::fails;
          open(row, at, Kind::waits);  // until the next attempt
        } else if constexpr (std::is_same_v<Body, TaskFailed>) {
          if (body.attempt.item != no_item) return;
          auto& row = rows_.at(body.attempt.task);
          if (body.attempt.attempt == 0) open(row, at, Kind::fails);
          if (!row.spans.empty() && row.spans.back().open) row.spans.back().kind = Kind::fails;
          close(row, at);
        } else if constexpr (std::is_same_v<Body, TaskCompleted>) {
          if (body.attempt.item == no_item) close(rows_.at(body.attempt.task), at);
        } else if constexpr (std::is_same_v<Body, ItemsEnded>) {
          auto& row = rows_.at(body.task);
          if (body.error && !row.spans.empty()) row.spans.back().kind = Kind::fails;
          close(row, at);
        } else if constexpr (std::is_same_v<Body, ApprovalGiven> || std::is_same_v<Body, ApprovalRejected> ||
                             std::is_same_v<Body, TaskCancelled>) {
          close(rows_.at(body.task), at);
        }
      },
      event.body);
}

std::string Gantt::label_of(const Row& row) const {
  auto label = row.name;
  if (row.rounds > 1) label += fmt::format(" ×{}", row.rounds);
  if (row.items > 0) label += fmt::format(" [{}]", row.items);
  return label;
}

std::vector<std::string> Gantt::lines(std::size_t width, bool utf8, bool color, Instant now) const {
  static constexpr std::array<Look, 3> drawn{{{"█", Style::green}, {"▓", Style::red}, {"░", Style::dim}}};
  static constexpr std::array<Look, 3> plain{{{"#", Style::green}, {"x", Style::red}, {".", Style::dim}}};
  const auto& looks = utf8 ? drawn : plain;
  std::size_t label_width = 4;
  for (const auto& row : rows_) {
    if (!row.spans.empty()) label_width = std::max(label_width, std::min(widest_label, display_width(label_of(row))));
  }
  const auto bar = std::max(least_bar, width > label_width + 3 ? width - label_width - 3 : least_bar);
  const auto end = std::max(end_.value_or(now), begin_ + microseconds{1});
  const auto total = static_cast<double>((end - begin_).count());
  const auto column = [&](Instant at) {
    const auto share = static_cast<double>((std::clamp(at, begin_, end) - begin_).count()) / total;
    return std::min(bar - 1, static_cast<std::size_t>(share * static_cast<double>(bar)));
  };
  std::vector<std::string> out;
  for (const auto& row : rows_) {
    if (row.spans.empty()) continue;
    std::vector<int> cells(bar, -1);
    for (const auto& span : row.spans) {
      const auto last = column(span.open ? end : span.end);
      for (auto i = column(span.begin); i <= last; ++i) {
        // What was done shows, however short; waiting only where nothing else was.
        if (cells[i] < 0 || span.kind != Kind::waits) cells[i] = static_cast<int>(span.kind);
      }
    }
    auto line = pad(label_of(row), label_width) + (utf8 ? " │" : " |");
    for (std::size_t i = 0; i < bar;) {
      auto next = i;
      while (next < bar && cells[next] == cells[i]) ++next;
      std::string part;
      for (; i < next; ++i) part += cells[next - 1] < 0 ? " " : looks.at(static_cast<std::size_t>(cells[next - 1])).sign;
      line += cells[next - 1] < 0 ? part : paint(part, looks.at(static_cast<std::size_t>(cells[next - 1])).style, color);
    }
    while (line.ends_with(' ')) line.pop_back();
    out.push_back(std::move(line));
  }
  const auto took = human_duration(end - begin_);
  const auto gap = bar > took.size() + 1 ? bar - took.size() - 1 : 1;
  out.push_back(std::string(label_width + 2, ' ') + paint("0" + std::string(gap, ' ') + took, Style::dim, color));
  out.push_back(std::string(label_width + 2, ' ') +
                paint(fmt::format("{} works  {} fails  {} waits", looks[0].sign, looks[1].sign, looks[2].sign), Style::dim, color));
  return out;
}

}  // namespace skein::cli
