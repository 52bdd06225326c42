#include <array>

#include "conformance/jq/cases.hpp"

namespace skein::conformance {
namespace {

enum class Type : unsigned char { number, string, boolean, numbers, strings, objects, object, null };
constexpr int types = 8;

/// Objects of the document and of lists in it all have the members `k` (a string), `v` (a number) and `w` (numbers).
class Generator {
 public:
  explicit Generator(std::mt19937& random) : random_(random) {}

  std::string value(Type type, Type dot, int depth) {
    if (chance(40)) type = static_cast<Type>(below(types));  // now and then the wrong one: errors must agree too
    if (depth <= 0 || chance(8)) return leaf(type, dot);
    const auto sub = [&](Type t) { return value(t, dot, depth - 1); };
    switch (below(9)) {
      case 0: return "(" + sub(static_cast<Type>(below(types))) + " | " + value(type, Type::number, 0) + ")";
      case 1: return "(if " + sub(Type::boolean) + " then " + sub(type) + " else " + sub(type) + " end)";
      case 2: return "(" + sub(type) + " // " + sub(type) + ")";
      case 3: {
        const auto bound = static_cast<Type>(below(types));
        return "(" + sub(bound) + " as $x | " + sub(type) + ")";
      }
      case 4: return "([" + sub(type) + ", " + sub(type) + "] | " + pick({"first", "last", "min", "max", ".[0]", ".[-1]"}) + ")";
      default: return typed(type, dot, depth - 1);
    }
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  bool chance(unsigned one_in) { return below(one_in) == 0; }
  std::string pick(std::initializer_list<const char*> from) { return from.begin()[below(static_cast<unsigned>(from.size()))]; }

  /// jq computes with constants when it compiles, where an error is not a result. This is never a constant.
  static std::string later(const std::string& expression) { return "([" + expression + "] | .[0])"; }

  std::string leaf(Type type, Type dot) {
    if (dot == type && !chance(3)) return ".";
    if (dot == Type::object && type == Type::string) return ".k";
    if (dot == Type::object && type == Type::number) return ".v";
    if (dot == Type::object && type == Type::numbers) return ".w";
    switch (type) {
      case Type::number: return pick({"0", "1", "2", "3", "-1", "2.5", "10", "0.5", "7", "-3.5"});
      case Type::string: return pick({"\"\"", "\"a\"", "\"b,c\"", "\"Hello\"", "\"héé\"", "\"12\"", "\"x y\"", "\"\\u0041\\n\""});
      case Type::boolean: return pick({"true", "false"});
      case Type::numbers: return pick({"[]", "[1,2,3]", "[3,1,2,1]", "[2.5,-1]"});
      case Type::strings: return pick({"[]", "[\"a\",\"b\"]", "[\"b\",\"\",\"a\",\"b\"]"});
      case Type::objects:
        return pick({"[]", "[{k:\"x\",v:1,w:[1]},{k:\"y\",v:0,w:[]}]", "[{\"k\":\"x\",v:2,w:[3,1]},{k:\"x\",v:1,w:[2]}]"});
      case Type::object: return pick({"{k:\"a\",v:1,w:[2,1]}", "{v:2,k:\"b\",w:[]}", "{}", "{k:\"c\",v:-1,w:[0],z:null}"});
      case Type::null: return "null";
    }
    return "null";
  }

  std::string typed(Type type, Type dot, int depth) {
    const auto sub = [&](Type t) { return value(t, dot, depth); };
    const auto on = [&](Type t, Type inside) { return value(t, inside, depth); };
    switch (type) {
      case Type::number: return number(sub, on);
      case Type::string: return string(sub, on);
      case Type::boolean: return boolean(sub, on);
      case Type::numbers: return numbers(sub, on);
      case Type::strings: return strings(sub, on);
      case Type::objects: return objects(sub, on);
      case Type::object: return object(sub, on);
      case Type::null: return "(" + sub(Type::object) + " | .absent)";
    }
    return "null";
  }

  template <class Sub, class On>
  std::string number(Sub sub, On on) {
    switch (below(13)) {
      case 0: return "(" + sub(Type::number) + pick({" + ", " - ", " * "}) + sub(Type::number) + " + 0)";  // jq keeps the sign of zero
      case 1: return "(" + sub(Type::number) + pick({" / ", " % "}) + later(sub(Type::number)) + " + 0)";
      case 2: return "(" + sub(static_cast<Type>(below(types))) + " | length)";
      case 3: return "(" + sub(Type::numbers) + pick({" | add)", " | min)", " | max)", " | .[1])", " | first)"});
      case 4: return "(-" + sub(Type::number) + " + 0)";
      case 5: return "(" + sub(Type::number) + pick({" | floor)", " | ceil + 0)", " | round + 0)", " | fabs)"});
      case 6: return "(" + sub(Type::string) + " | tonumber)";
      case 7: return "(" + sub(Type::object) + " | .v)";
      case 8: return "(" + sub(Type::objects) + " | map(.v) | add)";
      case 9: return "(" + sub(Type::numbers) + " | index(" + sub(Type::number) + "))";
      case 10: return "([" + sub(Type::numbers) + "[] | " + on(Type::number, Type::number) + "] | add)";
      case 11: return pick({"last", "first"}) + "(" + sub(Type::number) + ", " + sub(Type::number) + ")";
      default: return "(" + sub(Type::numbers) + " | nth(" + pick({"0", "1", "5"}) + "))";
    }
  }

  template <class Sub, class On>
  std::string string(Sub sub, On) {
    switch (below(10)) {
      case 0: return "(" + sub(Type::string) + " + " + sub(Type::string) + ")";
      case 1: return "\"<\\(" + sub(static_cast<Type>(below(types))) + ")|\\(" + sub(Type::number) + ")>\"";
      case 2: return "(" + sub(Type::strings) + " | join(" + sub(Type::string) + "))";
      case 3: return "(" + sub(static_cast<Type>(below(types))) + pick({" | tostring)", " | tojson)", " | type)"});
      case 4: return "(" + sub(Type::string) + pick({" | ascii_downcase)", " | ascii_upcase)"});
      case 5: return "(" + sub(Type::string) + " | .[" + pick({"1:", ":2", "-2:", "1:3", ":-1"}) + "])";
      case 6: return "(" + sub(Type::string) + " | " + pick({"ltrimstr(", "rtrimstr("}) + sub(Type::string) + "))";
      case 7: return "(" + sub(Type::object) + " | .k)";
      case 8: return "(" + sub(Type::object) + pick({" | keys[0])", " | to_entries[0].key)"});
      default: return "(" + sub(Type::string) + " * " + pick({"0", "1", "3", "2.5"}) + ")";
    }
  }

  template <class Sub, class On>
  std::string boolean(Sub sub, On on) {
    const auto any = [&] { return sub(static_cast<Type>(below(types))); };
    switch (below(10)) {
      case 0: return "(" + any() + pick({" == ", " != ", " < ", " <= ", " > ", " >= "}) + any() + ")";
      case 1: return "(" + sub(Type::boolean) + pick({" and ", " or "}) + any() + ")";
      case 2: return "(" + any() + " | not)";
      case 3:
        return "(" + sub(Type::string) + " | " + pick({"startswith(", "endswith(", "contains(", "inside("}) + sub(Type::string) + "))";
      case 4: return "(" + sub(Type::numbers) + pick({" | any(", " | all("}) + on(Type::boolean, Type::number) + "))";
      case 5: return "(" + sub(Type::object) + " | has(" + pick({"\"k\"", "\"z\"", "\"absent\""}) + "))";
      case 6: return "(" + sub(Type::numbers) + pick({" | contains(", " | inside("}) + sub(Type::numbers) + "))";
      case 7: return "(" + sub(Type::string) + " | test(" + pick({"\"a\"", "\"^[a-z]+$\"", "\"l+o\"", "\"A\"; \"i\"", "\"[0-9]\""}) + "))";
      case 8: return "(" + sub(Type::object) + " | contains(" + sub(Type::object) + "))";
      default: return pick({"any(", "all("}) + leaf(Type::boolean, Type::null) + ", " + leaf(Type::boolean, Type::null) + "; .)";
    }
  }

  template <class Sub, class On>
  std::string numbers(Sub sub, On on) {
    switch (below(13)) {
      case 0: return "(" + sub(Type::numbers) + " | map(" + on(Type::number, Type::number) + "))";
      case 1: return "(" + sub(Type::numbers) + " | map(select(" + on(Type::boolean, Type::number) + ")))";
      case 2: return "(" + sub(Type::numbers) + pick({" | sort)", " | unique)", " | arrays | reverse)", " | .[1:])", " | .[:-1])"});
      case 3: return "(" + sub(Type::numbers) + pick({" + ", " - "}) + sub(Type::numbers) + ")";
      case 4: return "[range(" + pick({"3", "0; 4", "4; 0; -2", "0; 1; 0.3", "2, 1"}) + ")]";
      case 5: return "(" + sub(Type::numbers) + pick({" | sort_by(", " | unique_by("}) + on(Type::number, Type::number) + "))";
      case 6: return "([" + sub(Type::numbers) + ", " + sub(Type::number) + "] | flatten)";
      case 7: return "[limit(" + pick({"3", "1", "2"}) + "; " + sub(Type::numbers) + "[])]";
      case 8: return "[(" + sub(Type::number) + ", " + sub(Type::number) + ") + (" + sub(Type::number) + ", 1)]";
      case 9: return "(" + sub(Type::objects) + " | map(.w) | add)";
      case 10: return "[" + sub(Type::numbers) + "[]?]";
      case 11: return "(" + sub(Type::numbers) + " | indices(" + sub(Type::number) + "))";
      default: return "[(" + sub(Type::numbers) + " | .[]) as $y | $y * 2]";
    }
  }

  template <class Sub, class On>
  std::string strings(Sub sub, On on) {
    switch (below(6)) {
      case 0: return "(" + sub(Type::string) + pick({" | split(", " / ("}) + pick({"\",\"", "\" \"", "\"\"", "\"l\""}) + "))";
      case 1: return "(" + sub(Type::strings) + " | map(" + on(Type::string, Type::string) + "))";
      case 2: return "(" + sub(Type::object) + pick({" | keys)", " | keys_unsorted)"});
      case 3: return "(" + sub(Type::strings) + pick({" | sort)", " | unique)", " | arrays | reverse)"});
      case 4: return "(" + sub(Type::objects) + " | map(.k))";
      default: return "(" + sub(Type::strings) + " + [" + sub(Type::string) + "])";
    }
  }

  template <class Sub, class On>
  std::string objects(Sub sub, On on) {
    switch (below(8)) {
      case 0: return "(" + sub(Type::objects) + pick({" | sort_by(", " | unique_by("}) + on(Type::number, Type::object) + "))";
      case 1:
        return "(" + sub(Type::objects) + " | group_by(" + on(Type::string, Type::object) + ") | map(" + pick({".[0]", "last", "add"}) +
               "))";
      case 2: return "(" + sub(Type::objects) + " | map(select(" + on(Type::boolean, Type::object) + ")))";
      case 3: return "(" + sub(Type::numbers) + " | map({k: tostring, v: ., w: [.]}))";
      case 4: return "[" + sub(Type::object) + ", " + sub(Type::object) + "]";
      case 5: return "(" + sub(Type::objects) + " | map(" + on(Type::object, Type::object) + "))";
      case 6: return "[{k: (" + sub(Type::string) + ", \"q\"), v: (" + sub(Type::number) + ", 2), w: []}]";
      default: return "(" + sub(Type::objects) + " | arrays | reverse)";
    }
  }

  template <class Sub, class On>
  std::string object(Sub sub, On on) {
    switch (below(10)) {
      case 0: return "{k: " + sub(Type::string) + ", v: " + sub(Type::number) + ", w: " + sub(Type::numbers) + "}";
      case 1: return "(" + sub(Type::object) + pick({" + ", " * "}) + sub(Type::object) + ")";
      case 2: return "(" + sub(Type::objects) + pick({" | min_by(", " | max_by("}) + on(Type::number, Type::object) + "))";
      case 3: return "(" + sub(Type::object) + " | {k, v, w})";
      case 4: return "(" + sub(Type::object) + " | with_entries(select(.key " + pick({"!=", "<", ">="}) + " \"v\")))";
      case 5: return "(" + sub(Type::object) + " | map_values(" + pick({".", "[.]", "tostring", "length"}) + "))";
      case 6: return "(" + sub(Type::object) + " | to_entries | from_entries)";
      case 7: return "{(" + later(sub(Type::string)) + "): " + sub(Type::number) + ", \"z\\(" + sub(Type::number) + ")\": null}";
      case 8: return "(" + sub(Type::objects) + " | .[0])";
      default: return "(" + sub(Type::objects) + " | add)";
    }
  }

  std::mt19937& random_;
};

}  // namespace

std::string_view generated_input() { return R"({"k":"Hello, wörld","v":4,"w":[3,1,2,2],"z":null,"n":{"k":"in","v":0.5,"w":[]}})"; }

std::string generate(std::mt19937& random) {
  Generator generator(random);
  return generator.value(static_cast<Type>(random() % types), Type::object, 4);
}

}  // namespace skein::conformance
