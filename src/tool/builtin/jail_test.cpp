#include "tool/builtin/jail.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skein::tool {
namespace {

namespace fs = std::filesystem;

/// A folder `inside` to read in, beside a file `secret` that must stay out of reach; once for each way of opening.
class Jail : public testing::TestWithParam<Beneath> {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "skein-jail-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::create_directories(root() / "sub/deep");
    write("secret", "s");
    write("inside-too", "s");  // the root's name is the beginning of this one
    write("inside/file", "f");
    write("inside/sub/deep/file", "d");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] fs::path root() const { return folder_ / "inside"; }
  /// The first character of what was opened, or why nothing was.
  [[nodiscard]] std::string open(std::string_view path) const {
    const auto file = open_beneath(root(), path, GetParam());
    if (!file) return std::string(to_string(file.error().code)) + ": " + file.error().message;
    char c = '?';
    EXPECT_EQ(::read(file->get(), &c, 1), 1);
    return {c};
  }

  fs::path folder_;
};

TEST_P(Jail, OpensWhatIsInside) {
  EXPECT_EQ(open("file"), "f");
  EXPECT_EQ(open("./sub//deep/file"), "d");
  EXPECT_EQ(open("sub/deep/../../file"), "f");
}

TEST_P(Jail, KeepsEverythingElseOut) {
  const std::string outside = " is outside the folder that may be read; give a path relative to that folder";
  for (const std::string path : {"../secret", "sub/../../secret", "/etc/passwd", "..", "../inside-too", "../inside/file"})
    EXPECT_EQ(open(path), "permission_denied: '" + path + "'" + outside);
  EXPECT_EQ(open((root() / "file").string()).substr(0, 17), "permission_denied");
  EXPECT_EQ(open(std::string_view("file\0.txt", 9)), "invalid_argument: the path has a zero byte in it; remove it");
}

TEST_P(Jail, LinksDoNotLeadOut) {
  fs::create_symlink("../secret", root() / "relative");
  fs::create_symlink(folder_ / "secret", root() / "absolute");
  fs::create_directory_symlink("..", root() / "up");
  fs::create_directory_symlink("/", root() / "slash");
  fs::create_symlink("/proc/self/cwd", root() / "magic");
  fs::create_symlink("loop", root() / "loop");
  for (const std::string path : {"relative", "absolute", "up/secret", "slash/etc/passwd", "magic/x", "loop"}) {
    const auto said = open(path);
    EXPECT_TRUE(said.starts_with("permission_denied: ") || said.starts_with("not_found: ")) << path << ": " << said;
    EXPECT_EQ(said.find(folder_.string()), std::string::npos) << said;
  }
}

TEST_P(Jail, LinksInsideAreFollowedWhereTheKernelWatches) {
  fs::create_symlink("sub/deep/file", root() / "link");
  const auto said = open("link");
  if (GetParam() == Beneath::no_links) {
    EXPECT_EQ(said, "permission_denied: 'link' leads through a symbolic link that may not be followed");
  } else {
    EXPECT_TRUE(said == "d" || said.starts_with("permission_denied")) << said;  // a kernel without openat2 refuses it
  }
}

TEST_P(Jail, OnlyRegularFiles) {
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(open("pipe"), "invalid_argument: 'pipe' is not a regular file");
  EXPECT_EQ(open("sub"), "invalid_argument: 'sub' is a folder; give the path of a file");
  EXPECT_EQ(open("."), "invalid_argument: '.' is a folder; give the path of a file");
  EXPECT_EQ(open(""), "invalid_argument: '' is a folder; give the path of a file");
}

TEST_P(Jail, SaysWhatIsMissing) {
  EXPECT_EQ(open("nowhere"), "not_found: there is no file 'nowhere'; check the path");
  EXPECT_EQ(open("file/x"), "not_found: there is no file 'file/x'; check the path");
  EXPECT_EQ(open(std::string(300, 'x')).substr(0, 16), "invalid_argument");
  fs::remove_all(root());
  EXPECT_EQ(open("file"), "not_found: the folder that may be read does not exist; tell the person who runs this");
}

INSTANTIATE_TEST_SUITE_P(Ways, Jail, testing::Values(Beneath::kernel, Beneath::no_links),
                         [](const auto& way) { return way.param == Beneath::kernel ? "Kernel" : "NoLinks"; });

}  // namespace
}  // namespace skein::tool
