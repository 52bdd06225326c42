#include "cli/completion.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace skein::cli {
namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
  return text;
}

std::string quoted(std::string_view text) { return replaced(std::string(text), "'", "'\\''"); }

/// Inside _arguments' brackets and colons.
std::string for_zsh(std::string_view text) {
  auto out = quoted(text);
  for (const char* sign : {"[", "]", ":"}) out = replaced(std::move(out), sign, std::string("\\") + sign);
  return out;
}

bool wants_run(const Command::Option& option) { return option.positional && option.names == "RUN"; }
bool wants_tool(const Command::Option& option) { return option.names == "TOOL" || option.value == "TOOL"; }
bool wants_session(const Command::Option& option) { return option.names == "SESSION" || option.value == "SESSION"; }
bool wants_task(const Command::Option& option) { return option.value == "TASK" || (option.positional && option.names == "TASK"); }
bool wants_file(const Command::Option& option) { return option.value == "FILE" || option.value == "PATH"; }

/// bash, where a command takes RUN and TASK: tasks once a run is there.
constexpr std::string_view tasks_after_a_run =
    "      local tasks; tasks=\"$(_skein_tasks)\"\n"
    "      if [ -n \"$tasks\" ]; then COMPREPLY=($(compgen -W \"$tasks\" -- \"$word\")); return; fi\n";

/// First words, each once, with the second words of those commands that have two.
struct Head {
  std::string word;
  std::string summary;
  const Command* itself = nullptr;  ///< the command of this one word
  std::vector<const Command*> under;
};
std::string_view second_word(const Command& command) {
  const std::string_view name = command.name();
  return name.substr(name.find(' ') + 1);
}
std::vector<Head> heads_of(const CommandLine& line) {
  std::vector<Head> out;
  for (const auto& command : line.commands()) {
    const auto blank = command->name().find(' ');
    const auto word = command->name().substr(0, blank);
    auto head = std::ranges::find(out, word, &Head::word);
    if (head == out.end()) head = out.insert(out.end(), {.word = word, .summary = command->group(), .itself = nullptr, .under = {}});
    if (blank != std::string::npos) {
      head->under.push_back(command.get());
    } else {
      head->itself = command.get();
      head->summary = command->summary();
    }
  }
  for (auto& head : out) {
    if (head.itself != nullptr) continue;
    std::string words;
    for (const auto* command : head.under) words += (words.empty() ? "" : ", ") + std::string(second_word(*command));
    head.summary = words;
  }
  return out;
}
std::string second_words(const Head& head) {
  std::string out;
  for (const auto* command : head.under) out += (out.empty() ? "" : " ") + std::string(second_word(*command));
  return out;
}

std::string names_of(const Command& command) {
  std::string out;
  for (const auto& option : command.options()) {
    if (option.positional) continue;
    for (const auto name : split(option.names, ',')) out += std::string(name) + " ";
  }
  return out + "--help";
}

std::string bash(const CommandLine& line) {
  std::string commands;
  std::string cases;
  std::string groups;
  for (const auto& head : heads_of(line)) {
    commands += (commands.empty() ? "" : " ") + head.word;
    if (head.under.empty()) continue;
    const auto words = second_words(head);
    groups += fmt::format(
        "    {0})\n"
        "      if [ \"$COMP_CWORD\" -eq 2 ]; then COMPREPLY=($(compgen -W '{1} {2}' -- \"$word\")); return; fi\n"
        "      case \"${{COMP_WORDS[2]}}\" in {3}) command=\"$command ${{COMP_WORDS[2]}}\" ;; esac ;;\n",
        head.word, words, head.itself != nullptr ? names_of(*head.itself) : "--help", replaced(words, " ", "|"));
  }
  for (const auto& command : line.commands()) {
    std::string values;
    std::string words;
    std::string tasks;
    for (const auto& option : command->options()) {
      if (!option.choices.empty() && option.positional) words = fmt::format("{}", fmt::join(option.choices, " "));
      if (wants_run(option)) words = "last $(_skein_runs)";
      if (wants_tool(option) && option.positional) words = "$(skein tools list --names 2>/dev/null)";
      if (wants_session(option) && option.positional) words = "$(skein sessions list --names 2>/dev/null)";
      if (wants_task(option) && option.positional) tasks = tasks_after_a_run;
      if (option.positional || option.value.empty()) continue;
      const auto pattern = fmt::format("{}", fmt::join(split(option.names, ','), "|"));
      if (!option.choices.empty()) {
        values +=
            fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", pattern, fmt::join(option.choices, " "));
      } else if (wants_task(option)) {
        values += fmt::format("        {}) COMPREPLY=($(compgen -W \"$(_skein_tasks)\" -- \"$word\")); return ;;\n", pattern);
      } else if (wants_file(option)) {
        values += fmt::format("        {}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", pattern);
      } else if (wants_tool(option) || wants_session(option)) {
        values += fmt::format("        {}) COMPREPLY=($(compgen -W \"$(skein {} list --names 2>/dev/null)\" -- \"$word\")); return ;;\n",
                              pattern, wants_tool(option) ? "tools" : "sessions");
      } else {
        values += fmt::format("        {}) return ;;\n", pattern);
      }
    }
    cases += fmt::format("    '{}')\n", command->name());
    if (!values.empty()) cases += "      case \"$before\" in\n" + values + "      esac\n";
    cases +=
        fmt::format("      if [[ \"$word\" == -* ]]; then COMPREPLY=($(compgen -W '{}' -- \"$word\")); return; fi\n", names_of(*command));
    cases += tasks;
    cases += words.empty() ? "      COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
                           : fmt::format("      COMPREPLY=($(compgen -W \"{}\" -- \"$word\")) ;;\n", words);
  }
  return fmt::format(
      "# bash completion for skein. To use it now: source <(skein completion bash)\n"
      "_skein_runs() {{  # of the store that the line names\n"
      "  local i store=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do [ \"${{COMP_WORDS[i]}}\" = --store ] && store=(--store \"${{COMP_WORDS[i+1]}}\"); done\n"
      "  skein runs --ids --limit 50 \"${{store[@]}}\" 2>/dev/null\n"
      "}}\n"
      "_skein_tasks() {{  # of the run that the line names\n"
      "  local i run= store=()\n"
      "  for ((i = 2; i < COMP_CWORD; i++)); do\n"
      "    case \"${{COMP_WORDS[i]}}\" in\n"
      "      --store) i=$((i + 1)); store=(--store \"${{COMP_WORDS[i]}}\") ;;\n"
      "      -*) ;;\n"
      "      *) [ -n \"$run\" ] || run=\"${{COMP_WORDS[i]}}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  [ -z \"$run\" ] || skein show \"$run\" --names \"${{store[@]}}\" 2>/dev/null\n"
      "}}\n"
      "_skein() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" before=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\")); return; fi\n"
      "  local command=\"${{COMP_WORDS[1]}}\"\n"
      "  case \"$command\" in\n{}  esac\n"
      "  case \"$command\" in\n{}  esac\n"
      "}}\n"
      "complete -o filenames -F _skein skein",
      commands, groups, cases);
}

std::string zsh(const CommandLine& line) {
  std::string commands;
  std::string cases;
  std::string groups;
  for (const auto& head : heads_of(line)) {
    commands += fmt::format("    '{}:{}'\n", head.word, quoted(head.summary));
    if (head.under.empty()) continue;
    std::string described;
    for (const auto* command : head.under) described += fmt::format(" '{}:{}'", second_word(*command), quoted(command->summary()));
    groups += fmt::format(
        "    {})\n"
        "      if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
        "        commands=({} ); _describe command commands; return\n"
        "      fi\n"
        "      case $words[2] in {}) command=\"$command $words[2]\"; shift words; (( CURRENT-- )) ;; esac ;;\n",
        head.word, described, replaced(second_words(head), " ", "|"));
  }
  for (const auto& command : line.commands()) {
    cases += fmt::format("    '{}')\n      _arguments", command->name());
    for (const auto& option : command->options()) {
      const auto what = option.choices.empty()
                            ? (wants_file(option)      ? "_files"
                               : wants_run(option)     ? "{_values run last ${(f)\"$(skein runs --ids --limit 50 2>/dev/null)\"}}"
                               : wants_task(option)    ? "{_values task ${(f)\"$(skein show $words[2] --names 2>/dev/null)\"}}"
                               : wants_tool(option)    ? "{_values tool ${(f)\"$(skein tools list --names 2>/dev/null)\"}}"
                               : wants_session(option) ? "{_values session ${(f)\"$(skein sessions list --names 2>/dev/null)\"}}"
                                                       : "")
                            : fmt::format("({})", fmt::join(option.choices, " "));
      if (option.positional) {
        cases += fmt::format(" \\\n        '{}:{}:{}'", option.repeated ? "*" : "", option.names, quoted(what));
        continue;
      }
      for (const auto name : split(option.names, ',')) {
        cases += fmt::format(" \\\n        '{}{}[{}]{}'", option.repeated ? "*" : "", name, for_zsh(option.help),
                             option.value.empty() ? "" : fmt::format(":{}:{}", for_zsh(option.value), quoted(what)));
      }
    }
    cases += " ;;\n";
  }
  return fmt::format(
      "#compdef skein\n"
      "# zsh completion for skein. Put it into a directory of $fpath as _skein.\n"
      "_skein() {{\n"
      "  local -a commands\n"
      "  commands=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
      "  local command=$words[2]\n"
      "  shift words; (( CURRENT-- ))\n"
      "  case $command in\n{}  esac\n"
      "  case $command in\n{}  esac\n"
      "}}\n"
      "compdef _skein skein",
      commands, groups, cases);
}

std::string fish(const CommandLine& line) {
  std::string out = "# fish completion for skein. To keep it: skein completion fish > ~/.config/fish/completions/skein.fish\n";
  const auto heads = heads_of(line);
  for (const auto& head : heads) {
    out += fmt::format("complete -c skein -n __fish_use_subcommand -f -a {} -d '{}'\n", head.word, replaced(head.summary, "'", "\\'"));
    for (const auto* command : head.under) {
      out += fmt::format("complete -c skein -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' -f -a {} -d '{}'\n",
                         head.word, second_words(head), second_word(*command), replaced(command->summary(), "'", "\\'"));
    }
  }
  for (const auto& command : line.commands()) {
    const auto blank = command->name().find(' ');
    auto seen = fmt::format("__fish_seen_subcommand_from {}", command->name().substr(0, blank));
    if (blank != std::string::npos) seen += fmt::format("; and __fish_seen_subcommand_from {}", second_word(*command));
    for (const auto& head : heads) {  // the same word may be a command by itself and come second elsewhere
      const bool also = std::ranges::any_of(head.under, [&](const auto* other) { return second_word(*other) == command->name(); });
      if (also) seen += fmt::format("; and not __fish_seen_subcommand_from {}", head.word);
    }
    for (const auto& option : command->options()) {
      const auto when = fmt::format("complete -c skein -n '{}'", seen);
      if (wants_run(option)) {
        out += when + " -f -a \"last (skein runs --ids --limit 50 2>/dev/null)\"\n";
        continue;
      }
      if (wants_task(option) && option.positional) {
        out += when + " -f -a \"(skein show (commandline -opc)[3] --names 2>/dev/null)\"\n";
        continue;
      }
      if (wants_tool(option) && option.positional) {
        out += when + " -f -a \"(skein tools list --names 2>/dev/null)\"\n";
        continue;
      }
      if (wants_session(option) && option.positional) {
        out += when + " -f -a \"(skein sessions list --names 2>/dev/null)\"\n";
        continue;
      }
      if (option.positional) {
        if (!option.choices.empty()) out += when + fmt::format(" -f -a '{}'\n", fmt::join(option.choices, " "));
        continue;
      }
      out += when;
      for (const auto name : split(option.names, ','))
        out += name.starts_with("--") ? fmt::format(" -l {}", name.substr(2)) : fmt::format(" -s {}", name.substr(1));
      if (!option.choices.empty()) {
        out += fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
      } else if (wants_task(option)) {
        out += " -x -a \"(skein show (commandline -opc)[3] --names 2>/dev/null)\"";
      } else if (wants_tool(option)) {
        out += " -x -a \"(skein tools list --names 2>/dev/null)\"";
      } else if (wants_session(option)) {
        out += " -x -a \"(skein sessions list --names 2>/dev/null)\"";
      } else if (!option.value.empty()) {
        out += wants_file(option) ? " -r -F" : " -x";
      }
      out += fmt::format(" -d '{}'\n", replaced(option.help, "'", "\\'"));
    }
  }
  out.pop_back();
  return out;
}

}  // namespace

std::string completion_script(const CommandLine& line, std::string_view shell) {
  if (shell == "zsh") return zsh(line);
  if (shell == "fish") return fish(line);
  return bash(line);
}

}  // namespace skein::cli
