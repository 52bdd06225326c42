#include "workflow/expression/evaluator.hpp"

#include <algorithm>

#include <boost/container/small_vector.hpp>
#include <fmt/format.h>
#include <re2/re2.h>

#include "workflow/expression/compare.hpp"
#include "workflow/expression/operators.hpp"
#include "workflow/expression/text_form.hpp"

namespace skein::workflow::expression {
namespace {

/// Bounds the stack: each level takes a few hundred bytes (some kilobytes under sanitizers).
constexpr std::size_t max_levels = 800;

Failure too_many_levels() {
  return {Failure::Kind::fatal,
          skein::fail(ErrorCode::expression_failed, "too many nested steps; split the expression over several tasks").error()};
}

bool is_logic_result(NodeKind kind, bool a) { return kind == NodeKind::conjunction ? !a : a; }

}  // namespace

class Evaluator::Level {
 public:
  explicit Level(Evaluator& owner) : owner_(owner) { ++owner_.level_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { --owner_.level_; }
  [[nodiscard]] bool too_deep() const { return owner_.level_ > max_levels; }

 private:
  Evaluator& owner_;
};

Evaluator::Evaluator(const Expression::Program& program, const Scope& scope, const ExpressionLimits& limits)
    : scope_(scope), meter_(limits), lookups_(program.references.size()), slots_(program.slots) {}

Evaluator::~Evaluator() = default;

Flow Evaluator::fail(Failure failure) {
  failure_ = std::move(failure);
  return Flow::stop;
}

Flow Evaluator::push(Outcome&& outcome, const Sink& sink) { return outcome ? sink(*std::move(outcome)) : fail(std::move(outcome).error()); }

// --- Exactly one result -------------------------------------------------------------------------------------------------------

Outcome Evaluator::one(const Node& node, const Value& input) {  // NOLINT(misc-no-recursion): bounded by max_levels
  const Level level(*this);
  if (level.too_deep()) return std::unexpected(too_many_levels());
  if (!meter_.spend()) return meter_.refusal();
  switch (node.kind) {
    case NodeKind::identity: return input;
    case NodeKind::literal: return Value::view(node.literal);
    case NodeKind::lookup: return lookup(node);
    case NodeKind::variable: return slots_[node.slot];
    case NodeKind::pipe: return one_pipe(node, input);
    case NodeKind::array: return node.args.empty() ? ArrayBuilder(meter_).finish() : collect(*node.args[0], input);
    case NodeKind::closure_call: return node.builtin->closure(*this, node, input);
    case NodeKind::index: {
      auto target = one(*node.args[0], input);
      if (!target) return target;
      const auto key = one(*node.args[1], input);
      if (!key) return key;
      return index(meter_, *target, **key);
    }
    case NodeKind::conjunction:
    case NodeKind::disjunction:
    case NodeKind::alternative:
    case NodeKind::conditional:
    case NodeKind::bind: return one_flow(node, input);
    default: return one_operation(node, input);
  }
}

Outcome Evaluator::one_pipe(const Node& node, const Value& input) {  // NOLINT(misc-no-recursion)
  Value value = input;
  for (const auto* stage : node.args) {
    auto next = one(*stage, value);
    if (!next) return next;
    value = *std::move(next);
  }
  return value;
}

Outcome Evaluator::one_flow(const Node& node, const Value& input) {  // NOLINT(misc-no-recursion)
  auto first_result = one(*node.args[0], input);
  if (!first_result) return first_result;
  if (node.kind == NodeKind::bind) {
    slots_[node.slot] = *std::move(first_result);
    return one(*node.args[1], input);
  }
  const bool yes = truthy(**first_result);
  if (node.kind == NodeKind::alternative) return yes ? first_result : one(*node.args[1], input);
  if (node.kind == NodeKind::conditional) return one(*node.args[yes ? 1 : 2], input);
  if (is_logic_result(node.kind, yes)) return Value(yes);
  const auto second = one(*node.args[1], input);
  if (!second) return second;
  return Value(truthy(**second));
}

Outcome Evaluator::one_operation(const Node& node, const Value& input) {  // NOLINT(misc-no-recursion)
  boost::container::small_vector<Value, 3> operands(node.args.size());
  for (std::size_t i = node.args.size(); i-- > 0;) {
    auto operand = one(*node.args[i], input);
    if (!operand) return operand;
    operands[i] = *std::move(operand);
  }
  return operate(node, input, std::span(operands.data(), operands.size()));
}

Outcome Evaluator::lookup(const Node& node) {
  auto& known = lookups_[node.reference];
  if (known == nullptr) {
    auto scratch = std::make_unique<Json>();
    auto found = scope_.find(node.name, node.field, *scratch);
    if (!found) return std::unexpected(Failure{Failure::Kind::fatal, std::move(found).error()});
    known = *found;
    scratch_.push_back(std::move(scratch));
  }
  return Value::view(*known);
}

std::expected<std::optional<Value>, Failure> Evaluator::first(const Node& node, const Value& input) {  // NOLINT(misc-no-recursion)
  std::optional<Value> result;
  const auto take = [&result](Value v) {
    result = std::move(v);
    return Flow::stop;
  };
  if (auto done = guarded([&] { run(node, input, take); }); !done) return std::unexpected(std::move(done).error());
  return result;
}

Outcome Evaluator::collect(const Node& node, const Value& input) {  // NOLINT(misc-no-recursion)
  ArrayBuilder items(meter_);
  const auto take = [&](Value v) { return items.push(std::move(v)) ? Flow::more : fail(meter_.failure()); };
  if (auto done = guarded([&] { run(node, input, take); }); !done) return std::unexpected(std::move(done).error());
  return items.finish();
}

// --- Any number of results ----------------------------------------------------------------------------------------------------

Flow Evaluator::run(const Node& node, const Value& input, Sink sink) {  // NOLINT(misc-no-recursion): bounded by max_levels
  if (node.single) return push(one(node, input), sink);
  const Level level(*this);
  if (level.too_deep()) return fail(too_many_levels());
  if (!meter_.spend()) return fail(meter_.failure());
  switch (node.kind) {
    case NodeKind::pipe: return run_stages(node, 0, input, sink);
    case NodeKind::comma:
      for (const auto* branch : node.args) {
        if (run(*branch, input, sink) == Flow::stop) return Flow::stop;
      }
      return Flow::more;
    case NodeKind::iterate: return run(*node.args[0], input, [&](Value target) { return run_iterate(node, target, sink); });
    case NodeKind::conjunction:
    case NodeKind::disjunction: return run_logic(node, input, sink);
    case NodeKind::alternative: return run_alternative(node, input, sink);
    case NodeKind::conditional: return run_conditional(node, input, sink);
    case NodeKind::attempt: return run_attempt(node, input, sink);
    case NodeKind::bind: return run_bind(node, input, sink);
    case NodeKind::closure_call: return node.builtin->stream(*this, node, input, sink);
    default: {
      std::vector<Value> operands(node.args.size());
      return combine(node, input, operands, node.args.size(), sink);
    }
  }
}

Flow Evaluator::combine(const Node& node, const Value& input, std::vector<Value>& operands, std::size_t left,  // NOLINT(misc-no-recursion)
                        const Sink& sink) {
  if (left == 0) {
    auto result = operate(node, input, operands);
    const bool skipped = node.optional && !result && result.error().kind == Failure::Kind::value;
    return skipped ? Flow::more : push(std::move(result), sink);
  }
  return run(*node.args[left - 1], input, [&](Value v) {
    operands[left - 1] = std::move(v);
    return combine(node, input, operands, left - 1, sink);
  });
}

Flow Evaluator::run_stages(const Node& pipe, std::size_t stage, const Value& input, const Sink& sink) {  // NOLINT(misc-no-recursion)
  if (stage + 1 == pipe.args.size()) return run(*pipe.args[stage], input, sink);
  return run(*pipe.args[stage], input, [&](Value v) { return run_stages(pipe, stage + 1, v, sink); });
}

Flow Evaluator::run_iterate(const Node& node, const Value& target, const Sink& sink) {
  const auto give = [&](const Json& item) {
    if (!meter_.spend()) return fail(meter_.failure());
    return sink(target.part(item));
  };
  if (const auto* array = target->if_array()) {
    for (const auto& item : *array) {
      if (give(item) == Flow::stop) return Flow::stop;
    }
    return Flow::more;
  }
  if (const auto* object = target->if_object()) {
    for (const auto& member : *object) {
      if (give(member.value()) == Flow::stop) return Flow::stop;
    }
    return Flow::more;
  }
  if (node.optional) return Flow::more;
  return fail(refuse(fmt::format("cannot iterate over {}", describe(*target))).error());
}

Flow Evaluator::run_logic(const Node& node, const Value& input, const Sink& sink) {  // NOLINT(misc-no-recursion)
  return run(*node.args[0], input, [&](Value a) {
    const bool yes = truthy(*a);
    if (is_logic_result(node.kind, yes)) return sink(Value(yes));
    return run(*node.args[1], input, [&](Value b) { return sink(Value(truthy(*b))); });
  });
}

Flow Evaluator::run_alternative(const Node& node, const Value& input, const Sink& sink) {  // NOLINT(misc-no-recursion)
  bool any = false;
  const auto flow = run(*node.args[0], input, [&](Value v) {
    if (!truthy(*v)) return Flow::more;
    any = true;
    return sink(std::move(v));
  });
  return any || flow == Flow::stop ? flow : run(*node.args[1], input, sink);
}

Flow Evaluator::run_conditional(const Node& node, const Value& input, const Sink& sink) {  // NOLINT(misc-no-recursion)
  return run(*node.args[0], input, [&](Value condition) { return run(*node.args[truthy(*condition) ? 1 : 2], input, sink); });
}

Flow Evaluator::run_attempt(const Node& node, const Value& input, const Sink& sink) {  // NOLINT(misc-no-recursion)
  bool sink_stopped = false;
  const auto flow = run(*node.args[0], input, [&](Value v) {
    const auto wanted = sink(std::move(v));
    sink_stopped = wanted == Flow::stop;
    return wanted;
  });
  if (flow == Flow::stop && !sink_stopped && failure_->kind == Failure::Kind::value) {
    failure_.reset();
    return Flow::more;
  }
  return flow;
}

Flow Evaluator::run_bind(const Node& node, const Value& input, const Sink& sink) {  // NOLINT(misc-no-recursion)
  return run(*node.args[0], input, [&](Value v) {
    slots_[node.slot] = std::move(v);
    return run(*node.args[1], input, sink);
  });
}

}  // namespace skein::workflow::expression
