#include "tool/builtin/builtin.hpp"

namespace skein::tool {
namespace {

Spec make_spec() {
  return {.name = "ask_human",
          .description = "Asks a person and waits for the answer, which may take long. Use it for what only a person can know or decide.",
          .parameters = parse_json(R"({"type": "object", "properties": {
            "question": {"type": "string", "minLength": 1, "description": "What the person is asked; they see nothing else"},
            "choices": {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "The answers to choose from; without them any text"}
          }, "required": ["question"], "additionalProperties": false})")
                            .value(),
          .effect = Effect::pure,
          .timeout = milliseconds{0},
          .asks_person = true};
}

class AskHuman final : public Tool {
 public:
  [[nodiscard]] const Spec& spec() const override { return spec_; }

  [[nodiscard]] asio::awaitable<Outcome> call(const Call&, const Services&) const override {
    co_return Outcome::failure("a person can be asked only by an agent that works on a task of a run");
  }

 private:
  Spec spec_ = make_spec();
};

}  // namespace

ToolPtr ask_human() { return std::make_shared<const AskHuman>(); }

}  // namespace skein::tool
