#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace skein::http {

/// Which transfers may go on to libcurl, so that those to one origin share connections of HTTP/2. libcurl, left alone, opens a connection
/// for each that begins before it knows what the server speaks, puts any number of them on one that is still being opened, and waits for a
/// connection without a time limit. So here one transfer of an origin at a time looks for its connection, and the others wait for it: it
/// is a moment where one is open, and a handshake where none has room. A server that speaks HTTP/1.1 has nothing to share: then nobody
/// waits. Sans-I/O; knows transfers as pointers only.
class Admission {
 public:
  using Transfer = void*;
  /// What a connection turned out to speak.
  enum class Kind : std::uint8_t { shared, single };

  /// Whether it may begin now. One that may not is in what `admitted` hands out later, unless it has `gone` by then.
  [[nodiscard]] bool ask(const std::string& origin, Transfer transfer);
  /// It has its connection, new or not.
  void connected(Transfer transfer, Kind kind);
  /// It has ended, with a connection or without.
  void gone(Transfer transfer);
  /// Those that may begin since the last call, in the order in which they asked.
  [[nodiscard]] std::vector<Transfer> admitted();

  [[nodiscard]] bool empty() const { return origins_.empty(); }

 private:
  struct Origin {
    std::size_t active = 0;      ///< begun and not gone
    bool single = false;         ///< speaks HTTP/1.1
    Transfer looking = nullptr;  ///< begun, and has no connection yet
    std::deque<Transfer> waiting;
  };
  using Origins = std::map<std::string, Origin>;

  void begin(Origins::iterator origin, Transfer transfer);
  void go_on(Origins::iterator origin);

  Origins origins_;  ///< that somebody uses
  std::map<Transfer, Origins::iterator> places_;
  std::vector<Transfer> admitted_;
};

}  // namespace skein::http
