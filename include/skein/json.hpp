#pragma once

#include <boost/json/fwd.hpp>

namespace skein {

/// Every dynamic value in Skein: parameters, results, inputs, outputs. Integers keep 64 bits.
using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

}  // namespace skein
