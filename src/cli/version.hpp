#pragma once

#include <string_view>

namespace skein::cli {

inline constexpr std::string_view version = SKEIN_VERSION;
inline constexpr std::string_view compiler = __VERSION__;
#ifdef NDEBUG
inline constexpr std::string_view build_type = "release";
#else
inline constexpr std::string_view build_type = "debug";
#endif

}  // namespace skein::cli
