import unittest

from checker import CheckerTest


class CheckBanned(CheckerTest):
    checker = "check-banned"

    def assert_banned(self, line, *parts, path="src/base/a.cpp"):
        self.write(path, f"// first\n{line}\n")
        self.assert_one(f"{path}:2: ", *parts)
        (self.root / path).unlink()

    def assert_allowed(self, line, path="src/base/a.cpp"):
        self.write(path, f"{line}\n")
        self.assert_clean()
        (self.root / path).unlink()

    def test_detached(self):
        self.assert_banned("co_spawn(io, f(), asio::detached);", "TaskGroup")
        self.assert_banned("co_spawn(io, f(), detached);", path="tests/integration/x_test.cpp")

    def test_sleeps(self):
        self.assert_banned("std::this_thread::sleep_for(1s);", "clock")
        self.assert_banned("  ::usleep(5);", path="src/base/a_test.cpp")
        self.assert_banned("  sleep(5);")
        self.assert_allowed("void on_asleep(RunId run); auto x = options.sleep_after;")
        self.assert_allowed("  timer.sleep(5);")

    def test_output(self):
        self.assert_banned("  std::cout << 1;", "cli/")
        self.assert_banned('  printf("x");')
        self.assert_allowed("  std::cout << 1;", path="src/cli/run.cpp")
        self.assert_allowed("  std::cout << 1;", path="src/app/main.cpp")
        self.assert_allowed("  std::snprintf(buffer, sizeof buffer, format);")

    def test_using_namespace_in_headers_only(self):
        self.assert_banned("using namespace std;", "header", path="src/base/a.hpp")
        self.assert_allowed("using namespace std::literals;")

    def test_raw_new_and_delete(self):
        self.assert_banned("  auto* x = new Thing(1);", "make_unique")
        self.assert_banned("  delete x;")
        self.assert_banned("  delete[] x;")
        self.assert_allowed("  Thing(const Thing&) = delete;")
        self.assert_allowed("  return std::unique_ptr<Thing>(new Thing(1));")
        self.assert_allowed("  std::unique_ptr<Thing> thing(new Thing(1));")
        self.assert_allowed("  int renewed = new_value + anew; auto deleted = remove();")

    def test_mutable_statics(self):
        self.assert_banned("  static int count = 0;", "runtime/")
        self.assert_banned("  static std::map<int, std::string> cache;")
        self.assert_allowed("  static const auto logger = make();")
        self.assert_allowed("  static constexpr int n = 1;")
        self.assert_allowed("  static time_point now() noexcept;")
        self.assert_allowed("  static std::once_flag once;")
        self.assert_allowed("  static int shared = 0;", path="src/base/a_test.cpp")

    def test_marks(self):
        mark = "TO" + "DO"
        self.assert_banned(f"int x;  // {mark}: later", mark)
        self.write("docs/x.md", f"a\n{mark}\n")
        self.assert_one("docs/x.md:2: ")

    def test_comments_and_literals_are_not_code(self):
        self.assert_allowed("// never asio::detached, never new Thing, never std::cout")
        self.assert_allowed("/* asio::detached\n   sleep_for(1s) */")
        self.assert_allowed('fail("use sleep_for(1s); std::cout \\" new Thing");')
        self.assert_allowed('constexpr auto text = R"x(std::cout << "a" new Thing)x";')
        self.assert_allowed("const int big = 1'000'000; const char quote = '\"';  // std::cout")
        self.assert_banned("const char quote = '\"'; std::cout << 1;")


if __name__ == "__main__":
    unittest.main()
