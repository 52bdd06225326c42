#include "base/text.hpp"

#include <algorithm>

namespace skein {
namespace {

/// Optimal string alignment distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t n = b.size() + 1;
  std::vector<std::size_t> before(n), last(n), row(n);
  for (std::size_t j = 0; j < n; ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j < n; ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[n - 1];
}

constexpr std::size_t longest_word = 200;

template <class Candidate>
std::string_view nearest_of(std::string_view word, std::span<const Candidate> candidates) {
  if (word.size() > longest_word) return {};
  const auto wanted = to_lower(word);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > longest_word) continue;
    const auto distance = edit_distance(wanted, to_lower(candidate));
    if (distance >= std::max(wanted.size(), candidate.size())) continue;  // nothing of it would stay
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

/// The words that begin with this one, such as `retry_config` and `retry_on` for `retry`, where it is one or two.
template <class Candidate>
std::vector<std::string> longer_words(std::string_view word, std::span<const Candidate> candidates) {
  std::vector<std::string> out;
  if (word.size() < 3 || word.size() > longest_word) return out;
  const auto wanted = to_lower(word);
  for (const std::string_view candidate : candidates) {
    if (to_lower(candidate).starts_with(wanted)) out.push_back("'" + std::string(candidate) + "'");
  }
  if (out.size() > 2) out.clear();
  return out;
}

template <class Candidate>
std::string suggestion(std::string_view word, std::span<const Candidate> candidates) {
  const auto best = nearest_of(word, candidates);
  if (!best.empty()) return "; did you mean '" + std::string(best) + "'?";
  const auto longer = longer_words(word, candidates);
  return longer.empty() ? std::string{} : "; did you mean " + list_of(longer, " or ") + "?";
}

/// Length of the valid UTF-8 sequence at the start of `s`, or 0.
std::size_t sequence_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < s.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned c = byte(0);
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    return tail(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) && tail(2) ? 3 : 0;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    return tail(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string> c) { return nearest_of(word, c); }
std::string_view nearest(std::string_view word, std::span<const std::string_view> c) { return nearest_of(word, c); }
std::string did_you_mean(std::string_view word, std::span<const std::string> c) { return suggestion(word, c); }
std::string did_you_mean(std::string_view word, std::span<const std::string_view> c) { return suggestion(word, c); }

std::string list_of(std::span<const std::string> words, std::string_view last_separator) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? last_separator : std::string_view(", ");
    out += words[i];
  }
  return out;
}

std::string shorten(std::string_view text, std::size_t max) {
  if (text.size() <= max) return std::string(text);
  std::size_t end = max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto n = sequence_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto n = sequence_length(text);
    if (n == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      out += text.substr(0, n);
      text.remove_prefix(n);
    }
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace skein
