#include <algorithm>
#include <memory>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/drive.hpp"
#include "cli/screen_text.hpp"

namespace skein::cli {
namespace {

std::string_view word_for(Health health) { return health == Health::ok ? "ok" : health == Health::warn ? "warn" : "fail"; }

Result<int> doctor(Session& session, const CommonOptions& options) {
  configure_logs(false);
  const auto checks = examine(session, options);
  const auto worst =
      std::max_element(checks.begin(), checks.end(), [](const auto& a, const auto& b) { return a.health < b.health; })->health;
  auto& output = session.output;
  if (options.json) {
    JsonArray listed;
    for (const auto& check : checks) {
      JsonObject entry;
      entry["name"] = check.name;
      entry["status"] = word_for(check.health);
      entry["finding"] = check.finding;
      if (!check.advice.empty()) entry["advice"] = check.advice;
      listed.emplace_back(std::move(entry));
    }
    JsonObject out;
    out["status"] = word_for(worst);
    out["checks"] = std::move(listed);
    output.print_json(out);
  } else {
    for (const auto& check : checks) {
      const auto style = check.health == Health::ok ? Style::green : check.health == Health::warn ? Style::yellow : Style::red;
      output.print(paint(pad(word_for(check.health), 4), style, output.out().color) + "  " + pad(check.name, 16) + "  " + check.finding);
      if (!check.advice.empty()) output.print(std::string(24, ' ') + paint(check.advice, style, output.out().color));
    }
  }
  return worst == Health::fail ? 1 : 0;
}

}  // namespace

void register_doctor(CommandLine& line, Session& session) {
  auto options = std::make_shared<CommonOptions>();
  auto& command = line.command("doctor", "Keep", "Check this installation, its store and its disk");
  command.details("Each line is ok, warn or fail, with what to do. Exit code 1 where something fails.");
  add_store_option(command, *options);
  add_json_option(command, *options, "Print the checks as one JSON document");
  command.example("skein doctor", "Look at everything")
      .example("skein doctor --store /var/lib/skein/skein.db", "Look at another store and its disk")
      .action([options, &session] { return doctor(session, *options); });
}

}  // namespace skein::cli
