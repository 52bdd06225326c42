#include "runtime/secret_sources.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/random.hpp"

namespace skein::runtime {
namespace {

class SecretSourcesTest : public ::testing::Test {
 protected:
  SecretSourcesTest() {
    SystemRandom random;
    folder_ = std::filesystem::temp_directory_path() / ("skein-secrets-" + std::to_string(random.next()));
    std::filesystem::create_directories(folder_);
  }
  ~SecretSourcesTest() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    const auto path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  std::filesystem::path folder_;
  SecretValues known_;
};

TEST_F(SecretSourcesTest, TheEnvironmentComesFirstAndItsPrefixedNameWins) {
  setenv("SKEIN_TEST_TOKEN", "plain-value", 1);
  const SecretSources sources({.environment = true, .directory = folder_.string(), .command = {}}, known_);
  write("SKEIN_TEST_TOKEN", "from-a-file");
  EXPECT_EQ(sources.secret("SKEIN_TEST_TOKEN").value(), "plain-value");
  setenv("SKEIN_SECRET_OTHER_TOKEN", "prefixed-value", 1);
  setenv("OTHER_TOKEN", "bare-value", 1);
  EXPECT_EQ(sources.secret("OTHER_TOKEN").value(), "prefixed-value");
  EXPECT_EQ(known_.redact("a plain-value here"), "a [redacted] here");
  EXPECT_EQ(sources.env("OTHER_TOKEN").value(), "bare-value");
  for (const auto* name : {"SKEIN_TEST_TOKEN", "SKEIN_SECRET_OTHER_TOKEN", "OTHER_TOKEN"}) unsetenv(name);
  EXPECT_EQ(sources.secret("SKEIN_TEST_TOKEN").value(), "plain-value");  // read once
  EXPECT_EQ(sources.env("OTHER_TOKEN").error().code, ErrorCode::not_found);
}

TEST_F(SecretSourcesTest, AFileLosesOneNewline) {
  write("API_KEY", "from-a-file\n");
  write("WINDOWS_KEY", "from-windows\r\n");
  const SecretSources sources({.environment = false, .directory = folder_.string(), .command = {}}, known_);
  EXPECT_EQ(sources.secret("API_KEY").value(), "from-a-file");
  EXPECT_EQ(sources.secret("WINDOWS_KEY").value(), "from-windows");
}

TEST_F(SecretSourcesTest, ACommandIsGivenTheNameAndPrintsTheValue) {
  const auto program = write("vault", "#!/bin/sh\n[ \"$1\" = KNOWN ] && echo \"value of $1\" || exit 3\n");
  chmod(program.c_str(), 0700);
  const SecretSources sources({.environment = false, .directory = {}, .command = program}, known_);
  EXPECT_EQ(sources.secret("KNOWN").value(), "value of KNOWN");
  EXPECT_EQ(sources.secret("UNKNOWN").error().code, ErrorCode::not_found);
  const SecretSources missing({.environment = false, .directory = {}, .command = "/no/such/program"}, known_);
  EXPECT_EQ(missing.secret("KNOWN").error().code, ErrorCode::not_found);
}

TEST_F(SecretSourcesTest, WhatIsMissingSaysHowToSetIt) {
  const SecretSources sources({.environment = false, .directory = {}, .command = {}}, known_);
  const auto missing = sources.secret("API_KEY");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("SKEIN_SECRET_API_KEY"), std::string::npos);
  EXPECT_EQ(sources.secret("../etc/passwd").error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace skein::runtime
