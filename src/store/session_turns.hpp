#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/session.hpp"

namespace skein::store {

/// Whether each turn of one commit is made where its session stands, after those before it. `stands`: where the session of a name stands in
/// the store; empty where there is none. Errors: conflict, invalid_argument for a name.
[[nodiscard]] Result<void> check_exchanges(const std::vector<Exchange>& exchanges,
                                           const std::function<std::optional<SessionPoint>(const std::string& name)>& stands);

}  // namespace skein::store
