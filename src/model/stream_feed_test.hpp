#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/codec.hpp"

namespace skein::model::testing {

/// One streamed event: its name and its data.
struct Frame {
  std::string event;
  std::string data;
};

/// What a stream said on its way.
struct Heard {
  std::string text, reasoning;
  std::vector<std::pair<std::string, std::string>> calls;  ///< name and arguments by index
};

inline OnDelta listen(Heard& heard) {
  return [&heard](const Delta& delta) {
    const auto call = [&]() -> auto& {
      if (heard.calls.size() <= delta.index) heard.calls.resize(delta.index + 1);
      return heard.calls[delta.index];
    };
    switch (delta.kind) {
      case Delta::Kind::text: heard.text += delta.text; break;
      case Delta::Kind::reasoning: heard.reasoning += delta.text; break;
      case Delta::Kind::tool_name: call().first += delta.text; break;
      case Delta::Kind::tool_arguments: call().second += delta.text; break;
    }
  };
}

/// The first error of a frame, or the end's result.
inline Result<Response> feed(const Codec& codec, const std::vector<Frame>& frames, Heard* heard = nullptr) {
  Heard unheard;
  const auto on_delta = listen(heard == nullptr ? unheard : *heard);
  auto decoder = codec.decoder();
  for (const auto& frame : frames) {
    auto taken = decoder->frame(frame.event, frame.data, on_delta);
    if (!taken) return std::unexpected(std::move(taken.error()));
  }
  return decoder->finish();
}

inline void expect_equal(const Response& a, const Response& b) {
  EXPECT_EQ(to_json(message_to_json(a.message)), to_json(message_to_json(b.message)));
  EXPECT_EQ(a.message, b.message);
  EXPECT_EQ(a.finish, b.finish);
  EXPECT_EQ(a.usage, b.usage);
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.id, b.id);
}

inline Json json(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value) << text;
  return value ? std::move(*value) : Json();
}

}  // namespace skein::model::testing
