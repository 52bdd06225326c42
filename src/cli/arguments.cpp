#include "cli/arguments.hpp"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

std::vector<std::string> long_names(const Command& command) {
  std::vector<std::string> out{"--help"};
  for (const auto& option : command.options()) {
    for (const auto name : split(option.names, ',')) {
      if (name.starts_with("--")) out.emplace_back(name);
    }
  }
  return out;
}

/// "--inputs: 1 required" → "--inputs"
std::string option_in(std::string_view message) {
  const auto end = message.find_first_of(": ");
  return std::string(message.substr(0, end));
}

}  // namespace

Command::Command(CLI::App& app, std::string name, std::string group, std::string summary)
    : app_(&app), name_(std::move(name)), group_(std::move(group)), summary_(std::move(summary)) {}

Command& Command::flag(const std::string& names, bool& to, std::string help) {
  app_->add_flag(names, to);
  options_.push_back({.names = names, .value = {}, .help = std::move(help)});
  return *this;
}

Command& Command::option(const std::string& names, std::string& to, std::string value, std::string help) {
  app_->add_option(names, to)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  options_.push_back({.names = names, .value = std::move(value), .help = std::move(help)});
  return *this;
}

Command& Command::option(const std::string& names, std::uint32_t& to, std::string value, std::string help) {
  app_->add_option(names, to)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  options_.push_back({.names = names, .value = std::move(value), .help = std::move(help)});
  return *this;
}

Command& Command::repeated(const std::string& names, std::vector<std::string>& to, std::string value, std::string help) {
  app_->add_option(names, to)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  options_.push_back({.names = names, .value = std::move(value), .help = std::move(help), .repeated = true});
  return *this;
}

Command& Command::choice(const std::string& names, std::string& to, std::vector<std::string> choices, std::string help) {
  const auto label = names.substr(names.rfind("--") == std::string::npos ? 0 : names.rfind("--"));
  const auto check = [choices, label](const std::string& word) -> std::string {
    if (std::find(choices.begin(), choices.end(), word) != choices.end()) return {};
    return fmt::format("{} cannot be '{}'; it is one of {}", label, word, list_of(choices, " or "));
  };
  const bool positional = !names.starts_with('-');
  auto* option = app_->add_option(names, to)->check(CLI::Validator(check, "", "choice"));
  if (positional) option->required();
  options_.push_back({.names = names,
                      .value = fmt::format("{}", fmt::join(choices, "|")),
                      .help = std::move(help),
                      .choices = std::move(choices),
                      .positional = positional,
                      .required = positional});
  return *this;
}

Command& Command::positional(const std::string& name, std::string& to, Need need, std::string help) {
  auto* option = app_->add_option(name, to);
  if (need == Need::required) option->required();
  options_.push_back({.names = name, .value = name, .help = std::move(help), .positional = true, .required = need == Need::required});
  return *this;
}

Command& Command::positional(const std::string& name, std::vector<std::string>& to, Need need, std::string help) {
  auto* option = app_->add_option(name, to);
  if (need == Need::required) option->required();
  options_.push_back(
      {.names = name, .value = name, .help = std::move(help), .positional = true, .required = need == Need::required, .repeated = true});
  return *this;
}

Command& Command::example(std::string command, std::string what) {
  examples_.emplace_back(std::move(command), std::move(what));
  return *this;
}

Command& Command::details(std::string text) {
  details_ = std::move(text);
  return *this;
}

Command& Command::action(Action action) {
  action_ = std::move(action);
  return *this;
}

namespace {

std::string entry(std::string_view left, std::string_view right, std::size_t column, std::size_t width) {
  std::string out = "  ";
  out += left;
  if (out.size() + 2 > column) {
    out += '\n';
    out.append(column, ' ');
  } else {
    out.append(column - out.size(), ' ');
  }
  return out + wrapped(right, column, width) + "\n";
}

}  // namespace

std::string Command::help(std::size_t width) const {
  std::string out = "Usage: skein " + name_;
  for (const auto& option : options_) {
    if (!option.positional) continue;
    const auto shown = option.choices.empty() ? option.names : option.value;
    out += option.required ? " " + shown : " [" + shown + "]";
    if (option.repeated) out += "…";
  }
  out += " [options]\n\n" + wrapped(summary_ + ".", 0, width) + "\n";
  if (!details_.empty()) out += "\n" + wrapped(details_, 0, width) + "\n";
  out += "\n";
  for (const auto& option : options_) {
    if (option.positional) out += entry(option.names, option.help, 28, width);
  }
  for (const auto& option : options_) {
    if (option.positional) continue;
    std::string names;
    for (const auto name : split(option.names, ',')) names += (names.empty() ? "" : ", ") + std::string(name);
    if (names.starts_with("--")) names.insert(0, "    ");
    out += entry(option.value.empty() ? names : names + " " + option.value, option.help, 28, width);
  }
  out += entry("-h, --help", "Show this help", 28, width);
  out += "\nExamples:\n";
  for (const auto& [command, what] : examples_) out += fmt::format("  {}\n      {}\n", command, wrapped(what, 6, width));
  return out;
}

CommandLine::CommandLine() : app_(std::make_unique<CLI::App>("", "skein")) { app_->set_help_flag(); }
CommandLine::~CommandLine() = default;

Command& CommandLine::command(std::string name, std::string group, std::string summary) {
  auto plain = name;  // the library's names have no blanks, and it is never asked to find one
  std::replace(plain.begin(), plain.end(), ' ', '-');
  auto* app = app_->add_subcommand(plain);
  app->set_help_flag();
  app->allow_extras();  // reported by explain_unexpected
  commands_.push_back(std::unique_ptr<Command>(new Command(*app, std::move(name), std::move(group), std::move(summary))));
  return *commands_.back();
}

const Command* CommandLine::find(std::string_view name) const {
  for (const auto& command : commands_) {
    if (command->name() == name) return command.get();
  }
  return nullptr;
}

std::vector<std::string> CommandLine::under(std::string_view first) const {
  std::vector<std::string> out;
  for (const auto& command : commands_) {
    const std::string_view name = command->name();
    if (name.size() > first.size() && name.starts_with(first) && name[first.size()] == ' ') out.emplace_back(name.substr(first.size() + 1));
  }
  return out;
}

std::string CommandLine::help_of_group(std::string_view first, std::size_t width) const {
  auto out = fmt::format("Usage: skein {} COMMAND [options]\n\n", first);
  for (const auto& word : under(first)) {
    const auto name = fmt::format("{} {}", first, word);
    out += entry(name, find(name)->summary(), 16, width);
  }
  return out + fmt::format("\n`skein {} COMMAND --help` explains a command.\n", first);
}

std::string CommandLine::help(std::size_t width) const {
  std::string out =
      "Skein runs workflows of agents, durably: every step is journaled, and a run goes on after a crash.\n\nUsage: skein COMMAND "
      "[options]\n";
  std::vector<std::string> groups;
  for (const auto& command : commands_) {
    if (std::find(groups.begin(), groups.end(), command->group()) == groups.end()) groups.push_back(command->group());
  }
  for (const auto& group : groups) {
    out += "\n" + group + ":\n";
    for (const auto& command : commands_) {
      if (command->group() == group) out += entry(command->name(), command->summary(), 16, width);
    }
  }
  out += "\nExamples:\n  skein init hello.yaml && skein run hello.yaml\n  skein show last\n\n`skein COMMAND --help` explains a command.\n";
  return out;
}

Error CommandLine::explain_unexpected(const Command& command, const std::vector<std::string>& left) const {
  const auto& word = left.front();
  std::string message;
  if (word.starts_with('-') && word.size() > 1) {
    const auto name = word.substr(0, word.find('='));
    message = fmt::format("unknown option '{}'{}", name, did_you_mean(name, long_names(command)));
  } else {
    message = fmt::format("unexpected argument '{}'{}", word, did_you_mean(word, under(command.name())));
  }
  return {.code = ErrorCode::invalid_argument,
          .message = fmt::format("{}\nSee: skein {} --help", message, command.name()),
          .context = {},
          .retryable = false,
          .retry_after = {}};
}

Result<Action> CommandLine::parse(std::vector<std::string> arguments, const std::function<void(std::string_view)>& print,
                                  std::size_t width) {
  const auto show = [print](std::string text) -> Action {
    return [print, text = std::move(text)]() -> Result<int> {
      print(text);
      return 0;
    };
  };
  if (arguments.empty()) return show(help(width));
  std::string first = arguments.front();
  if (first == "--version" || first == "-V") arguments.front() = first = "version";
  if (first == "--help" || first == "-h" || first == "help") {
    if (arguments.size() == 1) return show(help(width));
    arguments.erase(arguments.begin());
    first = arguments.front();
    arguments.emplace_back("--help");
  }
  const Command* command = arguments.size() > 1 ? find(first + " " + arguments[1]) : nullptr;
  const std::ptrdiff_t words = command != nullptr ? 2 : 1;
  if (command == nullptr) command = find(first);
  const auto commands_under = under(first);
  if (command == nullptr && !commands_under.empty()) {
    if (arguments.size() == 1 || arguments[1] == "--help" || arguments[1] == "-h") return show(help_of_group(first, width));
    auto advice = did_you_mean(arguments[1], commands_under);
    if (advice.empty()) advice = "; it is one of " + list_of(commands_under, " or ");
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is no command of skein {}{}\nSee: skein {} --help", arguments[1], first, advice, first));
  }
  if (command == nullptr) {
    std::vector<std::string> names;
    names.reserve(commands_.size());
    for (const auto& known : commands_) names.push_back(known->name().substr(0, known->name().find(' ')));
    if (first.starts_with('-'))
      return fail(ErrorCode::invalid_argument, fmt::format("the command comes first: skein COMMAND {} …\nSee: skein --help", first));
    return fail(ErrorCode::invalid_argument, fmt::format("unknown command '{}'{}\nSee: skein --help", first, did_you_mean(first, names)));
  }
  const auto end_of_options = std::find(arguments.begin(), arguments.end(), "--");
  for (auto it = arguments.begin() + words; it < end_of_options; ++it) {
    if (*it == "--help" || *it == "-h") return show(command->help(width));
  }
  auto* app = command->app_;
  arguments.erase(arguments.begin(), arguments.begin() + words);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app->parse(std::move(arguments));
  } catch (const CLI::RequiredError& e) {
    if (const auto left = app->remaining(); !left.empty() && left.front().starts_with('-') && left.front() != "--")
      return std::unexpected(explain_unexpected(*command, left));
    return fail(ErrorCode::invalid_argument, fmt::format("{} is missing\nSee: skein {} --help", option_in(e.what()), command->name()));
  } catch (const CLI::ArgumentMismatch& e) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} needs a value\nSee: skein {} --help", option_in(e.what()), command->name()));
  } catch (const CLI::ConversionError& e) {
    // "Could not convert: --limit = abc"
    std::string_view message = e.what();
    if (const auto colon = message.find(": "); colon != std::string_view::npos) message.remove_prefix(colon + 2);
    const auto equals = message.find(" = ");
    const auto value = equals == std::string_view::npos ? std::string_view() : message.substr(equals + 3);
    return fail(ErrorCode::invalid_argument, fmt::format("{} takes a whole number from 0, not '{}'\nSee: skein {} --help",
                                                         message.substr(0, equals), value, command->name()));
  } catch (const CLI::ValidationError& e) {
    std::string_view message = e.what();
    if (const auto colon = message.find(": "); colon != std::string_view::npos) message.remove_prefix(colon + 2);
    return fail(ErrorCode::invalid_argument, fmt::format("{}\nSee: skein {} --help", message, command->name()));
  } catch (const CLI::ParseError& e) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}\nSee: skein {} --help", e.what(), command->name()));
  }
  auto left = app->remaining();
  if (const auto mark = std::find(left.begin(), left.end(), "--"); mark != left.end()) left.erase(mark);
  if (!left.empty()) return std::unexpected(explain_unexpected(*command, left));
  return command->action_;
}

}  // namespace skein::cli
