#include "runtime/rehearsal/family.hpp"

namespace skein::runtime {

void Family::add(Member member) {
  members_.push_back(std::move(member));
  by_id_.emplace(members_.back().id, &members_.back());
}

const Family::Member* Family::find(RunId id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

const Family::Member* Family::find(std::string_view id) const {
  const auto parsed = RunId::parse(id);
  return parsed ? find(*parsed) : nullptr;
}

config::TaskPath Family::path_of(const Member& member, workflow::TaskIndex task) {
  auto out = member.path;
  out.push_back(task);
  return out;
}

const workflow::Definition& Family::workflow_of(const workflow::Definition& root, const config::TaskPath& path) {
  const auto* definition = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) definition = definition->agents[definition->tasks[path[i]].agent].workflow.get();
  return *definition;
}

const workflow::TaskDefinition& Family::task_of(const workflow::Definition& root, const config::TaskPath& path) {
  return workflow_of(root, path).tasks[path.back()];
}

std::string Family::name_of(const workflow::Definition& root, const config::TaskPath& path) {
  std::string out;
  config::TaskPath part;
  for (const auto index : path) {
    part.push_back(index);
    out += (out.empty() ? "" : "/") + task_of(root, part).name;
  }
  return out;
}

}  // namespace skein::runtime
