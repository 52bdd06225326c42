#pragma once

#include <functional>
#include <optional>
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
/// `workflow.name`, `workflow.version`, in a `for_each` `item` and `index`, and, where `outside` is given, `env` and `secrets`.
class RunScope final : public Scope {
 public:
  /// `step`: whose values these are for; gives `item` and `index` of a `for_each` their meaning.
  RunScope(const RunState& state, std::string_view run_id, const OutsideValues* outside, std::optional<Step> step = std::nullopt)
      : state_(state), run_id_(run_id), outside_(outside), step_(step) {}
  [[nodiscard]] Result<const Json*> find(std::string_view head, std::string_view field, Json& scratch) const override;

 private:
  [[nodiscard]] Result<const Json*> task_field(TaskIndex index, std::string_view field, Json& scratch) const;
  [[nodiscard]] Json whole_task(TaskIndex index) const;
  [[nodiscard]] Json activations_of(TaskIndex index) const;
  [[nodiscard]] const ActivationRecord* undone_activation(TaskIndex index) const;
  [[nodiscard]] static Result<const Json*> record_field(const ActivationRecord& record, std::string_view field, Json& scratch);
  [[nodiscard]] Result<const Json*> item_field(std::string_view field) const;

  const RunState& state_;
  std::string_view run_id_;
  const OutsideValues* outside_;
  std::optional<Step> step_;
};

}  // namespace skein::workflow
