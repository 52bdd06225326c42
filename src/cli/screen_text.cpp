#include "cli/screen_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/text.hpp"

namespace skein::cli {
namespace {

struct Glyph {
  char32_t code = 0;
  std::size_t bytes = 1;
};

/// The character at `at`; an invalid byte counts as one character.
Glyph glyph_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (bytes == 1 || at + bytes > text.size()) return {0xFFFD, 1};
  char32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0U) != 0x80U) return {0xFFFD, 1};
    code = code << 6 | (next & 0x3FU);
  }
  return {code, bytes};
}

/// The ranges that matter in practice, from Unicode's EastAsianWidth and general categories Mn and Cf.
std::size_t columns_of(char32_t c) {
  static constexpr std::array<std::pair<char32_t, char32_t>, 9> zero{{{0x0300, 0x036F},
                                                                      {0x0483, 0x0489},
                                                                      {0x0591, 0x05BD},
                                                                      {0x0610, 0x061A},
                                                                      {0x064B, 0x065F},
                                                                      {0x200B, 0x200F},
                                                                      {0x20D0, 0x20F0},
                                                                      {0xFE00, 0xFE0F},
                                                                      {0xE0100, 0xE01EF}}};
  static constexpr std::array<std::pair<char32_t, char32_t>, 12> wide{{{0x1100, 0x115F},
                                                                       {0x2E80, 0x303E},
                                                                       {0x3041, 0x33FF},
                                                                       {0x3400, 0x4DBF},
                                                                       {0x4E00, 0x9FFF},
                                                                       {0xA000, 0xA4CF},
                                                                       {0xAC00, 0xD7A3},
                                                                       {0xF900, 0xFAFF},
                                                                       {0xFE30, 0xFE6F},
                                                                       {0xFF00, 0xFF60},
                                                                       {0x1F300, 0x1FAFF},
                                                                       {0x20000, 0x3FFFD}}};
  if (c < 0x0300) return c < 0x20 || c == 0x7F ? 0 : 1;
  for (const auto& [first, last] : zero) {
    if (c >= first && c <= last) return 0;
  }
  for (const auto& [first, last] : wide) {
    if (c >= first && c <= last) return 2;
  }
  return 1;
}

/// The longest beginning of `text` that is at most `columns` wide.
std::string_view fitting(std::string_view text, std::size_t columns) {
  std::size_t width = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto glyph = glyph_at(text, at);
    width += columns_of(glyph.code);
    if (width > columns) break;
    at += glyph.bytes;
  }
  return text.substr(0, at);
}

std::string cleaned(std::string_view text, bool keep_lines) {
  const auto valid = to_valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size();) {
    const auto glyph = glyph_at(valid, at);
    const bool control = glyph.code < 0x20 || (glyph.code >= 0x7F && glyph.code < 0xA0);
    if (!control || (keep_lines && (glyph.code == '\n' || glyph.code == '\t'))) {
      out.append(valid, at, glyph.bytes);
    } else if (glyph.code == '\n' || glyph.code == '\t') {
      out += ' ';
    }
    at += glyph.bytes;
  }
  return out;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto glyph = glyph_at(text, at);
    width += columns_of(glyph.code);
    at += glyph.bytes;
  }
  return width;
}

std::string clip(std::string_view text, std::size_t columns, std::string_view ellipsis) {
  if (display_width(text) <= columns) return std::string(text);
  const auto tail = fitting(ellipsis, columns);
  std::string out(fitting(text, columns - display_width(tail)));
  out += tail;
  return out;
}

std::string tail(std::string_view text, std::size_t columns, std::string_view ellipsis) {
  if (display_width(text) <= columns) return std::string(text);
  const auto room = columns - std::min(columns, display_width(ellipsis));
  std::size_t from = text.size();
  while (from > 0) {
    auto before = from - 1;
    while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xC0U) == 0x80U) --before;
    if (display_width(text.substr(before)) > room) break;
    from = before;
  }
  return clip(ellipsis, columns, "") + std::string(text.substr(from));
}

std::string pad(std::string_view text, std::size_t columns) {
  std::string out(text);
  const auto width = display_width(text);
  if (width < columns) out.append(columns - width, ' ');
  return out;
}

std::string one_line(std::string_view text) { return cleaned(text, false); }
std::string printable(std::string_view text) { return cleaned(text, true); }

std::string paint(std::string_view text, Style style, bool color) {
  if (!color || style == Style::plain || text.empty()) return std::string(text);
  static constexpr std::array<std::string_view, 9> codes{"0", "1", "2", "31", "32", "33", "34", "35", "36"};
  std::string out = "\x1b[";
  out += codes[static_cast<std::size_t>(style)];
  out += 'm';
  out += text;
  out += "\x1b[0m";
  return out;
}

Line& Line::add(std::string_view text, Style style) {
  if (!text.empty()) spans_.push_back({std::string(text), style});
  return *this;
}

std::size_t Line::width() const {
  std::size_t width = 0;
  for (const auto& span : spans_) width += display_width(span.text);
  return width;
}

std::string Line::plain() const { return text(0, false); }

std::string Line::text(std::size_t columns, bool color) const {
  const bool cut = columns != 0 && width() > columns;
  std::size_t left = cut ? columns : SIZE_MAX;
  std::string out;
  for (const auto& span : spans_) {
    const auto width = display_width(span.text);
    if (cut && width >= left) {
      out += paint(width == left ? clip(span.text, left - 1, "") + "…" : clip(span.text, left), span.style, color);
      break;
    }
    out += paint(span.text, span.style, color);
    if (cut) left -= width;
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::size_t room = width > indent + 20 ? width - indent : 20;
  std::string out;
  for (const auto paragraph : split(text, '\n')) {
    std::size_t column = 0;
    if (!out.empty()) out += "\n" + std::string(indent, ' ');
    for (const auto word : split(paragraph, ' ')) {
      if (column > 0 && column + 1 + word.size() > room) {
        out += "\n" + std::string(indent, ' ');
        column = 0;
      }
      if (column > 0) out += ' ', ++column;
      out += word;
      column += word.size();
    }
  }
  return out;
}

}  // namespace skein::cli
