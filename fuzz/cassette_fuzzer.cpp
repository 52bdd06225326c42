// Arbitrary bytes as a cassette. What is accepted must be written and read back the same, and every recorded request must find an answer.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/cassette/cassette.hpp"
#include "model/cassette/tape.hpp"

namespace {

std::string written(const skein::model::Cassette& cassette) {
  using namespace skein::model;
  auto text = cassette_head(cassette.source) + "\n";
  for (const auto& model : cassette.models) text += cassette_line(model) + "\n";
  for (const auto& exchange : cassette.exchanges) text += cassette_line(exchange.request, exchange.answer) + "\n";
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skein::model;
  auto cassette = parse_cassette(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!cassette) {
    if (cassette.error().message.empty()) std::abort();
    return 0;
  }
  const auto text = written(*cassette);
  const auto again = parse_cassette(text, "fuzz");
  if (!again || written(*again) != text) std::abort();
  const auto exchanges = cassette->exchanges;
  Tape tape(std::move(*cassette));
  for (const auto& exchange : exchanges) {
    if (!tape.next(exchange.request)) std::abort();
  }
  if (tape.next({.method = "PUT", .path = "/none", .body = skein::Json("x")})) return 0;
  for (const auto& exchange : exchanges) {
    auto changed = exchange.request;
    changed.body = skein::Json("y");
    (void)tape.next(changed);
  }
  return 0;
}
