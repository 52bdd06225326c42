#include "cli/arguments.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "cli/completion.hpp"

namespace skein::cli {
namespace {

/// A command line with one command of every sort of option.
struct Fixture {
  CommandLine line;
  bool json = false;
  std::string store, durability, file;
  std::uint32_t limit = 7;
  std::vector<std::string> inputs;
  std::string printed;
  bool ran = false;

  Fixture() {
    line.command("run", "Run", "Run a workflow file")
        .positional("FILE", file, Need::required, "The file")
        .flag("-j,--json", json, "As JSON")
        .option("--store", store, "PATH", "The store")
        .option("--limit", limit, "N", "How many")
        .repeated("-i,--input", inputs, "NAME=VALUE", "An input")
        .choice("--durability", durability, {"full", "normal"}, "How durable")
        .example("skein run a.yaml", "Run it")
        .example("skein run b.yaml", "Run another")
        .action([this]() -> Result<int> {
          ran = true;
          return 0;
        });
    line.command("runs", "Look", "List runs").action([] { return Result<int>(0); });
    line.command("things list", "Look", "List things").flag("--json", json, "As JSON").action([this]() -> Result<int> {
      ran = true;
      return 0;
    });
    line.command("things call", "Look", "Call a thing").positional("TOOL", file, Need::required, "Which").action([] { return Result<int>(0); });
  }

  /// The message of the error, or empty after what was asked for has run.
  std::string go(std::vector<std::string> arguments) {
    const auto action = line.parse(std::move(arguments), [this](std::string_view text) { printed = text; }, 80);
    if (!action) {
      EXPECT_EQ(action.error().code, ErrorCode::invalid_argument);
      return action.error().message;
    }
    EXPECT_EQ((*action)().value(), 0);
    return {};
  }
};

TEST(Arguments, AllSortsOfOptions) {
  Fixture f;
  EXPECT_EQ(
      f.go({"run", "a.yaml", "-i", "x=1", "--input=y=a,b [c]", "--json", "--store", "/tmp/s", "--limit", "3", "--durability", "normal"}),
      "");
  EXPECT_TRUE(f.ran);
  EXPECT_EQ(f.file, "a.yaml");
  EXPECT_EQ(f.inputs, (std::vector<std::string>{"x=1", "y=a,b [c]"}));
  EXPECT_TRUE(f.json);
  EXPECT_EQ(f.store, "/tmp/s");
  EXPECT_EQ(f.limit, 3U);
  EXPECT_EQ(f.durability, "normal");
}

TEST(Arguments, ValuesAreTakenAsTheyAre) {
  Fixture f;
  EXPECT_EQ(f.go({"run", "-i", "list=[1,2]", "-i", "empty=", "-i", "[1,2]", "--", "-odd.yaml"}), "");
  EXPECT_EQ(f.inputs, (std::vector<std::string>{"list=[1,2]", "empty=", "[1,2]"}));
  EXPECT_EQ(f.file, "-odd.yaml");
}

TEST(Arguments, MistakesSayWhatToWrite) {
  EXPECT_EQ(Fixture().go({"run", "a.yaml", "--limit", "-3"}), "--limit takes a whole number from 0, not '-3'\nSee: skein run --help");
  EXPECT_EQ(Fixture().go({"rnu", "a.yaml"}), "unknown command 'rnu'; did you mean 'run'?\nSee: skein --help");
  EXPECT_EQ(Fixture().go({"run", "a.yaml", "--jsn"}), "unknown option '--jsn'; did you mean '--json'?\nSee: skein run --help");
  EXPECT_EQ(Fixture().go({"run", "a.yaml", "--stor=x"}), "unknown option '--stor'; did you mean '--store'?\nSee: skein run --help");
  EXPECT_EQ(Fixture().go({"run", "a.yaml", "b.yaml"}), "unexpected argument 'b.yaml'\nSee: skein run --help");
  EXPECT_EQ(Fixture().go({"run"}), "FILE is missing\nSee: skein run --help");
  EXPECT_EQ(Fixture().go({"run", "a.yaml", "--store"}), "--store needs a value\nSee: skein run --help");
  EXPECT_EQ(Fixture().go({"run", "a.yaml", "--durability", "fast"}),
            "--durability cannot be 'fast'; it is one of full or normal\nSee: skein run --help");
  EXPECT_TRUE(Fixture().go({"run", "a.yaml", "--limit", "many"}).find("--limit") != std::string::npos);
  EXPECT_TRUE(Fixture().go({"run", "a.yaml", "--limit", "-1"}).find("--limit") != std::string::npos);
  EXPECT_TRUE(Fixture().go({"--store", "x"}).starts_with("the command comes first"));
}

TEST(Arguments, HelpIsEverywhere) {
  Fixture f;
  EXPECT_EQ(f.go({}), "");
  EXPECT_NE(f.printed.find("Run a workflow file"), std::string::npos);
  EXPECT_EQ(f.go({"help", "run"}), "");
  const auto by_word = f.printed;
  EXPECT_EQ(f.go({"run", "--wrong", "--help"}), "");
  EXPECT_EQ(f.printed, by_word);
  EXPECT_NE(by_word.find("Usage: skein run FILE [options]"), std::string::npos);
  EXPECT_NE(by_word.find("-i, --input NAME=VALUE"), std::string::npos);
  EXPECT_NE(by_word.find("skein run b.yaml"), std::string::npos);
  EXPECT_FALSE(f.ran);
}

TEST(Arguments, CommandsOfTwoWords) {
  Fixture f;
  EXPECT_EQ(f.go({"things", "list", "--json"}), "");
  EXPECT_TRUE(f.ran && f.json);
  EXPECT_EQ(f.go({"things", "call", "list"}), "");
  EXPECT_EQ(f.file, "list");
  EXPECT_EQ(f.go({"things"}), "");
  EXPECT_NE(f.printed.find("things list"), std::string::npos);
  EXPECT_EQ(f.go({"things", "call", "--help"}), "");
  EXPECT_NE(f.printed.find("Usage: skein things call TOOL [options]"), std::string::npos);
  const auto asked = f.printed;
  EXPECT_EQ(f.go({"help", "things", "call"}), "");
  EXPECT_EQ(f.printed, asked);
  EXPECT_EQ(f.go({"things", "lst"}), "'lst' is no command of skein things; did you mean 'list'?\nSee: skein things --help");
  EXPECT_EQ(f.go({"thing", "list"}), "unknown command 'thing'; did you mean 'things'?\nSee: skein --help");
}

TEST(Arguments, CompletionKnowsCommandsOptionsAndChoices) {
  Fixture f;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(f.line, shell);
    for (const char* word : {"runs", "durability", "normal", "store", "things", "skein tools list --names"})
      EXPECT_NE(script.find(word), std::string::npos) << shell << " lacks " << word;
  }
}

}  // namespace
}  // namespace skein::cli
