#pragma once

#include <span>
#include <string>
#include <string_view>

namespace skein {

/// Two statements as one: "a; b", but "a? B" where the first ends its sentence itself.
[[nodiscard]] std::string and_then(std::string first, std::string_view second);
/// All of them, joined in this way.
[[nodiscard]] std::string as_sentence(std::span<const std::string> statements);

}  // namespace skein
