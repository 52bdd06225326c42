# What is installed: bin/skein, lib/libskein.so, include/skein/*.hpp and a CMake package, so that in another project
#
#   find_package(skein REQUIRED)
#   target_link_libraries(program PRIVATE skein::skein)
#
# is all there is to it. `cpack -G DEB` makes a Debian package of the same.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The library holds every folder but the command line. Only namespace skein is visible from outside; what it is built with stays within.
get_property(folders GLOBAL PROPERTY SKEIN_FOLDERS)
list(REMOVE_ITEM folders skein_cli skein_app)
get_property(libraries GLOBAL PROPERTY SKEIN_LIBRARIES)
list(REMOVE_DUPLICATES libraries)
# Imported shared libraries are linked as files: by name, the installed package would list them as dependencies.
foreach(library IN LISTS libraries)
  get_target_property(type ${library} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    list(APPEND private $<TARGET_LINKER_FILE:${library}>)
  else()
    list(APPEND private ${library})
  endif()
endforeach()
list(TRANSFORM folders REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)

set(symbols ${PROJECT_SOURCE_DIR}/cmake/libskein.map)
add_library(libskein SHARED ${objects})
set_target_properties(libskein PROPERTIES
  OUTPUT_NAME skein EXPORT_NAME skein LINKER_LANGUAGE CXX LINK_DEPENDS ${symbols}
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_include_directories(libskein INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(libskein INTERFACE cxx_std_23)
target_link_libraries(libskein PRIVATE ${private} INTERFACE Boost::json)
target_link_options(libskein PRIVATE -Wl,--version-script=${symbols} -Wl,-z,defs)

install(TARGETS libskein EXPORT skein
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_COMPONENT dev)
if(TARGET skein)
  install(TARGETS skein RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/skein DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN "*.hpp")

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/skein)
install(EXPORT skein NAMESPACE skein:: FILE skeinTargets.cmake DESTINATION ${package_folder} COMPONENT dev)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/skeinConfig.cmake.in ${PROJECT_BINARY_DIR}/skeinConfig.cmake
  INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/skeinConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/skeinConfig.cmake ${PROJECT_BINARY_DIR}/skeinConfigVersion.cmake
  DESTINATION ${package_folder} COMPONENT dev)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME skein)
set(CPACK_PACKAGE_CONTACT "The Skein authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libcurl4)  # loaded at run time, so nobody sees it in the program
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libboost-json1.81-dev")
include(CPack)
