#include "cli/completion.hpp"

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
bool wants_task(const Command::Option& option) { return option.value == "TASK" || (option.positional && option.names == "TASK"); }
bool wants_file(const Command::Option& option) { return option.value == "FILE" || option.value == "PATH"; }

/// bash, where a command takes RUN and TASK: tasks once a run is there.
constexpr std::string_view tasks_after_a_run =
    "      local tasks; tasks=\"$(_skein_tasks)\"\n"
    "      if [ -n \"$tasks\" ]; then COMPREPLY=($(compgen -W \"$tasks\" -- \"$word\")); return; fi\n";

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
  for (const auto& command : line.commands()) {
    commands += (commands.empty() ? "" : " ") + command->name();
    std::string values;
    std::string words;
    std::string tasks;
    for (const auto& option : command->options()) {
      if (!option.choices.empty() && option.positional) words = fmt::format("{}", fmt::join(option.choices, " "));
      if (wants_run(option)) words = "last $(_skein_runs)";
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
      } else {
        values += fmt::format("        {}) return ;;\n", pattern);
      }
    }
    cases += fmt::format("    {})\n", command->name());
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
      "  case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "}}\n"
      "complete -o filenames -F _skein skein",
      commands, cases);
}

std::string zsh(const CommandLine& line) {
  std::string commands;
  std::string cases;
  for (const auto& command : line.commands()) {
    commands += fmt::format("    '{}:{}'\n", command->name(), quoted(command->summary()));
    cases += fmt::format("    {})\n      _arguments", command->name());
    for (const auto& option : command->options()) {
      const auto what = option.choices.empty()
                            ? (wants_file(option)   ? "_files"
                               : wants_run(option)  ? "{_values run last ${(f)\"$(skein runs --ids --limit 50 2>/dev/null)\"}}"
                               : wants_task(option) ? "{_values task ${(f)\"$(skein show $words[2] --names 2>/dev/null)\"}}"
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
      "}}\n"
      "compdef _skein skein",
      commands, cases);
}

std::string fish(const CommandLine& line) {
  std::string out = "# fish completion for skein. To keep it: skein completion fish > ~/.config/fish/completions/skein.fish\n";
  for (const auto& command : line.commands()) {
    out += fmt::format("complete -c skein -n __fish_use_subcommand -f -a {} -d '{}'\n", command->name(),
                       replaced(command->summary(), "'", "\\'"));
    for (const auto& option : command->options()) {
      const auto when = fmt::format("complete -c skein -n '__fish_seen_subcommand_from {}'", command->name());
      if (wants_run(option)) {
        out += when + " -f -a \"last (skein runs --ids --limit 50 2>/dev/null)\"\n";
        continue;
      }
      if (wants_task(option) && option.positional) {
        out += when + " -f -a \"(skein show (commandline -opc)[3] --names 2>/dev/null)\"\n";
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
