#include "cli/run_search.hpp"

#include <algorithm>
#include <vector>

#include <boost/json/object.hpp>

#include "base/json.hpp"

namespace skein::cli {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// `text` is in lower case. Copies nothing: what is looked through may be large.
bool holds(std::string_view where, std::string_view text) {
  return std::search(where.begin(), where.end(), text.begin(), text.end(), [](char a, char b) { return lower(a) == b; }) != where.end();
}

/// What every event has, in the same words.
bool is_envelope(std::string_view member) { return member == "type" || member == "at" || member == "definition"; }

constexpr std::string_view blob_mark = "_blob\":\"";
constexpr std::size_t hash_length = 64;

/// The names of the large payloads that an entry refers to.
std::vector<std::string> blobs_of(std::string_view entry) {
  std::vector<std::string> out;
  for (auto at = entry.find(blob_mark); at != std::string_view::npos; at = entry.find(blob_mark, at)) {
    at += blob_mark.size();
    const auto end = entry.find('"', at);
    if (end != std::string_view::npos && end - at == hash_length) out.emplace_back(entry.substr(at, hash_length));
  }
  return out;
}

}  // namespace

RunSearch::RunSearch(const store::RunStore& store, std::string_view text) : store_(store), text_(text), as_json_(to_json(Json(text))) {
  as_json_ = as_json_.substr(1, as_json_.size() - 2);
  for (auto* one : {&text_, &as_json_}) std::ranges::transform(*one, one->begin(), lower);
}

bool RunSearch::in_entry(std::string_view entry) const {
  if (!holds(entry, as_json_)) return false;
  const auto events = parse_json(entry);
  if (!events || !events->is_array()) return false;
  return std::ranges::any_of(events->get_array(), [this](const Json& event) {
    const auto* members = event.if_object();
    return members != nullptr && std::ranges::any_of(*members, [this](const auto& member) {
             return !is_envelope(member.key()) && holds(to_json(member.value()), as_json_);
           });
  });
}

Result<bool> RunSearch::in_blob(const std::string& hash) {
  if (const auto known = blobs_.find(hash); known != blobs_.end()) return known->second;
  const auto bytes = store_.get_blob(hash);
  // A value of a user's may look like the name of a payload.
  if (!bytes && bytes.error().code != ErrorCode::not_found) return std::unexpected(bytes.error());
  return blobs_[hash] = bytes && holds(*bytes, as_json_);
}

Result<bool> RunSearch::mentions(const store::RunRow& row) {
  for (const auto& fact : {row.workflow, row.id.str(), row.origin, row.summary.error}) {
    if (holds(fact, text_)) return true;
  }
  bool found = false;
  std::vector<std::string> blobs;
  const auto read = store_.read_journal(row.id, 1, [&](const store::StoredEntry& entry) {
    found = in_entry(entry.text);
    if (!found) std::ranges::move(blobs_of(entry.text), std::back_inserter(blobs));
    return !found;
  });
  if (!read) return std::unexpected(read.error());
  for (const auto& hash : blobs) {
    if (found) break;
    const auto there = in_blob(hash);
    if (!there) return there;
    found = *there;
  }
  return found;
}

}  // namespace skein::cli
