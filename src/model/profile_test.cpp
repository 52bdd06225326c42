#include "model/profile.hpp"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

namespace skein::model {
namespace {

Result<Profile> read(std::string_view text, Profile base = {}) { return profile_from_json(parse_json(text)->as_object(), base); }

TEST(Profile, ComesBackAsItWasWritten) {
  Profile odd;
  odd.output_limit = Profile::OutputLimit::max_tokens;
  odd.image_urls = false;
  odd.strict_tools = true;
  const auto back = profile_from_json(profile_to_json(odd), Profile{});
  ASSERT_TRUE(back);
  EXPECT_EQ(profile_to_json(*back), profile_to_json(odd));
  EXPECT_NE(profile_to_json(*back), profile_to_json(Profile{}));
}

TEST(Profile, WhatIsNotNamedStaysAsItWas) {
  Profile base;
  base.tool_choice = false;
  const auto read_back = read(R"({"output_limit":"max_tokens","stream_usage":false})", base);
  ASSERT_TRUE(read_back);
  EXPECT_FALSE(read_back->tool_choice);
  EXPECT_FALSE(read_back->stream_usage);
  EXPECT_TRUE(read_back->image_urls);
  EXPECT_EQ(read_back->output_limit, Profile::OutputLimit::max_tokens);
  EXPECT_EQ(read(R"({"output_limit":"max_completion_tokens"})", *read_back)->output_limit, Profile::OutputLimit::max_completion_tokens);
}

TEST(Profile, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(read(R"({"tool_choise":true})").error().message, "a profile has no 'tool_choise'; did you mean 'tool_choice'?");
  EXPECT_EQ(read(R"({"image_urls":"no"})").error().message, "image_urls of a profile must be true or false");
  EXPECT_EQ(read(R"({"output_limit":"both"})").error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace skein::model
