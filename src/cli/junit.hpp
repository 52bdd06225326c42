#pragma once

#include <string>
#include <vector>

namespace skein::cli {

struct JunitCase {
  std::string name;
  std::string failure;   ///< what differs; empty where it passed
};

/// One file; where that is not valid `error` says why and there are no cases.
struct JunitSuite {
  std::string file;
  std::vector<JunitCase> cases;
  std::string error;
};

/// A report in the XML that CI systems read (https://github.com/testmoapp/junitxml). What XML cannot hold is replaced.
[[nodiscard]] std::string junit_xml(const std::vector<JunitSuite>& suites);

}  // namespace skein::cli
