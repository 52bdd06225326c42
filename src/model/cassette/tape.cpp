#include "model/cassette/tape.hpp"

#include <optional>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "model/cassette/difference.hpp"

namespace skein::model {
namespace {

/// What is compared. Whether an answer is wanted as a stream depends on who looks on, so that does not count.
Json compared(const Json& body) {
  auto out = body;
  if (auto* object = out.if_object()) {
    object->erase("stream");
    object->erase("stream_options");
  }
  return out;
}

std::string identity(const RecordedRequest& request) {
  return sha256_hex(request.method + "\n" + request.path + "\n" + canonical_json(compared(request.body)));
}

std::string what(const RecordedRequest& request) { return shorten(request.method, 20) + " " + shorten(request.path, 200); }

}  // namespace

Tape::Tape(Cassette cassette) : cassette_(std::move(cassette)) {
  for (std::size_t i = 0; i < cassette_.exchanges.size(); ++i) {
    by_request_[identity(cassette_.exchanges[i].request)].exchanges.push_back(i);
  }
}

Result<const RecordedAnswer*> Tape::next(const RecordedRequest& request) {
  const auto key = identity(request);
  const std::lock_guard lock(mutex_);
  const auto equal = by_request_.find(key);
  if (equal == by_request_.end()) return fail(ErrorCode::not_found, miss(request));
  if (equal->second.used == equal->second.exchanges.size()) return fail(ErrorCode::not_found, used_up(request, equal->second));
  const auto index = equal->second.exchanges[equal->second.used++];
  return &cassette_.exchanges[index].answer;
}

Result<const RecordedModel*> Tape::model(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& model : cassette_.models) {
    if (name.empty() || model.name == name) return &model;
    names.push_back(model.name);
  }
  if (names.empty()) return fail(ErrorCode::not_found, cassette_.name + " says of no model how it is asked: it has no line {\"model\": …}");
  return fail(ErrorCode::not_found, cassette_.name + " was not recorded with '" + shorten(name, 80) + "' but with " + list_of(names));
}

std::string Tape::miss(const RecordedRequest& request) const {
  const Exchange* nearest = nullptr;
  std::optional<Difference> least;
  for (const auto& exchange : cassette_.exchanges) {
    if (exchange.request.method != request.method || exchange.request.path != request.path) continue;
    auto found = difference(compared(request.body), compared(exchange.request.body));
    if (least && least->count <= found.count) continue;
    nearest = &exchange;
    least = std::move(found);
  }
  const auto head = cassette_.name + " holds no answer to " + what(request);
  const std::string advice = "; record it again, or ask what was asked then";
  if (nearest != nullptr) {
    const auto place = least->pointer.empty() ? std::string("in the whole body") : "at " + shorten(least->pointer, 200);
    return head + ": the nearest recorded request (line " + std::to_string(nearest->line) + ") differs " + place + ": asked " +
           least->asked + ", recorded " + least->recorded + advice;
  }
  if (cassette_.exchanges.empty()) return head + ": nothing was recorded";
  const auto& first = cassette_.exchanges.front();
  return head + ": what was recorded is " + what(first.request) + " (line " + std::to_string(first.line) + ") and the like" + advice;
}

std::string Tape::used_up(const RecordedRequest& request, const Equal& equal) const {
  std::vector<std::string> lines;
  for (const auto index : equal.exchanges) lines.push_back(std::to_string(cassette_.exchanges[index].line));
  const bool one = lines.size() == 1;
  return cassette_.name + " holds " + std::to_string(lines.size()) + (one ? " answer" : " answers") + " to this " + what(request) +
         " (line" + (one ? " " : "s ") + list_of(lines) + ") and was asked once more; record it again";
}

}  // namespace skein::model
