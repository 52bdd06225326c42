#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "http/lines.hpp"
#include "http/sse.hpp"
#include "model/codec.hpp"
#include "model/stream_feed_test.hpp"

namespace skein::model::testing {

/// A body of server-sent events without names, one for each of `data`.
inline std::string sse_body(const std::vector<std::string>& data) {
  std::string body;
  for (const auto& one : data) {
    for (const auto line : split(one, '\n')) body.append("data: ").append(line).append("\n");
    body += '\n';
  }
  return body;
}

/// The same of events with names.
inline std::string sse_body(const std::vector<Frame>& frames) {
  std::string body;
  for (const auto& frame : frames) body.append("event: ").append(frame.event).append("\n").append(sse_body(std::vector{frame.data}));
  return body;
}

inline std::string line_body(const std::vector<std::string>& lines) {
  std::string body;
  for (const auto& one : lines) body += one + "\n";
  return body;
}

/// A body that came in these chunks, cut into frames as the codec says. The first error, or the end's result.
inline Result<Response> feed_chunks(const Codec& codec, const std::vector<std::string_view>& chunks, Heard* heard = nullptr) {
  Heard unheard;
  const auto on_delta = listen(heard == nullptr ? unheard : *heard);
  auto decoder = codec.decoder();
  Result<void> taken;
  const auto take = [&](std::string_view event, std::string_view data) {
    taken = decoder->frame(event, data, on_delta);
    return taken.has_value() && !decoder->done();
  };
  const auto take_line = [&](std::string_view line) { return take("", line); };
  http::SseParser events;
  http::LineParser lines;
  for (const auto chunk : chunks) {
    const auto cut = codec.framing() == Framing::lines
                         ? lines.push(chunk, take_line)
                         : events.push(chunk, [&](const http::SseEvent& event) { return take(event.name, event.data); });
    if (!cut) return std::unexpected(cut.error());
    if (!taken) return std::unexpected(taken.error());
  }
  if (codec.framing() == Framing::lines) lines.finish(take_line);
  if (!taken) return std::unexpected(taken.error());
  return decoder->finish();
}

/// The same answer comes of `body` however it is split in two, and byte by byte, and it is `expected`.
inline void expect_equal_however_split(const Codec& codec, std::string_view body, const Response& expected) {
  for (std::size_t at = 0; at <= body.size(); ++at) {
    const auto response = feed_chunks(codec, {body.substr(0, at), body.substr(at)});
    ASSERT_TRUE(response) << "split at " << at << ": " << response.error().message;
    ASSERT_EQ(response->message, expected.message) << "split at " << at;
    expect_equal(*response, expected);
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < body.size(); ++i) bytes.push_back(body.substr(i, 1));
  const auto response = feed_chunks(codec, bytes);
  ASSERT_TRUE(response) << response.error().message;
  expect_equal(*response, expected);
}

/// What was told on the way adds up to the answer.
inline void expect_heard(const Heard& heard, const Response& response) {
  std::string reasoning;
  for (const auto& part : response.message.parts) {
    if (const auto* thought = std::get_if<Reasoning>(&part)) reasoning += thought->text;
  }
  EXPECT_EQ(heard.text, text_of(response.message));
  EXPECT_EQ(heard.reasoning, reasoning);
  const auto calls = calls_of(response.message);
  ASSERT_EQ(heard.calls.size(), calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(heard.calls[i].first, calls[i].name);
    if (!heard.calls[i].second.empty()) EXPECT_EQ(heard.calls[i].second, calls[i].arguments);
  }
}

}  // namespace skein::model::testing
