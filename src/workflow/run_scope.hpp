#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "workflow/expression/expression.hpp"
#include "workflow/run_state.hpp"

namespace skein::workflow {

/// Gives `{{env.NAME}}` and `{{secrets.NAME}}` their values, at the moment something is sent out.
class OutsideValues {
 public:
  virtual ~OutsideValues() = default;
  [[nodiscard]] virtual Result<std::string> env(std::string_view name) const = 0;
  /// Whatever it returns is known to redaction from then on.
  [[nodiscard]] virtual Result<std::string> secret(std::string_view name) const = 0;
};

/// The names an expression of a run may use: its tasks (`fetch.result`), its inputs (`city` or `inputs.city`), `tasks`, `run.id`,
/// `workflow.name`, `workflow.version`, and, where `outside` is given, `env` and `secrets`.
class RunScope final : public Scope {
 public:
  RunScope(const RunState& state, std::string_view run_id, const OutsideValues* outside)
      : state_(state), run_id_(run_id), outside_(outside) {}
  [[nodiscard]] Result<const Json*> find(std::string_view head, std::string_view field, Json& scratch) const override;

 private:
  [[nodiscard]] Result<const Json*> task_field(const TaskState& task, std::string_view name, std::string_view field, Json& scratch) const;

  const RunState& state_;
  std::string_view run_id_;
  const OutsideValues* outside_;
};

}  // namespace skein::workflow
