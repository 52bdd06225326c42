#include "model/profile.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/text.hpp"

namespace skein::model {
namespace {

struct Quirk {
  std::string_view name;
  bool Profile::* member;
};

constexpr std::array quirks{Quirk{"tool_choice", &Profile::tool_choice},   Quirk{"parallel_tool_calls", &Profile::parallel_tool_calls},
                            Quirk{"image_urls", &Profile::image_urls},     Quirk{"nested_json_schema", &Profile::nested_json_schema},
                            Quirk{"stream_usage", &Profile::stream_usage}, Quirk{"strict_tools", &Profile::strict_tools},
                            Quirk{"prompt_cache", &Profile::prompt_cache}, Quirk{"reasoning_replay", &Profile::reasoning_replay}};
static_assert(sizeof(Profile) == quirks.size() + 1, "a quirk is missing here");
constexpr std::string_view output_limit = "output_limit";

std::string_view to_string(Profile::OutputLimit limit) {
  return limit == Profile::OutputLimit::max_tokens ? "max_tokens" : "max_completion_tokens";
}

std::string unknown(std::string_view name) {
  std::vector<std::string_view> known{output_limit};
  for (const auto& quirk : quirks) known.push_back(quirk.name);
  return "a profile has no '" + std::string(name) + "'" + did_you_mean(name, known);
}

}  // namespace

JsonObject profile_to_json(const Profile& profile) {
  JsonObject out;
  out.emplace(output_limit, to_string(profile.output_limit));
  for (const auto& quirk : quirks) out.emplace(quirk.name, profile.*quirk.member);
  return out;
}

Result<Profile> profile_from_json(const JsonObject& overrides, Profile base) {
  for (const auto& [key, value] : overrides) {
    const std::string_view name(key);
    if (name == output_limit) {
      if (value == "max_tokens") {
        base.output_limit = Profile::OutputLimit::max_tokens;
      } else if (value == "max_completion_tokens") {
        base.output_limit = Profile::OutputLimit::max_completion_tokens;
      } else {
        return fail(ErrorCode::invalid_argument, "output_limit of a profile must be \"max_tokens\" or \"max_completion_tokens\"");
      }
      continue;
    }
    const auto* const quirk = std::ranges::find(quirks, name, &Quirk::name);
    if (quirk == quirks.end()) return fail(ErrorCode::invalid_argument, unknown(name));
    if (!value.is_bool()) return fail(ErrorCode::invalid_argument, std::string(name) + " of a profile must be true or false");
    base.*quirk->member = value.get_bool();
  }
  return base;
}

}  // namespace skein::model
