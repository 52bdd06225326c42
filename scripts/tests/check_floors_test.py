import unittest

from checker import CheckerTest


class CheckFloors(CheckerTest):
    checker = "check-floors"

    def test_lower_floors_and_the_own_folder_are_fine(self):
        self.write("src/http/client.cpp", '#include "http/client.hpp"\n#include "async/pool.hpp"\n#include "base/json.hpp"\n#include <vector>\n')
        self.assert_clean()

    def test_a_higher_floor_is_not(self):
        self.write("src/http/client.cpp", '#include "base/json.hpp"\n#include "workflow/engine.hpp"\n')
        self.assert_one("src/http/client.cpp:2: ", "http/ (floor 2) includes workflow/ (floor 8)")

    def test_the_same_floor_is_not(self):
        self.write("src/async/a.hpp", '#include "resilience/retry.hpp"\n')
        self.assert_one("src/async/a.hpp:1: ", "floor 1")

    def test_subfolders_count_as_their_folder(self):
        self.write("src/workflow/driver/engine.cpp", '#include "cli/main.hpp"\n')
        self.assert_one("src/workflow/driver/engine.cpp:1: ", "cli/ (floor 12)")

    def test_an_include_without_folder(self):
        self.write("src/base/json.cpp", '#include "json.hpp"\n')
        self.assert_one("src/base/json.cpp:1: ", 'write "base/json.hpp"')

    def test_a_folder_without_floor(self):
        self.write("src/attic/a.cpp", "int x;\n")
        self.assert_one("src/attic/a.cpp:1: ", "scripts/floors.txt")

    def test_test_support_only_in_tests(self):
        self.write("src/base/a_test.cpp", '#include "support/x.hpp"\n')
        self.write("src/base/a.cpp", '#include "support/x.hpp"\n')
        self.assert_one("src/base/a.cpp:1: ")

    def test_links_follow_the_floors(self):
        self.write("src/base/CMakeLists.txt", "skein_folder(base\n  LINKS skein_store)\n")
        self.write("src/store/CMakeLists.txt", "skein_folder(store\n  LINKS skein_base TEST_LINKS skein_test_support)\n")
        self.assert_one("src/base/CMakeLists.txt:2: ", "skein_store")

    def test_public_headers_show_only_the_standard_library_and_json(self):
        self.write("include/skein/a.hpp", "#include <string>\n#include <boost/json/value.hpp>\n#include <skein/b.hpp>\n")
        self.assert_clean()
        for bad in ["<boost/beast/http.hpp>", "<sqlite3.h>", "<yaml-cpp/yaml.h>", '"base/json.hpp"', "<boost/asio/spawn.hpp>"]:
            self.write("include/skein/a.hpp", f"#include {bad}\n")
            self.assert_one("include/skein/a.hpp:1: ", bad.strip('<>"'))

    def test_asio_stands_in_the_coroutine_header(self):
        self.write("include/skein/async.hpp", "#include <boost/asio/any_io_executor.hpp>\n")
        self.assert_clean()

    def test_public_headers_are_few(self):
        for i in range(16):
            self.write(f"include/skein/h{i}.hpp", "#pragma once\n")
        self.assert_one("include/skein:1: ", "16 public headers")

    def test_files_are_small(self):
        self.write("src/base/a.cpp", "\n" * 600)
        self.assert_clean()
        self.write("src/base/a.cpp", "\n" * 601)
        self.assert_one("src/base/a.cpp:601: ", "601 lines")


if __name__ == "__main__":
    unittest.main()
