#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tool/builtin/builtin.hpp"
#include "tool/tool_test_bench.hpp"

namespace skein::tool {
namespace {

namespace fs = std::filesystem;

class ReadFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "skein-read-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string read(const std::string& text, JsonObject more = {}) {
    std::ofstream(folder_ / "file", std::ios::binary) << text;
    more["path"] = "file";
    return testing::said(bench_.call(*read_file(folder_), more));
  }

  fs::path folder_;
  testing::Bench bench_;
};

TEST_F(ReadFile, ReturnsAFileAndNamesItsSource) {
  EXPECT_EQ(read("one\ntwo\n"), "ok: one\ntwo\n");
  EXPECT_EQ(read("no end of line"), "ok: no end of line");
  EXPECT_EQ(read(""), "ok: ");
  EXPECT_EQ(read("größe ∞\r\n"), "ok: größe ∞\r\n");
  EXPECT_EQ(bench_.call(*read_file(folder_), R"({"path": "file"})").sources, std::vector<std::string>{"file"});
}

TEST_F(ReadFile, ReturnsPages) {
  const std::string five = "1\n2\n3\n4\n5";
  EXPECT_EQ(read(five, {{"limit", 2}}), "ok: 1\n2\n[lines 1 to 2 of 5; go on with offset 3]");
  EXPECT_EQ(read(five, {{"offset", 3}, {"limit", 2}}), "ok: 3\n4\n[lines 3 to 4 of 5; go on with offset 5]");
  EXPECT_EQ(read(five, {{"offset", 5.0}}), "ok: 5");
  EXPECT_EQ(read(five, {{"offset", 4}, {"limit", 2}}), "ok: 4\n5");
  EXPECT_EQ(read(five, {{"offset", 6}}), "failed: 'file' has 5 lines; offset 6 is behind its end");
  EXPECT_EQ(read("1\n", {{"offset", 2}}), "failed: 'file' has 1 line; offset 2 is behind its end");
  EXPECT_EQ(read("", {{"offset", 2}}), "failed: 'file' has 0 lines; offset 2 is behind its end");
}

TEST_F(ReadFile, AnswersAreBounded) {
  const std::string line(50'000, 'x');
  const auto two = read(line + "\n" + line + "\n" + line + "\n");
  EXPECT_EQ(two.size(), 4 + 100'002 + 40);
  EXPECT_TRUE(two.ends_with("x\n[lines 1 to 2 of 3; go on with offset 3]"));
  const auto cut = read(std::string(200'000, 'y') + "\nz");
  EXPECT_TRUE(cut.ends_with("y…\n[line 1 of 2 is too long and was cut; go on with offset 2]"));
  EXPECT_LT(cut.size(), 140'000U);
  std::string many;
  for (int i = 0; i < 3'000; ++i) many += "\n";
  EXPECT_TRUE(read(many).ends_with("\n[lines 1 to 2000 of 3000; go on with offset 2001]"));
}

TEST_F(ReadFile, RefusesWhatItCannotShow) {
  const std::string binary = "failed: 'file' is a binary file, or text that is not UTF-8; this tool reads text only";
  EXPECT_EQ(read(std::string("a\0b", 3)), binary);
  EXPECT_EQ(read("\xff\xfe"), binary);
  EXPECT_EQ(read(std::string((16U << 20U) + 1, 'x')), "failed: 'file' is larger than 16 MiB; this tool does not read it");
  EXPECT_EQ(testing::said(bench_.call(*read_file(folder_), R"({"path": "../x"})")),
            "failed: '../x' is outside the folder that may be read; give a path relative to that folder");
  EXPECT_EQ(testing::said(bench_.call(*read_file(folder_), R"({"path": "nothing"})")),
            "failed: there is no file 'nothing'; check the path");
}

TEST_F(ReadFile, ChecksItsArguments) {
  const auto tool = read_file(folder_);
  const auto wrong = [&](std::string_view arguments) { return misfits(tool->spec(), parse_json(arguments).value()).size(); };
  EXPECT_EQ(wrong(R"({"path": "a", "offset": 3, "limit": 2000})"), 0U);
  EXPECT_EQ(wrong(R"({"path": "a", "offset": 0, "limit": 2001})"), 2U);
  EXPECT_EQ(wrong(R"({"offset": 1})"), 1U);
}

}  // namespace
}  // namespace skein::tool
