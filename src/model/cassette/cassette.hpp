#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "http/headers.hpp"
#include "model/codec.hpp"
#include "model/provider.hpp"

/// Recorded exchanges with models' servers, one JSON value a line: docs/cassettes.md has the format. Plain values; no I/O.
namespace skein::model {

/// A model that was asked, with what decides how its requests look.
struct RecordedModel {
  std::string name;  ///< "openai/gpt-4o"
  Api api = Api::openai_chat;
  std::string base_url;  ///< without credentials
  Profile profile;
};

/// What two requests must have in common to be equal.
struct RecordedRequest {
  std::string method;
  std::string path;  ///< with the query
  Json body;         ///< an object or array, else the body as a string
};

struct RecordedAnswer {
  int status = 0;  ///< 0: none came
  http::Headers headers;
  std::string body;                 ///< of an answer in one piece
  std::vector<std::string> chunks;  ///< of a streamed one
  bool streamed = false;
  std::optional<Error> failure;  ///< how the exchange broke off
};

struct Exchange {
  RecordedRequest request;
  RecordedAnswer answer;
  std::size_t line = 0;  ///< in the file, from 1
};

struct Cassette {
  std::string name;    ///< of the file, for messages
  std::string source;  ///< where the exchanges come from, in words
  std::vector<RecordedModel> models;
  std::vector<Exchange> exchanges;
};

/// Reads a whole file. Errors (invalid_argument) name file, line and member.
[[nodiscard]] Result<Cassette> parse_cassette(std::string_view text, std::string name);

/// The lines that a recorder writes, without a line feed. `parse_cassette` reads back the same values.
[[nodiscard]] std::string cassette_head(std::string_view source);
[[nodiscard]] std::string cassette_line(const RecordedModel& model);
[[nodiscard]] std::string cassette_line(const RecordedRequest& request, const RecordedAnswer& answer);

/// JSON objects and arrays as such, everything else as a string.
[[nodiscard]] Json recorded_body(std::string_view body);

}  // namespace skein::model
