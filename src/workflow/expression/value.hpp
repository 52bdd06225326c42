#pragma once

#include <memory>
#include <span>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "workflow/expression/meter.hpp"

namespace skein::workflow::expression {

/// A JSON value that is being worked with: a scalar held here, a view of something that outlives the evaluation, or a (part of a)
/// value that the evaluation made and shares by counting. Copying one never copies the JSON.
class Value {
 public:
  Value() = default;  ///< null
  explicit Value(bool b) : scalar_(b) {}
  explicit Value(std::int64_t n) : scalar_(n) {}

  /// `json` must outlive the evaluation.
  [[nodiscard]] static Value view(const Json& json) { return Value(&json, nullptr); }
  /// `json` is null, a boolean or a number.
  [[nodiscard]] static Value scalar(Json&& json) {
    Value v;
    v.scalar_ = std::move(json);
    return v;
  }
  /// `charge` covers `json` and is given back with it.
  [[nodiscard]] static Value own(Json&& json, Charge&& charge) {
    auto box = std::make_shared<Box>(std::move(json), std::move(charge));
    const Json* at = &box->json;
    return Value(at, std::move(box));
  }
  /// A part of this value; keeps it alive.
  [[nodiscard]] Value part(const Json& json) const { return Value(&json, owner_); }

  [[nodiscard]] const Json& json() const { return view_ != nullptr ? *view_ : scalar_; }
  [[nodiscard]] const Json& operator*() const { return json(); }
  [[nodiscard]] const Json* operator->() const { return &json(); }

  /// Whether nobody else refers to this value, so that `steal` may be used.
  [[nodiscard]] bool unique() const { return owner_ != nullptr && owner_.use_count() == 1 && view_ == &owner_->json; }
  [[nodiscard]] Json steal() { return std::move(owner_->json); }

 private:
  struct Box {
    Json json;
    Charge charge;
  };
  Value(const Json* at, std::shared_ptr<Box> owner) : view_(at), owner_(std::move(owner)) {}

  const Json* view_ = nullptr;
  std::shared_ptr<Box> owner_;
  Json scalar_;
};

using Outcome = std::expected<Value, Failure>;

/// Takes over a value that was just built, if it keeps within the limits.
[[nodiscard]] Outcome keep(Meter& meter, Json&& json);
[[nodiscard]] Outcome keep(Meter& meter, std::string_view text);
/// The value itself: moved out where nobody else holds it, else copied (within the limits, charged to `charge`).
[[nodiscard]] std::expected<Json, Failure> copy_out(Value&& value, Charge& charge);

/// Collects results, charging each.
class ArrayBuilder {
 public:
  explicit ArrayBuilder(Meter& meter) : meter_(meter), charge_(meter) {}

  [[nodiscard]] bool push(Value value);
  [[nodiscard]] bool push_text(std::string_view text);
  [[nodiscard]] Outcome finish();

 private:
  Meter& meter_;
  Charge charge_;
  JsonArray items_;
  std::size_t depth_ = 0;
};

/// As jq: everything but null and false.
[[nodiscard]] inline bool truthy(const Json& value) { return !value.is_null() && !(value.is_bool() && !value.get_bool()); }

}  // namespace skein::workflow::expression
