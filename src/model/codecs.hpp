#pragma once

#include <memory>

#include "base/error.hpp"
#include "model/codec.hpp"
#include "model/provider.hpp"

namespace skein::model {

/// The wire format of an API. Error: unsupported.
[[nodiscard]] Result<std::unique_ptr<const Codec>> make_codec(Api api);

}  // namespace skein::model
