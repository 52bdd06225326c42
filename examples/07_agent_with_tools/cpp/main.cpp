// An agent that researches a folder of notes with a tool of ours and one that comes with Skein, and answers with a struct.
//
//   ./agent_with_tools                       offline: what the model says is in recorded.jsonl
//   ./agent_with_tools openai/gpt-5.4-mini   with a real model, whose key is in OPENAI_API_KEY
//   ./agent_with_tools openai/gpt-5.4-mini new.jsonl   the same, and records what it says

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <skein/skein.hpp>

namespace {

namespace fs = std::filesystem;
const fs::path folder = EXAMPLE_FOLDER;
const fs::path notes = folder / "notes";

struct SearchArgs {
  std::string query;
  int max_results = 5;
};
SKEIN_DESCRIBE(SearchArgs, (query, "A word or phrase"), (max_results, "How many lines to return at most", skein::at_least(1)))

struct Hit {
  std::string file;
  std::string line;
};
SKEIN_DESCRIBE(Hit, (file), (line))

struct Summary {
  std::string title;
  std::vector<std::string> points;
};
SKEIN_DESCRIBE(Summary, (title, "In a few words"), (points, "What is worth knowing, a sentence each", skein::at_least(1)))

std::vector<Hit> search_notes(const SearchArgs& args) {
  std::vector<fs::path> files(fs::directory_iterator(notes), fs::directory_iterator{});
  std::ranges::sort(files);
  std::vector<Hit> hits;
  for (const auto& path : files) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (line.find(args.query) == std::string::npos) continue;
      if (hits.size() < static_cast<std::size_t>(args.max_results)) hits.push_back({path.filename().string(), line});
    }
  }
  return hits;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string model = argc > 1 ? argv[1] : "replay/" + (folder / "recorded.jsonl").string();
  auto runtime = skein::Runtime::open({.durability = skein::Durability::memory, .record = argc > 2 ? argv[2] : ""});
  if (!runtime) {
    std::cerr << runtime.error().message << '\n';
    return EXIT_FAILURE;
  }

  const auto search =
      skein::tool("search_notes", "Finds the lines of notes that hold a word or phrase", search_notes, {.effect = skein::ToolEffect::pure});
  skein::Agent agent({.name = "ResearchAgent",
                      .model = model,
                      .instructions = "Search the notes before you answer, and say only what they say.",
                      .tools = {search, skein::tools::read_file(notes)},
                      .max_turns = 8,
                      .on_tool_call =
                          [](const skein::AgentToolCall& call) {
                            std::cout << "→ " << call.tool << ' ' << boost::json::serialize(*call.arguments) << '\n';
                          }},
                     *runtime);

  const auto summary = agent.run<Summary>("Research C++ async patterns and write a summary.");
  if (!summary) {
    std::cerr << summary.error->message << '\n';
    return EXIT_FAILURE;
  }
  std::ofstream file("summary.md");
  file << "# " << summary->title << "\n\n";
  for (const auto& point : summary->points) file << "- " << point << '\n';
  std::cout << "summary.md: " << summary->title << ", " << summary->points.size() << " points, " << summary.turns << " turns, "
            << summary.tool_calls << " tool calls, " << summary.tokens << " tokens\n";
  return EXIT_SUCCESS;
}
