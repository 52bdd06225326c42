#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/codec.hpp"
#include "model/wire_value.hpp"

namespace skein::model::testing {

/// A wire format for tests. Asked: {"model", "ask", "stream"?}; answered: {"say": "…", "tokens"?: n}. Streamed: frames {"word": "…"}, then
/// {"end": true}.
class FakeCodec final : public Codec {
 public:
  explicit FakeCodec(Framing framing = Framing::server_sent_events) : framing_(framing) {}

  [[nodiscard]] Result<WireRequest> encode(const Request& request, const Profile& /*profile*/, Streaming streaming) const override {
    if (request.seed) return fail(ErrorCode::unsupported, "this API knows no seed");
    WireRequest out{.path = "/say", .headers = {{"X-Version", "1"}}, .body = {}};
    out.body.emplace("model", request.model);
    if (!request.messages.empty()) out.body.emplace("ask", text_of(request.messages.back()));
    if (streaming == Streaming::on) out.body.emplace("stream", true);
    return out;
  }

  [[nodiscard]] Result<Response> decode(const Json& body) const override {
    const auto* object = body.if_object();
    if (object == nullptr || !object->contains("say")) return wire::bad_answer("the answer says nothing");
    Response response;
    response.message = {.role = Role::assistant, .parts = {Text{std::string(wire::text_at(*object, "say"))}}};
    if (object->contains("tokens")) response.usage = Usage{.input = wire::count_at(*object, "tokens")};
    if (object->contains("cut")) response.finish = Finish::length;
    return response;
  }

  [[nodiscard]] Framing framing() const override { return framing_; }
  [[nodiscard]] std::unique_ptr<StreamDecoder> decoder() const override { return std::make_unique<Decoder>(); }

 private:
  class Decoder final : public StreamDecoder {
   public:
    Result<void> frame(std::string_view /*event*/, std::string_view data, const OnDelta& on_delta) override {
      const auto body = wire::event_object(data);
      if (!body) return std::unexpected(body.error());
      if (body->contains("error")) {
        Error error{.code = ErrorCode::http_status,
                    .message = std::string(wire::text_at(*body, "error")),
                    .context = {},
                    .retryable = true,
                    .retry_after = {}};
        return std::unexpected(std::move(error));
      }
      const auto word = wire::text_at(*body, "word");
      text_ += word;
      if (!word.empty() && on_delta) on_delta(Delta{.kind = Delta::Kind::text, .index = 0, .text = word});
      done_ |= body->contains("end");
      return {};
    }
    [[nodiscard]] bool done() const override { return done_; }
    Result<Response> finish() override {
      if (!done_) return wire::broken_off();
      Response response;
      response.message = {.role = Role::assistant, .parts = {Text{text_}}};
      return response;
    }

   private:
    std::string text_;
    bool done_ = false;
  };

  Framing framing_;
};

}  // namespace skein::model::testing
