#pragma once

// The vocabulary is public; this header is its name inside the house.
#include <skein/error.hpp>
