#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/uuid.hpp"
#include "config/test_file.hpp"
#include "workflow/definition.hpp"

namespace skein::runtime {

/// The runs of a rehearsal: the one of the case, and those that tasks of kind `workflow` began.
class Family {
 public:
  struct Member {
    RunId id;
    config::TaskPath path;            ///< of the task that began it; empty for the case's own
    workflow::DefinitionPtr definition;
    JsonPtr inputs;
  };

  void add(Member member);
  /// Null where there is no such run.
  [[nodiscard]] const Member* find(RunId id) const;
  [[nodiscard]] const Member* find(std::string_view id) const;
  /// In the order in which they began.
  [[nodiscard]] const std::deque<Member>& members() const { return members_; }
  [[nodiscard]] static config::TaskPath path_of(const Member& member, workflow::TaskIndex task);
  /// The workflow that the task of a path is in.
  [[nodiscard]] static const workflow::Definition& workflow_of(const workflow::Definition& root, const config::TaskPath& path);
  [[nodiscard]] static const workflow::TaskDefinition& task_of(const workflow::Definition& root, const config::TaskPath& path);
  /// As a case writes it: "publish/translate".
  [[nodiscard]] static std::string name_of(const workflow::Definition& root, const config::TaskPath& path);

 private:
  std::deque<Member> members_;         ///< references stay valid
  std::unordered_map<RunId, const Member*> by_id_;
};

}  // namespace skein::runtime
