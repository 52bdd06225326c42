#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace CLI {
class App;
}

namespace skein::cli {

/// What is run once the arguments are understood: an exit code, or an error that is shown to the user.
using Action = std::function<Result<int>()>;

enum class Need : unsigned char { required, optional };

/// A command of the command line with its options. Wraps the parsing library, so that only arguments.cpp compiles it, and keeps what help
/// and completion say. The variables that values go to must outlive the parsing; commands keep them in a shared options struct.
class Command {
 public:
  Command& flag(const std::string& names, bool& to, std::string help);
  /// `value` is how help names what follows: "PATH", "N".
  Command& option(const std::string& names, std::string& to, std::string value, std::string help);
  Command& option(const std::string& names, std::uint32_t& to, std::string value, std::string help);
  /// May be given several times.
  Command& repeated(const std::string& names, std::vector<std::string>& to, std::string value, std::string help);
  Command& choice(const std::string& names, std::string& to, std::vector<std::string> choices, std::string help);
  Command& positional(const std::string& name, std::string& to, Need need, std::string help);
  Command& positional(const std::string& name, std::vector<std::string>& to, Need need, std::string help);
  Command& example(std::string command, std::string what);
  /// A paragraph for the help, after the summary.
  Command& details(std::string text);
  Command& action(Action action);

  struct Option {
    std::string names = {};            ///< "-i,--input", or "FILE" of a positional
    std::string value = {};            ///< empty: a flag
    std::string help = {};
    std::vector<std::string> choices = {};
    bool positional = false;
    bool required = false;
    bool repeated = false;
  };
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& group() const { return group_; }
  [[nodiscard]] const std::string& summary() const { return summary_; }
  [[nodiscard]] const std::vector<Option>& options() const { return options_; }
  [[nodiscard]] std::string help(std::size_t width) const;

 private:
  friend class CommandLine;
  Command(CLI::App& app, std::string name, std::string group, std::string summary);

  CLI::App* app_;
  std::string name_, group_, summary_, details_;
  std::vector<Option> options_;
  std::vector<std::pair<std::string, std::string>> examples_;
  Action action_;
};

/// All commands, and which one the arguments ask for.
class CommandLine {
 public:
  CommandLine();
  ~CommandLine();

  /// A name of two words, "tools list", is one of several commands under the first.
  Command& command(std::string name, std::string group, std::string summary);
  [[nodiscard]] const std::vector<std::unique_ptr<Command>>& commands() const { return commands_; }

  /// What to do; `help` prints through the returned action. Mistakes are errors that say what to write instead.
  [[nodiscard]] Result<Action> parse(std::vector<std::string> arguments, const std::function<void(std::string_view)>& print,
                                     std::size_t width);
  [[nodiscard]] std::string help(std::size_t width) const;

 private:
  [[nodiscard]] const Command* find(std::string_view name) const;
  /// The second words of the commands of two words that begin with this one.
  [[nodiscard]] std::vector<std::string> under(std::string_view first) const;
  [[nodiscard]] std::string help_of_group(std::string_view first, std::size_t width) const;
  [[nodiscard]] Error explain_unexpected(const Command& command, const std::vector<std::string>& left) const;

  std::unique_ptr<CLI::App> app_;
  std::vector<std::unique_ptr<Command>> commands_;
};

}  // namespace skein::cli
