#pragma once

#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "workflow/expression/ast.hpp"
#include "workflow/expression/value.hpp"

namespace re2 {
class RE2;
}

namespace skein::workflow::expression {

/// Where results go: a reference to a callable `Flow(Value)` that outlives the call it is passed to.
class Sink {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Sink>)
  Sink(F&& f)  // NOLINT(google-explicit-constructor): a lambda is passed where a sink is wanted
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Value&& v) { return (*static_cast<std::remove_reference_t<F>*>(object))(std::move(v)); }) {}

  Flow operator()(Value v) const { return call_(object_, std::move(v)); }

 private:
  void* object_;
  Flow (*call_)(void*, Value&&);
};

/// One evaluation. Results are pushed into sinks, so that a stream never needs to be held; expressions that give exactly one
/// result are computed directly.
class Evaluator {
 public:
  Evaluator(const Expression::Program& program, const Scope& scope, const ExpressionLimits& limits);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  ~Evaluator();

  /// Pushes every result of `node`. `stop` where the sink wanted no more or something failed (see `failed`).
  Flow run(const Node& node, const Value& input, Sink sink);
  /// The result of a node that is `single`.
  [[nodiscard]] Outcome one(const Node& node, const Value& input);
  /// The first result of any node, or nothing.
  [[nodiscard]] std::expected<std::optional<Value>, Failure> first(const Node& node, const Value& input);
  /// All results of any node, as an array.
  [[nodiscard]] Outcome collect(const Node& node, const Value& input);

  /// Runs `body` for what it pushes, and gives the failure of it or of the sinks it called.
  template <class F>
  [[nodiscard]] std::expected<void, Failure> guarded(F&& body) {
    body();
    if (!failure_) return {};
    return std::unexpected(*std::exchange(failure_, std::nullopt));
  }
  /// Records why the evaluation stops here.
  Flow fail(Failure failure);
  /// Pushes what succeeded, records what did not.
  Flow push(Outcome&& outcome, const Sink& sink);

  [[nodiscard]] Meter& meter() { return meter_; }
  /// A compiled regular expression; cached for this evaluation.
  [[nodiscard]] std::expected<const re2::RE2*, Failure> regex(std::string_view pattern, std::string_view flags);

 private:
  class Level;

  Outcome lookup(const Node& node);
  Outcome operate(const Node& node, const Value& input, std::span<const Value> operands);
  Flow combine(const Node& node, const Value& input, std::vector<Value>& operands, std::size_t left, const Sink& sink);
  Flow run_stages(const Node& pipe, std::size_t stage, const Value& input, const Sink& sink);
  Flow run_iterate(const Node& node, const Value& target, const Sink& sink);
  Flow run_logic(const Node& node, const Value& input, const Sink& sink);
  Flow run_alternative(const Node& node, const Value& input, const Sink& sink);
  Flow run_conditional(const Node& node, const Value& input, const Sink& sink);
  Flow run_attempt(const Node& node, const Value& input, const Sink& sink);
  Flow run_bind(const Node& node, const Value& input, const Sink& sink);
  Outcome one_pipe(const Node& node, const Value& input);
  Outcome one_flow(const Node& node, const Value& input);
  Outcome one_operation(const Node& node, const Value& input);

  const Scope& scope_;
  Meter meter_;  // first of the state: values give their bytes back to it
  std::vector<std::unique_ptr<Json>> scratch_;
  std::vector<const Json*> lookups_;  ///< by reference; null until it was looked up
  std::vector<Value> slots_;
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> regexes_;
  std::optional<Failure> failure_;
  std::size_t level_ = 0;
};

}  // namespace skein::workflow::expression
