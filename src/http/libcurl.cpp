#include "http/libcurl.hpp"

#include <stdexcept>
#include <string>

#include <dlfcn.h>

namespace skein::http {
namespace {

struct Library {
  /// Never unloaded: libcurl's own libraries register what runs at the end of the process.
  Library() : handle(dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL)) {
    if (handle == nullptr) why = dlerror();
  }
  void* handle;
  std::string why;
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

}  // namespace

Result<void> load_libcurl() {
  if (library().handle != nullptr) return {};
  return fail(ErrorCode::unsupported,
              "HTTP needs libcurl, which cannot be loaded (" + library().why + "); install it, on Debian with: apt install libcurl4");
}

void* find_in_libcurl(const char* name) {
  if (const auto loaded = load_libcurl(); !loaded) throw std::runtime_error(loaded.error().message);
  void* const found = dlsym(library().handle, name);
  if (found == nullptr) throw std::runtime_error(std::string("this libcurl has no ") + name + "; install 7.88 or newer");
  return found;
}

}  // namespace skein::http
