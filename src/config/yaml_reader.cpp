#include <algorithm>
#include <exception>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/text.hpp"
#include "config/scalar.hpp"
#include "config/source.hpp"

namespace skein::config {
namespace {

constexpr std::string_view quote_advice = "an expression must stand in quotes here; write \"{{ … }}\"";

/// Ends the parser early: what was found is in the problems.
struct Stop : std::exception {};

/// Reads from memory without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): only read from
    setg(begin, begin, begin + text.size());
  }
};

/// A value under construction. Members of an object stand beside each other in `value` and `marks`.
struct Node {
  Json value;
  Marks marks;
  std::size_t nodes = 1;  ///< values in it, itself included
  std::size_t bytes = 0;  ///< of its strings
};

/// Builds a document out of the parser's events. The parser's own tree is not used: it is recursive and unbounded.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view text, std::vector<SourceProblem>& problems) : text_(text), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(offset(mark), "a second document begins here; keep one workflow in a file");
  }
  /// The parser takes the end of the text for the end of a quoted scalar.
  void OnDocumentEnd() override {
    if (!last_quoted_at_) return;
    auto begin = *last_quoted_at_;
    const auto end = offset_in_scalar(text_, begin, last_quoted_, last_quoted_.size());
    if (end && *end >= text_.size() && end != begin && !is_block(begin))
      stop(begin, "a text in quotes does not end; add the closing quote");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, Json(nullptr), {}); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    auto value = resolve_tagged(tag, text);
    if (!value) {
      problems_.push_back({offset(mark), value.error()});
      value = Json(text);
    }
    last_quoted_ = tag == "!" ? text : std::string{};
    last_quoted_at_ = tag == "!" ? std::optional(offset(mark)) : std::nullopt;
    scalar(mark, anchor, std::move(*value), text, tag == "?");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) stop(offset(mark), "an alias inside the value it stands for; write the value out");
    if (awaits_key()) {
      const auto* text = it->second.value.if_string();
      if (text == nullptr) stop(offset(mark), "a key must be text; write it out");
      return key(offset(mark), std::string(text->data(), text->size()), false);
    }
    count(offset(mark), it->second.nodes, it->second.bytes);
    Node copy = it->second;
    copy.marks.key = offset(mark);
    if (open_.size() + depth_of(copy.value) > max_document_depth) too_deep(offset(mark));
    attach(std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, JsonArray{});
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, JsonObject{});
  }
  void OnMapEnd() override { end(); }

  [[nodiscard]] std::size_t documents() const { return documents_; }
  [[nodiscard]] Node take() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::string key;               ///< of the member that is being read
    std::size_t key_offset = 0;
    bool has_key = false;
    bool merges = false;           ///< that member is `<<`
    std::vector<Node> merged;      ///< what `<<` brought
    std::unordered_map<std::string, std::size_t> keys;  ///< to the offset of each
  };

  [[nodiscard]] std::size_t offset(const YAML::Mark& mark) const {
    return mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(mark.pos), text_.size());
  }
  [[noreturn]] void stop(std::size_t at, std::string message) {
    problems_.push_back({at, std::move(message)});
    throw Stop{};
  }
  [[noreturn]] void too_deep(std::size_t at) {
    stop(at, fmt::format("nested more than {} levels deep; make it flatter", max_document_depth));
  }
  void count(std::size_t at, std::size_t nodes, std::size_t bytes) {
    nodes_ += nodes, bytes_ += bytes;
    if (nodes_ > max_document_nodes)
      stop(at, fmt::format("more than {} values (aliases count as what they stand for); split the workflow or shorten its data",
                           max_document_nodes));
    if (bytes_ > 2 * max_file_bytes)
      stop(at, fmt::format("more than {} MiB of text (aliases count as what they stand for); shorten it", 2 * max_file_bytes >> 20));
  }
  /// Anchored values are kept beside the document, each level of nested ones anew, so they are bounded by themselves.
  void keep(YAML::anchor_t anchor, const Node& node) {
    kept_nodes_ += node.nodes, kept_bytes_ += node.bytes;
    if (kept_nodes_ > max_document_nodes || kept_bytes_ > 2 * max_file_bytes) {
      stop(node.marks.value, "anchors ('&') on too many values; anchor only what is used again");
    }
    anchors_.insert_or_assign(anchor, node);
  }
  static std::size_t depth_of(const Json& value) {  // NOLINT(misc-no-recursion): of a finished value, which is bounded
    std::size_t deepest = 0;
    if (const auto* array = value.if_array()) {
      for (const auto& item : *array) deepest = std::max(deepest, depth_of(item));
    } else if (const auto* object = value.if_object()) {
      for (const auto& member : *object) deepest = std::max(deepest, depth_of(member.value()));
    }
    return deepest + 1;
  }
  /// Whether the scalar that begins there, after anchor and tag, is written with | or >.
  [[nodiscard]] bool is_block(std::size_t begin) const {
    const auto at = scalar_start(text_, begin);
    return at < text_.size() && (text_[at] == '|' || text_[at] == '>');
  }
  [[nodiscard]] bool awaits_key() const { return !open_.empty() && open_.back().node.value.is_object() && !open_.back().has_key; }

  void key(std::size_t at, std::string name, bool plain) {
    auto& map = open_.back();
    count(at, 0, name.size());
    map.has_key = true;
    map.merges = plain && name == "<<";
    map.key_offset = at;
    map.key = std::move(name);
  }

  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Json value, std::string text, bool plain = false) {
    const auto at = offset(mark);
    if (awaits_key()) {
      if (value.is_null() && text.empty()) stop(at, "a key is missing before ':'; write one");
      if (anchor != 0) keep(anchor, Node{Json(text), {.value = at, .key = at, .children = {}}, 1, text.size()});
      return key(at, std::move(text), plain);
    }
    Node node;
    node.bytes = value.is_string() ? value.get_string().size() : 0;
    node.value = std::move(value);
    node.marks.value = node.marks.key = at;
    if (open_.size() >= max_document_depth) too_deep(at);
    count(at, 1, node.bytes);
    if (anchor != 0) keep(anchor, node);
    attach(std::move(node));
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty) {
    const auto at = offset(mark);
    const bool is_map = empty.is_object();
    if (awaits_key()) {
      const bool second_brace = is_map && text_.substr(at).starts_with('{') && at > 0 && text_[at - 1] == '{';
      const bool braces = second_brace || (is_map && text_.substr(at).starts_with("{{"));
      stop(second_brace ? at - 1 : at,
           std::string(
               braces ? quote_advice
                      : std::string_view("a key must be text, or a bracket is not closed; close it, or write the key without brackets")));
    }
    if (tag != "?" && tag != "!" && !tag.empty() && tag != (is_map ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq")) {
      problems_.push_back({at, fmt::format("the tag '{}' is not supported; remove it", shorten(tag, 60))});
    }
    if (open_.size() >= max_document_depth) too_deep(at);
    count(at, 1, 0);
    Open open;
    open.anchor = anchor;
    open.node.value = std::move(empty);
    open.node.marks.value = open.node.marks.key = at;
    open_.push_back(std::move(open));
  }

  void end() {
    Open open = std::move(open_.back());
    open_.pop_back();
    for (auto& source : open.merged) merge(open, std::move(source));
    if (open.anchor != 0) keep(open.anchor, open.node);
    attach(std::move(open.node));
  }

  void attach(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& open = open_.back();
    if (auto* array = open.node.value.if_array()) {
      open.node.nodes += node.nodes, open.node.bytes += node.bytes;
      array->push_back(std::move(node.value));
      open.node.marks.children.push_back(std::move(node.marks));
      return;
    }
    open.has_key = false;
    if (open.merges) return collect_merge(open, std::move(node));
    const auto [it, fresh] = open.keys.emplace(open.key, open.key_offset);
    if (!fresh) {
      problems_.push_back({open.key_offset, fmt::format("duplicate key '{}'; remove one (the first is in line {})", shorten(open.key, 60),
                                                        line_of(it->second))});
      return;
    }
    node.marks.key = open.key_offset;
    add_member(open, open.key, std::move(node));
  }

  static void add_member(Open& open, const std::string& name, Node node) {
    open.node.nodes += node.nodes, open.node.bytes += node.bytes + name.size();
    open.node.value.get_object().emplace(name, std::move(node.value));
    open.node.marks.children.push_back(std::move(node.marks));
  }

  /// `<<: *a` and `<<: [*a, *b]`: what the map does not say itself comes from there, the first one wins.
  void collect_merge(Open& open, Node node) {
    if (node.value.is_object()) {
      open.merged.push_back(std::move(node));
      return;
    }
    const auto* list = node.value.if_array();
    const bool maps = list != nullptr && std::ranges::all_of(*list, [](const Json& item) { return item.is_object(); });
    if (!maps) {
      problems_.push_back({open.key_offset, "'<<' merges maps; give it an alias of one, or a list of such aliases"});
      return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      open.merged.push_back({(*list)[i], std::move(node.marks.children[i]), 0, 0});
    }
  }

  void merge(Open& open, Node source) {
    std::size_t index = 0;
    for (auto& member : source.value.get_object()) {
      auto& marks = source.marks.children[index++];
      const std::string name(member.key());
      if (!open.keys.emplace(name, marks.key).second) continue;
      // Its size was counted when the alias was; it is not known any more, so the whole source's is taken.
      add_member(open, name, Node{std::move(member.value()), std::move(marks), 1, 0});
    }
    open.node.nodes += source.nodes, open.node.bytes += source.bytes;
  }

  [[nodiscard]] std::size_t line_of(std::size_t at) const {
    return 1 + static_cast<std::size_t>(std::ranges::count(text_.substr(0, at), '\n'));
  }

  std::string_view text_;
  std::vector<SourceProblem>& problems_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  Node root_;
  std::string last_quoted_;                     ///< what the last scalar says, if it was in quotes or a block
  std::optional<std::size_t> last_quoted_at_;
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t kept_nodes_ = 0;
  std::size_t kept_bytes_ = 0;
};

/// Where the parser stopped at an unquoted `{{`: there, or where a value begins with one in the line of `at` or the two before it.
std::optional<std::size_t> unquoted_expression(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  if (text.substr(at).starts_with("{{")) return at;
  auto end = text.find('\n', at);
  if (end == std::string_view::npos) end = text.size();
  for (int back = 0; back < 3; ++back) {
    const auto newline = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const auto start = newline == std::string_view::npos ? 0 : newline + 1;
    const auto line = text.substr(start, end - start);
    for (auto found = line.find("{{"); found != std::string_view::npos; found = line.find("{{", found + 2)) {
      const auto before = trim(line.substr(0, found));
      if (before.empty() || before.ends_with(':') || before.ends_with('-') || before.ends_with('[') || before.ends_with(','))
        return start + found;
    }
    if (newline == std::string_view::npos) break;
    end = newline;
  }
  return std::nullopt;
}

/// Whether the line of `at` or the one before it is indented with a tab.
bool tab_in_indentation(std::string_view text, std::size_t at) {
  auto end = std::min(text.find('\n', std::min(at, text.size())), text.size());
  for (int back = 0; back < 2; ++back) {
    const auto newline = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const auto start = newline == std::string_view::npos ? 0 : newline + 1;
    const auto line = text.substr(start, end - start);
    if (line.substr(0, line.find_first_not_of(" \t")).contains('\t')) return true;
    if (newline == std::string_view::npos) return false;
    end = newline;
  }
  return false;
}

/// The parser's own words, turned into what to do.
std::string explain(const std::string& message) {
  const auto has = [&](std::string_view part) { return message.find(part) != std::string::npos; };
  if (has("the referenced anchor is not defined"))
    return "an alias of an anchor that is not defined before; define it with '&' or quote text that begins with '*'";
  if (has("illegal map value"))
    return "a ':' where no value may stand; put quotes around text with ': ' in it, or align the line with the others";
  if (has("end of map not found") || has("end of map flow"))
    return "a '{' is not closed, or a line is not indented as those above; add '}' or align it";
  if (has("end of sequence not found") || has("end of sequence flow"))
    return "a '[' is not closed, or a line is not indented as those above; add ']' or align it";
  if (has("illegal block entry")) return "a list item where none may stand; align its '-' with the other items";
  if (has("unknown escape character")) return "an unknown escape after '\\'; write '\\\\' or use single quotes";
  if (has("illegal EOF in scalar") || has("illegal document indicator")) return "a text in quotes does not end; add the closing quote";
  if (has("unknown token")) return "a character that cannot begin a value; put the value in quotes";
  if (has("cannot assign multiple")) return "two anchors or two tags on one value; keep one";
  if (has("recursion") || has("Depth") || has("depth"))
    return fmt::format("nested more than {} levels deep; make it flatter", max_document_depth);
  return "not YAML (" + to_valid_utf8(shorten(message, 80)) + "); check quotes, brackets and indentation";
}

}  // namespace

SourceDocument read_yaml(std::string_view text) {
  SourceDocument out;
  Builder builder(text, out.problems);
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    Node root = builder.take();
    out.document = std::move(root.value);
    out.marks = std::move(root.marks);
    if (builder.documents() == 0) {
      out.complete = false;
      out.problems.push_back({0, "the file is empty; write a workflow, beginning with 'name:'"});
    }
  } catch (const Stop&) {
    out.complete = false;
  } catch (const YAML::Exception& error) {
    out.complete = false;
    const auto at = error.mark.is_null() ? text.size() : std::min(static_cast<std::size_t>(std::max(error.mark.pos, 0)), text.size());
    const auto expression = unquoted_expression(text, at);
    if (expression) {
      out.problems.push_back({*expression, std::string(quote_advice)});
    } else if (tab_in_indentation(text, at)) {
      out.problems.push_back({at, "a tab in the indentation; use spaces"});
    } else {
      out.problems.push_back({at, explain(error.msg)});
    }
  }
  return out;
}

}  // namespace skein::config
