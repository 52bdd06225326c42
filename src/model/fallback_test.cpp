#include "model/fallback.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "async/run_in.hpp"

namespace skein::model {
namespace {

/// Says a word, then answers or fails.
class Stub final : public LanguageModel {
 public:
  Stub(std::string name, std::string word, std::optional<Error> error)
      : name_(std::move(name)), word_(std::move(word)), error_(std::move(error)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  asio::awaitable<Result<Response>> complete(Request /*request*/, CallOptions options) override {
    ++asked;
    key = options.idempotency_key;
    if (!word_.empty() && options.on_delta) options.on_delta(Delta{.kind = Delta::Kind::text, .index = 0, .text = word_});
    if (error_) co_return std::unexpected(*error_);
    Response response;
    response.answered_by = name_;
    co_return response;
  }
  int asked = 0;
  std::string key;

 private:
  std::string name_, word_;
  std::optional<Error> error_;
};

Error error(std::string message, bool retryable) {
  return {.code = ErrorCode::http_status, .message = std::move(message), .context = {}, .retryable = retryable, .retry_after = {}};
}

class FallbackTest : public ::testing::Test {
 protected:
  Result<Response> ask(std::vector<std::shared_ptr<LanguageModel>> models) {
    FallbackModels all(std::move(models));
    EXPECT_EQ(all.name(), "a/1");
    heard.clear();
    const auto listen = [this](const Delta& delta) { heard += delta.text; };
    return async::run_in(io, all.complete({}, {.on_delta = listen, .idempotency_key = "k"}));
  }
  static std::shared_ptr<Stub> stub(std::string name, std::string word = "", std::optional<Error> error = {}) {
    return std::make_shared<Stub>(std::move(name), std::move(word), std::move(error));
  }
  asio::io_context io;
  std::string heard;
};

TEST_F(FallbackTest, TheFirstModelIsEnoughWhereItAnswers) {
  const auto second = stub("b/2");
  EXPECT_EQ(ask({stub("a/1", "hi"), second})->answered_by, "a/1");
  EXPECT_EQ(second->asked, 0);
  EXPECT_EQ(heard, "hi");
}

TEST_F(FallbackTest, TheNextOneIsAskedAfterAFailureThatMayPass) {
  const auto third = stub("c/3", "yes");
  const auto answer = ask({stub("a/1", "", error("a is down", true)), stub("b/2", "", error("b too", true)), third});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->answered_by, "c/3");
  EXPECT_EQ(third->key, "k");
  EXPECT_EQ(heard, "yes");
}

TEST_F(FallbackTest, AFinalFailureIsNotPassedOn) {
  const auto second = stub("b/2");
  EXPECT_EQ(ask({stub("a/1", "", error("no such model", false)), second}).error().message, "no such model");
  EXPECT_EQ(second->asked, 0);
}

TEST_F(FallbackTest, NothingIsAskedOnceSomethingWasHeard) {
  const auto second = stub("b/2");
  EXPECT_FALSE(ask({stub("a/1", "half", error("broke", true)), second}));
  EXPECT_EQ(second->asked, 0);
}

TEST_F(FallbackTest, TheLastErrorTellsOfAll) {
  const auto failed = ask({stub("a/1", "", error("a is down", true)), stub("b/2", "", error("b refuses", false))});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "a is down; then b refuses");
  EXPECT_FALSE(failed.error().retryable);
}

}  // namespace
}  // namespace skein::model
