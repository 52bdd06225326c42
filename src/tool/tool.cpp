#include "tool/tool.hpp"

namespace skein::tool {

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::pure: return "pure";
    case Effect::idempotent: return "idempotent";
    case Effect::effect: return "effect";
  }
  return "effect";
}

}  // namespace skein::tool
