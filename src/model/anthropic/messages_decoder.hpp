#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <boost/json/object.hpp>

#include "model/codec.hpp"

namespace skein::model::anthropic {

/// Puts the message together that the API would have answered with unstreamed.
class MessagesDecoder final : public StreamDecoder {
 public:
  [[nodiscard]] Result<void> frame(std::string_view event, std::string_view data, const OnDelta& on_delta) override;
  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] Result<Response> finish() override;

 private:
  struct Block {
    JsonObject start;       ///< as it was announced
    std::string text;       ///< of text and thinking
    std::string input;      ///< JSON text of a call's arguments
    std::string signature;
    std::size_t call = 0;   ///< the how-manieth call it is
  };

  Result<void> start_block(const JsonObject& event, const OnDelta& on_delta);
  Result<void> extend_block(const JsonObject& event, const OnDelta& on_delta);
  void stop_block(const JsonObject& event, const OnDelta& on_delta);
  void take_usage(const JsonObject& holder);

  JsonObject message_;
  JsonObject usage_;
  std::map<std::uint64_t, Block> blocks_;
  std::size_t calls_ = 0;
  bool begun_ = false;
  bool done_ = false;
};

}  // namespace skein::model::anthropic
