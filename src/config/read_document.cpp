#include "config/read_document.hpp"

#include <algorithm>
#include <fstream>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::config {
namespace {

void cut(std::vector<Problem>& problems) {
  if (problems.size() <= max_problems) return;
  const auto rest = problems.size() - max_problems;
  problems.resize(max_problems);
  Problem last = problems.back();
  last.message = fmt::format("{} more problem{} not shown; correct these first", rest, rest == 1 ? " is" : "s are");
  last.excerpt.clear();
  problems.push_back(std::move(last));
}

std::size_t control_character(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t'; }) -
      text.begin());
}

}  // namespace

std::size_t valid_prefix(std::string_view text) {
  std::size_t low = 0, high = text.size();
  while (low < high) {  // the longest prefix whose lines are valid
    const auto newline = text.find('\n', low);
    const auto end = newline == std::string_view::npos ? text.size() : newline + 1;
    if (!is_utf8(text.substr(low, end - low))) break;
    low = end;
  }
  return low;
}

std::unexpected<std::vector<Problem>> refuse(const std::string& file, std::string message) {
  std::vector<Problem> problems(1);
  problems.front().file = file;
  problems.front().message = std::move(message);
  return std::unexpected(std::move(problems));
}

Sorted sorted(std::vector<Problem> problems, std::span<const std::string> files) {
  const auto rank = [&](const Problem& p) { return std::ranges::find(files, p.file) - files.begin(); };
  const auto place = [](const Problem& p) { return std::tie(p.line, p.column, p.pointer, p.message); };
  std::ranges::sort(problems, [&](const Problem& a, const Problem& b) {
    if (a.file != b.file) return std::pair(rank(a), a.file) < std::pair(rank(b), b.file);
    return place(a) < place(b);
  });
  // A file that is included twice says everything twice.
  const auto same = [](const Problem& a, const Problem& b) {
    return a.line > 0 && std::tie(a.file, a.line, a.column, a.message) == std::tie(b.file, b.line, b.column, b.message);
  };
  const auto rest = std::ranges::unique(problems, same);
  problems.erase(rest.begin(), rest.end());
  Sorted out;
  for (auto& problem : problems) (problem.severity == Severity::error ? out.errors : out.warnings).push_back(std::move(problem));
  cut(out.errors);
  cut(out.warnings);
  return out;
}

Problem located(const describe::Problem& found, const std::string& file) {
  return {.file = file,
          .line = 0,
          .column = 0,
          .pointer = found.pointer,
          .message = found.message,
          .excerpt = {},
          .severity = found.severity == describe::Severity::error ? Severity::error : Severity::warning};
}

Problem Locator::locate(const SourceProblem& found) const {
  Problem out;
  out.file = file_;
  out.message = found.message;
  place(out, found.offset);
  return out;
}

Problem Locator::locate(const describe::Problem& found) const {
  auto out = located(found, file_);
  auto at = offset_of(source_, found.pointer, found.part);
  const auto* value = found.offset ? at_pointer(source_.document, found.pointer) : nullptr;
  if (const auto* string = value == nullptr ? nullptr : value->if_string()) {
    at = offset_in_scalar(text_.text(), at, std::string_view(string->data(), string->size()), *found.offset).value_or(at);
  }
  place(out, at);
  return out;
}

void Locator::place(Problem& out, std::size_t offset) const {
  const auto position = text_.position(offset);
  out.line = position.line;
  out.column = position.column;
  out.excerpt = text_.excerpt(offset);
}

std::expected<std::string, std::vector<Problem>> read_text(const std::filesystem::path& path) {
  const auto name = path.string();
  std::error_code ec;
  const auto kind = std::filesystem::status(path, ec).type();
  if (kind == std::filesystem::file_type::not_found) return refuse(name, "there is no such file; check the path");
  if (kind == std::filesystem::file_type::directory) return refuse(name, "this is a directory; name a file in it");
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(name, "the file cannot be opened; check its permissions");
  std::string text(max_file_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return refuse(name, "the file cannot be read; check the disk");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::expected<FileText, std::vector<Problem>> read_file(const std::filesystem::path& path, std::string_view what) {
  auto text = read_text(path);
  if (!text) return std::unexpected(std::move(text.error()));
  const auto extension = to_lower(path.extension().string());
  if (extension != ".yaml" && extension != ".yml" && extension != ".json") {
    return refuse(path.string(), fmt::format("not {} by its name; name it .yaml, .yml or .json", what));
  }
  return FileText{.text = std::move(*text), .format = extension == ".json" ? Format::json : Format::yaml};
}

std::expected<SourceDocument, std::vector<Problem>> read_source(std::string_view& text, const std::string& file_name, Format format,
                                                                std::string_view beginning) {
  if (text.size() > max_file_bytes) {
    return refuse(file_name, fmt::format("the file is larger than {} MiB; keep data in files of its own", max_file_bytes >> 20));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  SourceDocument source;
  source.complete = false;
  const auto control = control_character(text);
  if (trim(text).empty()) {
    source.problems.push_back({0, fmt::format("the file is empty; {}", beginning)});
  } else if (!is_utf8(text)) {
    source.problems.push_back({valid_prefix(text), "the text is not valid UTF-8; save the file as UTF-8"});
  } else if (control < text.size()) {
    source.problems.push_back(
        {control, fmt::format("a control character (0x{:02x}); remove it", static_cast<unsigned char>(text[control]))});
  } else {
    source = format == Format::json ? read_json(text) : read_yaml(text);
  }
  return source;
}

}  // namespace skein::config
