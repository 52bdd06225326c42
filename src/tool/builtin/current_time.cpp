#include <array>
#include <chrono>

#include <fmt/format.h>

#include "tool/builtin/builtin.hpp"

namespace skein::tool {
namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

Spec make_spec() {
  return {.name = "current_time",
          .description = "Tells the present date and time in UTC: utc (ISO 8601), weekday and unix (seconds since 1970).",
          .parameters = parse_json(R"({"type": "object", "properties": {}, "additionalProperties": false})").value(),
          .effect = Effect::pure};
}

class CurrentTime final : public Tool {
 public:
  [[nodiscard]] const Spec& spec() const override { return spec_; }

  [[nodiscard]] asio::awaitable<Outcome> call(const Call&, const Services& services) const override {
    const auto now = services.clock->now();
    const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(now)};
    JsonObject out;
    out["utc"] = to_rfc3339(now);
    out["weekday"] = weekdays.at(day.c_encoding());
    out["unix"] = std::chrono::floor<seconds>(now).time_since_epoch().count();
    co_return Outcome::ok(std::move(out));
  }

 private:
  Spec spec_ = make_spec();
};

}  // namespace

ToolPtr current_time() { return std::make_shared<const CurrentTime>(); }

}  // namespace skein::tool
