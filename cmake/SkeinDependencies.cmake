# Everything here is a Debian 12 package; docs/dependencies.md says why each is needed.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url CONFIG)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)

# valijson is headers only. Its own default is to end the process where a schema is wrong, so every user of it links this.
add_library(skein_valijson INTERFACE)
target_compile_definitions(skein_valijson INTERFACE VALIJSON_USE_EXCEPTIONS=1)

# libcurl is loaded when it is first needed (src/http/libcurl.hpp).
add_library(skein_libcurl_headers INTERFACE)
target_include_directories(skein_libcurl_headers SYSTEM INTERFACE ${CURL_INCLUDE_DIRS})
