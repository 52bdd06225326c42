#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/agent_options.hpp"
#include "cli/chat.hpp"
#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/message_text.hpp"
#include "cli/new_run.hpp"
#include "cli/screen_text.hpp"
#include "cli/workflow_file.hpp"

namespace skein::cli {
namespace {

struct ChatOptions {
  CommonOptions common;
  AgentOptions agent;
  std::string name;
  std::string file;
  std::string session;
  std::string root = ".";
  std::string record;
  std::string prices;
  std::vector<std::string> inputs;
  bool quiet = false;
  bool debug = false;
};

/// Turns of an earlier conversation that are shown when it goes on.
constexpr std::uint64_t shown_turns = 2;

constexpr std::string_view help =
    "Write what you want to say, and Enter. Ctrl-C ends an answer; twice leaves.\n"
    "  /history [N]   what was said, or the last N turns\n"
    "  /session [NAME]   which session this is, or go on with another one\n"
    "  /new [NAME]    begin a new session\n"
    "  /model [NAME]  which model answers, or another one from now on\n"
    "  /help          this\n"
    "  /quit          leave; the session is kept";

/// A name that nobody has: the day, and some of a new id.
std::string new_name(const Session& session) {
  SystemRandom random;
  const auto now = session.clock.now();
  const auto id = Uuid::make(now, random).str();
  return "chat-" + to_rfc3339(now).substr(0, 10) + "-" + id.substr(id.size() - 6);
}

Result<ChatAgent> agent_of_file(Session& session, const ChatOptions& options) {
  const auto loaded = load_valid(session, options.file, true);
  if (!loaded) return std::unexpected(loaded.error());
  ChatAgent out;
  out.around = (*loaded)->document;
  out.folder = std::filesystem::path(options.file).parent_path();
  if (out.folder.empty()) out.folder = ".";
  auto chosen = choose_agent(out.around, options.name, options.file);
  if (!chosen) return std::unexpected(chosen.error());
  out.agent = std::move(*chosen);
  auto inputs = named_inputs(options.inputs, **loaded);
  if (!inputs) return std::unexpected(inputs.error());
  out.inputs = std::move(*inputs);
  return out;
}

/// Who answers: the agent of the file, else the one that answered in this session before, else one that the options describe.
Result<ChatAgent> make_agent(Session& session, runtime::Runtime& runtime, const ChatOptions& options,
                             const std::optional<LatestTurn>& latest) {
  ChatAgent out;
  if (!options.file.empty()) {
    auto found = agent_of_file(session, options);
    if (!found) return std::unexpected(found.error());
    out = std::move(*found);
  } else if (!options.name.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is the name of an agent of a file; name that too, with --file, or describe an agent with --model",
                            one_line(options.name)));
  } else if (latest) {
    auto found = agent_of_run(runtime, latest->run);
    if (!found) return std::unexpected(found.error());
    out = std::move(*found);
  }
  const char* usual = std::getenv("SKEIN_MODEL");  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
  auto agent = agent_of(options.agent, std::move(out.agent), usual == nullptr ? "" : usual, out.around);
  if (!agent) return std::unexpected(agent.error());
  out.agent = std::move(*agent);
  return out;
}

/// The conversation at a terminal, or of a program that writes lines.
class Talk {
 public:
  Talk(Session& session, runtime::Runtime& runtime, Chat& chat, const ChatOptions& options, bool person)
      : session_(session), runtime_(runtime), chat_(chat), options_(options), person_(person) {}

  Result<int> run(const std::optional<LatestTurn>& latest) {
    if (person_) greet();
    if (latest && !latest->ended) {
      session_.output.note(fmt::format("Going on with the answer to: {}", shorten(one_line(latest->said), 200)));
      if (auto code = after(chat_.go_on(latest->run))) return *code;
    }
    std::string line;
    while (read(line)) {
      const auto text = trim(line);
      if (text.empty()) continue;
      if (text.front() == '/') {
        if (!command(text)) break;
        continue;
      }
      if (!is_utf8(text)) {
        session_.output.error("what was written is not UTF-8 text");
        failed_ = true;
        continue;
      }
      if (auto code = after(chat_.say(std::string(text)))) return *code;
    }
    if (person_) {
      session_.output.note(fmt::format("Go on with: skein chat --session '{}'{}", one_line(chat_.name()), store_hint(options_.common)));
    }
    if (session_.interrupts.requested()) return session_.interrupts.exit_code();
    return failed_ && !person_ ? 1 : 0;
  }

 private:
  void greet() {
    const auto& output = session_.output;
    const auto* model = chat_.agent().if_contains("model");
    session_.output.note(
        paint(fmt::format("{} ({}), session '{}'. /help says what else there is.", one_line(chat_.agent_name()),
                          model != nullptr && model->is_string() ? one_line(model->get_string()) : "", one_line(chat_.name())),
              Style::dim, output.err().color));
    history(shown_turns);
  }

  /// The next line. At a terminal the first Ctrl-C begins the line anew and the second one leaves.
  bool read(std::string& line) {
    bool warned = false;
    while (person_) {
      session_.output.prompt(paint("> ", Style::cyan, session_.output.err().color));
      if (session_.interrupts.wait_for_input(STDIN_FILENO) == Interrupts::Woken::input) break;
      session_.output.note({});
      if (warned || session_.interrupts.exit_code() != 130) return false;
      warned = true;
      session_.interrupts.forget();
      session_.output.note("Ctrl-C again, or /quit, leaves.");
    }
    if (!person_ && session_.interrupts.requested()) return false;
    if (std::getline(std::cin, line)) return true;
    if (person_) session_.output.note({});
    return false;
  }

  /// An exit code where the conversation cannot go on.
  std::optional<Result<int>> after(Result<Chat::Said> said) {
    const bool interrupted = session_.interrupts.requested();
    if (interrupted && session_.interrupts.exit_code() == 130 && person_) session_.interrupts.forget();
    if (!said) {
      if (!person_) return Result<int>(std::unexpected(said.error()));
      session_.output.error(said.error().message);
      return std::nullopt;
    }
    if (*said == Chat::Said::failed) failed_ = true;
    if (*said == Chat::Said::waits) return Result<int>(4);
    return std::nullopt;
  }

  /// False where it ends the conversation.
  bool command(std::string_view text) {
    const auto blank = text.find(' ');
    const auto word = text.substr(0, blank);
    const auto rest = blank == std::string_view::npos ? std::string() : std::string(trim(text.substr(blank)));
    auto& output = session_.output;
    if (word == "/quit" || word == "/exit") return false;
    if (word == "/help") {
      output.note(help);
    } else if (word == "/history") {
      const auto number = rest.empty() ? Json(0) : parse_json(rest).value_or(Json());
      if (!number.is_int64() || number.get_int64() < 0) {
        output.error("/history takes a number of turns");
      } else {
        history(static_cast<std::uint64_t>(number.get_int64()));
      }
    } else if (word == "/session" && rest.empty()) {
      const auto row = runtime_.store().find_session(chat_.name());
      output.note(row ? fmt::format("Session '{}': {} turns, {} messages", one_line(chat_.name()), row->turns, row->point.length)
                      : fmt::format("Session '{}': nothing is kept yet", one_line(chat_.name())));
    } else if (word == "/session" || word == "/new") {
      turn_to(rest.empty() ? new_name(session_) : rest, word == "/new");
    } else if (word == "/model" && rest.empty()) {
      output.note(chat_.agent().contains("model") ? to_json(chat_.agent().at("model")) : "");
    } else if (word == "/model") {
      if (const auto used = chat_.use_model(rest); !used) {
        output.error(used.error().message);
        failed_ = true;
      } else {
        output.note(fmt::format("{} answers from now on.", one_line(rest)));
      }
    } else {
      static const std::vector<std::string> words{"/history", "/session", "/new", "/model", "/help", "/quit"};
      const auto advice = did_you_mean(word, words);
      output.error(fmt::format("there is no command {}{}", one_line(word), advice.empty() ? "; /help lists them" : advice));
      failed_ = true;
    }
    return true;
  }

  void turn_to(const std::string& name, bool fresh) {
    if (const auto named = store::check_session_name(name); !named) {
      session_.output.error(named.error().message);
      failed_ = true;
      return;
    }
    if (fresh && runtime_.store().find_session(name)) {
      session_.output.error(fmt::format("there is a session '{0}' already; /session {0} goes on with it", one_line(name)));
      failed_ = true;
      return;
    }
    chat_.use_session(name);
    session_.output.note(fmt::format("Session '{}'.", one_line(name)));
    if (!fresh && person_) history(shown_turns);
  }

  /// What was said in the last `turns` turns; 0: all.
  void history(std::uint64_t turns) {
    const auto row = runtime_.store().find_session(chat_.name());
    if (!row) return;
    const auto messages = runtime_.store().read_session(row->point);
    if (!messages) return session_.output.error(messages.error().message);
    const auto first = turns == 0 || turns >= row->turns ? 1 : row->turns - turns + 1;
    for (const auto& message : *messages) {
      if (message.turn < first) continue;
      const auto value = parse_json(message.text, max_record_depth);
      if (!value) continue;
      for (const auto& line : message_lines(*value, message.agent, session_.output.err().color)) session_.output.note(line);
    }
  }

  Session& session_;
  runtime::Runtime& runtime_;
  Chat& chat_;
  const ChatOptions& options_;
  const bool person_;
  bool failed_ = false;
};

Result<int> chat(Session& session, const ChatOptions& options) {
  configure_logs(options.debug);
  if (!options.agent.images.empty())
    return fail(ErrorCode::invalid_argument, "--image goes with one task, not with a conversation; use `skein agent run`");
  const auto name = options.session.empty() ? new_name(session) : options.session;
  if (const auto named = store::check_session_name(name); !named) return fail(named.error().code, "--session: " + named.error().message);
  DriveOptions drive;
  drive.record = options.record;
  drive.prices = options.prices;
  auto wanted = options_to_drive(drive);
  wanted.thinking.tool_root = options.root;
  const auto runtime = open_or_create(options.common, std::move(wanted));
  if (!runtime) return std::unexpected(runtime.error());
  const auto& out = session.output.out();
  const bool person = isatty(STDIN_FILENO) != 0 && session.output.err().interactive && !options.common.json;
  const auto view = std::make_shared<ChatView>(session.output, ChatView::Options{.stream = out.interactive && !options.common.json,
                                                                                 .calls = !options.quiet && !options.common.json});
  (*runtime)->add_listener(view);
  const auto latest = latest_turn(**runtime, name);
  if (!latest) return std::unexpected(latest.error());
  auto agent = make_agent(session, **runtime, options, *latest);
  if (!agent) return std::unexpected(agent.error());
  if (const auto tools = (*runtime)->tools().select(options.agent.tools); !tools) return std::unexpected(tools.error());
  session.interrupts.listen();
  Chat conversation(session, **runtime, *view, std::move(*agent), name, {.common = options.common, .person = person});
  auto code = Talk(session, **runtime, conversation, options, person).run(*latest);
  (*runtime)->stop();
  return code;
}

}  // namespace

void register_chat(CommandLine& line, Session& session) {
  auto options = std::make_shared<ChatOptions>();
  auto& command = line.command("chat", "Agents", "Talk with an agent in a session that goes on over runs");
  command
      .details(
          "Each line is a turn, and each turn a durable run: after a crash `skein chat --session NAME` finishes the answer that was under "
          "way "
          "without asking the model twice for what it had said. At a terminal answers are shown as they come, and what tools ask is asked "
          "there. Without one it reads a turn from each line and writes the answers. Exit codes: 0 well, 1 a turn failed (without a "
          "terminal), "
          "4 a person must answer first, 130 interrupted.")
      .positional("AGENT", options->name, Need::optional, "An agent of --file (default: the only one with a model)")
      .option("--file", options->file, "FILE", "A workflow file with agents; the options below change the one that is taken")
      .option("--session", options->session, "SESSION", "The session to go on with, or a name for a new one (default: a new one)");
  add_agent_options(command, options->agent);
  command.repeated("-i,--input", options->inputs, "NAME=VALUE", "An input of the file that the agent refers to")
      .option("--root", options->root, "DIR", "The folder below which read_file reads (default: the working directory)")
      .option("--record", options->record, "FILE", "Write a cassette of all that models are asked and answer; FILE must not exist")
      .flag("-q,--quiet", options->quiet, "Do not show what tools are called")
      .flag("--debug", options->debug, "Log on standard error what the engine does");
  add_prices_option(command, options->prices);
  add_store_option(command, options->common);
  add_json_option(command, options->common, "Print {run_id, session, status, answer} as one line of JSON a turn");
  command.example("skein chat --model ollama/llama3.2 --tool calculator", "Talk with a model that may use a calculator")
      .example("skein chat --session ann", "Go on where that session stands, with the agent that answered there")
      .example("skein chat clerk --file support.yaml -i user=ann", "Talk with an agent of a workflow file")
      .example("echo 'What is 6*7?' | skein chat -m openai/gpt-5.4-mini --session sums", "A turn from a script")
      .action([options, &session] { return chat(session, *options); });
}

}  // namespace skein::cli
