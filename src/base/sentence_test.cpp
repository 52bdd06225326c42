#include "base/sentence.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace skein {
namespace {

TEST(Sentences, AreJoinedWithOnePunctuationMark) {
  EXPECT_EQ(and_then("it is late", "come in"), "it is late; come in");
  EXPECT_EQ(and_then("there is no 'b'; did you mean 'a'?", "it was not run"), "there is no 'b'; did you mean 'a'? It was not run");
  EXPECT_EQ(and_then("There is none.", "`list` shows all"), "There is none. `list` shows all");
  EXPECT_EQ(and_then("", "b"), "b");
  EXPECT_EQ(and_then("a", ""), "a");
  EXPECT_EQ(as_sentence(std::vector<std::string>{"a", "b?", "c", "d"}), "a; b? C; d");
  EXPECT_EQ(as_sentence({}), "");
}

}  // namespace
}  // namespace skein
