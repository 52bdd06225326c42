#include <algorithm>
#include <cerrno>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "tool/blocking.hpp"
#include "tool/builtin/builtin.hpp"
#include "tool/builtin/jail.hpp"

namespace skein::tool {
namespace {

constexpr std::size_t largest_file = 16U << 20U;
constexpr std::size_t longest_page = 128U << 10U;  ///< bytes of text in one answer
constexpr std::int64_t most_lines = 2'000;

/// What part of a file is asked for.
struct Page {
  std::size_t first = 1;  ///< line, counted from 1
  std::size_t lines = most_lines;
};

Spec make_spec() {
  auto parameters = parse_json(R"({
    "type": "object",
    "properties": {
      "path": {"type": "string", "description": "Path of the file, relative to the folder that may be read"},
      "offset": {"type": "integer", "minimum": 1, "default": 1, "description": "The first line to return, counted from 1"},
      "limit": {"type": "integer", "minimum": 1, "description": "How many lines to return at most"}
    },
    "required": ["path"],
    "additionalProperties": false})");
  auto& limit = parameters->at("properties").at("limit").get_object();
  limit["maximum"] = most_lines;
  limit["default"] = most_lines;
  return {.name = "read_file",
          .description =
              "Reads a text file and returns its lines. A long file comes in pages: the last line of the answer then says how to go on.",
          .parameters = std::move(*parameters),
          .effect = Effect::pure};
}

/// At most `largest_file` bytes; longer files are refused.
Result<std::string> content_of(const Descriptor& file, std::string_view path) {
  std::string out;
  constexpr std::size_t step = 1U << 16U;
  while (out.size() <= largest_file) {
    const auto size = out.size();
    out.resize(size + step);
    const auto got = ::read(file.get(), out.data() + size, step);
    out.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return out;
    if (got < 0 && errno != EINTR)
      return fail(ErrorCode::internal, fmt::format("'{}' cannot be read: the file system reports an error", path));
  }
  return fail(ErrorCode::too_large, fmt::format("'{}' is larger than {} MiB; this tool does not read it", path, largest_file >> 20U));
}

/// The lines of a page, each with its end, and a note where the file does not end there.
Result<std::string> page_of(std::string_view text, std::string_view path, const Page& page) {
  const auto total = static_cast<std::size_t>(std::ranges::count(text, '\n')) + (text.empty() || text.ends_with('\n') ? 0 : 1);
  if (page.first > std::max<std::size_t>(total, 1)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' has {} line{}; offset {} is behind its end", path, total, total == 1 ? "" : "s", page.first));
  }
  std::size_t begin = 0;
  for (std::size_t line = 1; line < page.first; ++line) begin = text.find('\n', begin) + 1;
  auto end = begin;
  auto next = page.first;
  while (next <= total && next - page.first < page.lines) {
    const auto after = std::min(text.find('\n', end), text.size() - 1) + 1;
    if (after - begin > longest_page) break;
    end = after;
    ++next;
  }
  if (next == page.first && total > 0) {  // the first line alone is too long
    std::string out = shorten(text.substr(begin, text.find('\n', begin) - begin), longest_page);
    out += fmt::format("\n[line {} of {} is too long and was cut; go on with offset {}]", next, total, next + 1);
    return out;
  }
  std::string out(text.substr(begin, end - begin));
  if (next <= total) out += fmt::format("[lines {} to {} of {}; go on with offset {}]", page.first, next - 1, total, next);
  return out;
}

Outcome read_page(const std::filesystem::path& root, const std::string& path, const Page& page) {
  const auto file = open_beneath(root, path);
  if (!file) return Outcome::failure(file.error().message);
  const auto shown = shorten(path, 200);
  const auto text = content_of(*file, shown);
  if (!text) return Outcome::failure(text.error().message);
  if (text->find('\0') != std::string::npos || !is_utf8(*text))
    return Outcome::failure(fmt::format("'{}' is a binary file, or text that is not UTF-8; this tool reads text only", shown));
  auto out = page_of(*text, shown, page);
  if (!out) return Outcome::failure(out.error().message);
  auto outcome = Outcome::ok(Json(*out));
  outcome.sources.push_back(path);
  return outcome;
}

/// A whole number may come as 5.0, or larger than any count.
std::size_t count_of(const Json& value) {
  boost::system::error_code error;
  const auto out = value.to_number<std::size_t>(error);
  return error ? std::string::npos : out;
}

class ReadFile final : public Tool {
 public:
  explicit ReadFile(std::filesystem::path root) : root_(std::move(root)) {}
  [[nodiscard]] const Spec& spec() const override { return spec_; }

  [[nodiscard]] asio::awaitable<Outcome> call(const Call& call, const Services& services) const override {
    const auto& arguments = call.arguments->get_object();
    const auto& text = arguments.at("path").get_string();
    std::string path(text.data(), text.size());
    Page page;
    if (const auto* offset = arguments.if_contains("offset")) page.first = count_of(*offset);
    if (const auto* limit = arguments.if_contains("limit")) page.lines = count_of(*limit);
    std::function<Outcome()> work = [root = root_, path = std::move(path), page] { return read_page(root, path, page); };
    auto outcome = co_await run_blocking(services.pool, std::move(work));
    co_return outcome;
  }

 private:
  std::filesystem::path root_;
  Spec spec_ = make_spec();
};

}  // namespace

ToolPtr read_file(std::filesystem::path root) { return std::make_shared<const ReadFile>(std::move(root)); }

}  // namespace skein::tool
