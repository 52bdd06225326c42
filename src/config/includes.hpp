#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/describe.hpp"
#include "config/config.hpp"
#include "config/inner_workflows.hpp"
#include "config/read_document.hpp"

/// Files that a workflow includes: their agents, tasks, edges, inputs, outputs and defaults become parts of one document, which is
/// checked, stored and hashed as if it had been written in one file.
namespace skein::config {

inline constexpr std::size_t most_included_files = 256;
/// Of all included files together, and of what their parameters are replaced by.
inline constexpr std::size_t max_included_bytes = std::size_t{16} << 20;

/// One included file; its locator refers to its other members.
struct Part {
  explicit Part(std::string file_name) : name(std::move(file_name)) {}
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  std::string name;
  std::string text;
  SourceDocument source;
  Json document;                       ///< with its parameters filled in
  std::unique_ptr<Locator> locator;
  bool faulty = false;                 ///< its parameters are wrong, so what it says is not worth checking
};

/// Where a value of an assembled document was written. No part: in the document itself.
struct Origin {
  const Part* part = nullptr;
  std::string pointer;
};

/// Turns a problem of the document itself into one with a place.
using LocateOwn = std::function<Problem(const describe::Problem&)>;

/// A document with what it includes, and the way back.
class Assembled {
 public:
  Json document;
  bool complete = true;                ///< without this it is not worth checking
  std::vector<Problem> problems;       ///< of putting it together
  std::vector<std::pair<std::string, std::vector<Problem>>> unread;  ///< as `UnreadInner`; pointers into `document`, problems with places
  std::vector<std::string> files;  ///< that are included, in order

  /// Nothing where the problem follows from others.
  [[nodiscard]] std::optional<Problem> locate(const describe::Problem& found, const LocateOwn& own) const;

 private:
  friend class Assembler;
  [[nodiscard]] Origin origin_of(std::string_view pointer) const;
  std::map<std::string, Origin, std::less<>> origins_;  ///< of members of lists and objects at the top: "/tasks/3"
  std::vector<std::unique_ptr<Part>> parts_;
};

/// `chain` ends with the document's own file; without one nothing is read. Inner workflows that files name are put in as well.
[[nodiscard]] Assembled assemble(Json document, const FileChain& chain, const LocateOwn& own);

}  // namespace skein::config
