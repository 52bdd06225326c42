#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace skein::cli {

/// Columns that `text` takes on a terminal: wide East Asian characters and emoji count two, combining marks none.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// At most `columns` wide, ending with `ellipsis` where something was cut.
[[nodiscard]] std::string clip(std::string_view text, std::size_t columns, std::string_view ellipsis = "…");
/// The end of `text`, at most `columns` wide, beginning with `ellipsis` where something was cut.
[[nodiscard]] std::string tail(std::string_view text, std::size_t columns, std::string_view ellipsis = "…");
/// `text` and as many blanks as it takes to be `columns` wide.
[[nodiscard]] std::string pad(std::string_view text, std::size_t columns);
/// One line without control characters: what comes from outside must not move the cursor. Invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string one_line(std::string_view text);
/// As `one_line`, but line breaks and tabs stay.
[[nodiscard]] std::string printable(std::string_view text);

/// Broken at blanks into lines of at most `width` bytes, all but the first indented; line breaks in `text` stay.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

enum class Style : unsigned char { plain, bold, dim, red, green, yellow, blue, magenta, cyan };

/// `text` in colour, or as it is.
[[nodiscard]] std::string paint(std::string_view text, Style style, bool color);

/// A line of styled pieces, cut to size before colour codes come in.
class Line {
 public:
  Line& add(std::string_view text, Style style = Style::plain);
  [[nodiscard]] std::size_t width() const;
  /// Without colours.
  [[nodiscard]] std::string plain() const;
  /// At most `columns` wide; 0 means as wide as it is.
  [[nodiscard]] std::string text(std::size_t columns, bool color) const;

 private:
  struct Span {
    std::string text;
    Style style;
  };
  std::vector<Span> spans_;
};

}  // namespace skein::cli
