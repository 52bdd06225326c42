#include "model/cassette/difference.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

Json json(std::string_view text) { return *parse_json(text); }
Difference between(std::string_view a, std::string_view b) { return difference(json(a), json(b)); }

TEST(CanonicalJson, IsTheSameForWhatMeansTheSame) {
  EXPECT_EQ(canonical_json(json(R"({"b":[{"z":1,"a":2}],"a":1.0})")), R"({"a":1,"b":[{"a":2,"z":1}]})");
  EXPECT_EQ(canonical_json(json("0.5")), "0.5");
  EXPECT_EQ(canonical_json(json("18446744073709551615")), "18446744073709551615");
  EXPECT_NE(canonical_json(json("[1,2]")), canonical_json(json("[2,1]")));
  EXPECT_NE(canonical_json(json("1e300")), canonical_json(json("1")));
}

TEST(Difference, NoneBetweenEqualValues) { EXPECT_EQ(between(R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1})").count, 0U); }

TEST(Difference, ShowsTheFirst) {
  const auto d = between(R"({"model":"m","messages":[{"content":"foo"}],"x":1})", R"({"model":"m","messages":[{"content":"bar"}],"x":2})");
  EXPECT_EQ(d.count, 2U);
  EXPECT_EQ(d.pointer, "/messages/0/content");
  EXPECT_EQ(d.asked, R"("foo")");
  EXPECT_EQ(d.recorded, R"("bar")");
}

TEST(Difference, SeesWhatIsMissing) {
  const auto more = between(R"({"a":1})", "{}");
  EXPECT_EQ(more.pointer, "/a");
  EXPECT_EQ(more.recorded, "nothing");
  const auto less = between(R"([1])", "[1,[2,3]]");
  EXPECT_EQ(less.pointer, "/1");
  EXPECT_EQ(less.asked, "nothing");
  EXPECT_EQ(less.count, 2U);
  EXPECT_EQ(between("[1,2]", "[1]").recorded, "nothing");
  EXPECT_EQ(between("[]", "{}").pointer, "");
  EXPECT_EQ(between("[]", "{}").count, 1U);
}

TEST(Difference, ShowsTheDifferentPartOfLongTexts) {
  const std::string same(300, 'x');
  const auto d = between("\"" + same + "ä one\"", "\"" + same + "ä two\"");
  EXPECT_NE(d.asked.find("one"), std::string::npos) << d.asked;
  EXPECT_NE(d.recorded.find("two"), std::string::npos);
  EXPECT_LT(d.asked.size(), 80U);
}

}  // namespace
}  // namespace skein::model
