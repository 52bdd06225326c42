#include "cli/junit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::cli {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : to_valid_utf8(text)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

std::string case_xml(const std::string& file, const std::string& name, std::string_view element, const std::string& what) {
  const auto head = fmt::format("    <testcase classname=\"{}\" name=\"{}\"", escaped(file), escaped(name));
  if (what.empty()) return head + "/>\n";
  const auto first = what.substr(0, what.find('\n'));
  return fmt::format("{}>\n      <{} message=\"{}\">{}</{}>\n    </testcase>\n", head, element, escaped(first), escaped(what), element);
}

}  // namespace

std::string junit_xml(const std::vector<JunitSuite>& suites) {
  std::string body;
  std::size_t tests = 0, failures = 0, errors = 0;
  for (const auto& suite : suites) {
    const bool broken = !suite.error.empty();
    const auto failed = static_cast<std::size_t>(std::ranges::count_if(suite.cases, [](const auto& one) { return !one.failure.empty(); }));
    const auto count = suite.cases.size() + (broken ? 1 : 0);
    body += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n", escaped(suite.file), count, failed,
                        broken ? 1 : 0);
    for (const auto& one : suite.cases) body += case_xml(suite.file, one.name, "failure", one.failure);
    if (broken) body += case_xml(suite.file, "the file is valid", "error", suite.error);
    body += "  </testsuite>\n";
    tests += count;
    failures += failed;
    errors += broken ? 1 : 0;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"skein test\" tests=\"{}\" failures=\"{}\" "
      "errors=\"{}\">\n{}</testsuites>\n",
      tests, failures, errors, body);
}

}  // namespace skein::cli
