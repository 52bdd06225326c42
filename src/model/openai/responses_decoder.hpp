#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "model/codec.hpp"

namespace skein::model::openai {

/// The last event of a stream holds the whole response; it is what counts. Where a server leaves the items out of it, they are put
/// together from the events before.
class ResponsesDecoder final : public StreamDecoder {
 public:
  [[nodiscard]] Result<void> frame(std::string_view event, std::string_view data, const OnDelta& on_delta) override;
  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] Result<Response> finish() override;

 private:
  struct Piece {
    std::string text;
    bool refusal = false;
  };
  struct Item {
    JsonObject item;                        ///< as announced, then as it is in the end
    bool complete = false;
    std::optional<std::size_t> call;        ///< the how-manieth call it is
    bool name_told = false;
    std::string arguments;
    std::map<std::uint64_t, Piece> pieces;  ///< of text by their place in the item
    std::map<std::uint64_t, std::string> thoughts;
  };

  /// The item that an event is about: by its place in the answer, or by its name where a server (llama-server) leaves the place out.
  Item& item_at(const JsonObject& event);
  [[nodiscard]] std::uint64_t place_of(const JsonObject& event);
  void begin_item(const JsonObject& event, const OnDelta& on_delta);
  void end_item(const JsonObject& event, const OnDelta& on_delta);
  void add_delta(std::string_view type, const JsonObject& event, const OnDelta& on_delta);
  void tell_name(Item& item, const OnDelta& on_delta);
  void tell_rest(Item& item, const OnDelta& on_delta);
  void end(const JsonObject& event, std::string_view type, const OnDelta& on_delta);
  [[nodiscard]] static JsonObject put_together(Item& item);

  std::map<std::uint64_t, Item> items_;
  std::map<std::string, std::uint64_t, std::less<>> names_;  ///< places by the names that items have
  std::uint64_t last_place_ = 0;
  std::uint64_t unplaced_ = 0;
  std::size_t calls_ = 0;
  JsonObject response_;
  bool done_ = false;
};

}  // namespace skein::model::openai
