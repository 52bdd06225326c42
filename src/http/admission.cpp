#include "http/admission.hpp"

#include <algorithm>
#include <utility>

namespace skein::http {

bool Admission::ask(const std::string& origin, Transfer transfer) {
  const auto place = origins_.try_emplace(origin).first;
  places_.emplace(transfer, place);
  if (place->second.looking != nullptr) {
    place->second.waiting.push_back(transfer);
    return false;
  }
  begin(place, transfer);
  return true;
}

void Admission::connected(Transfer transfer, Kind kind) {
  const auto place = places_.find(transfer);
  if (place == places_.end()) return;
  auto& origin = place->second->second;
  origin.single = kind == Kind::single;
  if (origin.looking == transfer || origin.single) origin.looking = nullptr;
  go_on(place->second);
}

void Admission::gone(Transfer transfer) {
  const auto place = places_.find(transfer);
  if (place == places_.end()) return;
  const auto at = place->second;
  places_.erase(place);
  auto& origin = at->second;
  if (const auto waits = std::ranges::find(origin.waiting, transfer); waits != origin.waiting.end()) {
    origin.waiting.erase(waits);
    return;
  }
  std::erase(admitted_, transfer);
  --origin.active;
  if (origin.looking == transfer) origin.looking = nullptr;
  go_on(at);
  if (origin.active == 0) origins_.erase(at);
}

std::vector<Admission::Transfer> Admission::admitted() { return std::exchange(admitted_, {}); }

void Admission::begin(Origins::iterator origin, Transfer transfer) {
  ++origin->second.active;
  if (!origin->second.single) origin->second.looking = transfer;
}

void Admission::go_on(Origins::iterator origin) {
  auto& waiting = origin->second.waiting;
  while (!waiting.empty() && origin->second.looking == nullptr) {
    begin(origin, waiting.front());
    admitted_.push_back(waiting.front());
    waiting.pop_front();
  }
}

}  // namespace skein::http
