#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/language_model.hpp"

namespace skein::model {

/// Several models, the first of which is asked; each of the others only where those before it failed for a reason that may pass, and
/// nothing of their answers was heard. `Response::answered_by` says which one it was.
class FallbackModels final : public LanguageModel {
 public:
  /// At least one.
  explicit FallbackModels(std::vector<std::shared_ptr<LanguageModel>> models) : models_(std::move(models)) {}

  /// The first one's.
  [[nodiscard]] const std::string& name() const override { return models_.front()->name(); }
  [[nodiscard]] std::vector<std::string> names() const override;
  /// The error is the last model's, with those of the others in its message.
  [[nodiscard]] asio::awaitable<Result<Response>> complete(Request request, CallOptions options) override;

 private:
  std::vector<std::shared_ptr<LanguageModel>> models_;
};

}  // namespace skein::model
