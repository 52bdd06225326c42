#pragma once

#include <memory>

#include "model/codec.hpp"
#include "model/provider.hpp"

namespace skein::model {

/// The wire format of an API.
[[nodiscard]] std::unique_ptr<const Codec> make_codec(Api api);

}  // namespace skein::model
