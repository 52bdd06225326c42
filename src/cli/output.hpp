#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/uuid.hpp"
#include "cli/terminal.hpp"

namespace skein::cli {

/// Writes everything; returns 0 or the errno of the failure.
int write_all(int descriptor, std::string_view text);

/// The beginning of an id that tells runs apart that were not made in the same millisecond: 13 characters.
[[nodiscard]] std::string short_id(RunId run);

/// Where a command says things: results on standard output, everything else on standard error.
class Output {
 public:
  Output();
  [[nodiscard]] const Terminal& out() const { return out_; }
  [[nodiscard]] const Terminal& err() const { return err_; }

  /// `text` and a line break. A reader that went away (`skein runs | head -1`) is not an error.
  void print(std::string_view text = {});
  void print_json(const Json& value);        ///< indented on a terminal, one line elsewhere
  void print_json_line(const Json& value);   ///< always one line
  /// For people, on standard error.
  void note(std::string_view text);
  /// As `note`, and the line goes on: the person's answer follows.
  void prompt(std::string_view text);
  /// "skein: " and the message, in red on a terminal.
  void error(std::string_view message);
  /// The reader of standard output is gone: nothing more needs to be said.
  [[nodiscard]] bool reader_gone() const { return failure_ != 0; }
  /// Why standard output could not be written, or 0; a reader that left is not a failure.
  [[nodiscard]] int failure() const;

 private:
  Terminal out_;
  Terminal err_;
  int failure_ = 0;
};

/// {"error": {"code", "message"}}
[[nodiscard]] Json error_document(const Error& error);

}  // namespace skein::cli
