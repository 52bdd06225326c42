// Whatever a model wants computed, there is one finite number or one error with words; parentheses and spaces around it change nothing.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tool/builtin/arithmetic.hpp"

namespace {

using namespace skein;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = tool::calculate(text);
  if (!value) {
    require(!value.error().message.empty() && value.error().message.size() < 400);
    return 0;
  }
  require(value->is_int64() || (value->is_double() && std::isfinite(value->get_double())));
  const auto wrapped = tool::calculate(" (" + std::string(text) + ") ");
  require(wrapped ? *wrapped == *value : wrapped.error().code == ErrorCode::too_large || wrapped.error().message.contains("levels"));
  return 0;
}
