# One folder under src/ is one static library, with its unit tests beside its sources.
#
#   skein_folder(NAME
#     SOURCES a.cpp b.cpp          # explicit, never globbed
#     TESTS   a_test.cpp           # become one test program, skein_NAME_test
#     LINKS   skein_base fmt::fmt  # public dependencies: lower floors and libraries
#     PRIVATE_LINKS ...            # dependencies that its headers do not show
#     TEST_LINKS ...)              # only for the tests
define_property(GLOBAL PROPERTY SKEIN_FOLDERS BRIEF_DOCS "targets made by skein_folder")
define_property(GLOBAL PROPERTY SKEIN_LIBRARIES BRIEF_DOCS "what they link from outside the project")

function(skein_folder name)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;LINKS;PRIVATE_LINKS;TEST_LINKS" ${ARGN})
  set(target skein_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_link_libraries(${target} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  set(outside ${ARG_LINKS} ${ARG_PRIVATE_LINKS})
  list(FILTER outside EXCLUDE REGEX "^skein_")
  set_property(GLOBAL APPEND PROPERTY SKEIN_FOLDERS ${target})
  set_property(GLOBAL APPEND PROPERTY SKEIN_LIBRARIES ${outside})
  if(SKEIN_TESTS AND ARG_TESTS)
    skein_test(${target}_test SOURCES ${ARG_TESTS} LINKS ${target} ${ARG_TEST_LINKS})
  endif()
endfunction()

# A GoogleTest program, registered with ctest under its own name.
function(skein_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} skein_test_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()
