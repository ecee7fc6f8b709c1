# What `cmake --install` writes: libraries, headers, CMake package, pkg-config files. The tree may be moved
# afterwards: nothing in it names the prefix.
include(CMakePackageConfigHelpers)

# Components: what runs, grove_manual for those who type its commands, grove_dev to build against it. Without --component
# all is installed.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME grove_runtime)

# The soname changes with every release that breaks compiled users: before 1.0 each minor one, then each major.
# So there are no symbol versions: two incompatible libraries never have one name.
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(GROVE_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    set(grove_compatibility SameMinorVersion)
else()
    set(GROVE_SOVERSION ${PROJECT_VERSION_MAJOR})
    set(grove_compatibility SameMajorVersion)
endif()

# Always lib, also where Debian has lib/TRIPLET: the binary finds its plugins in ../lib/grove/apps.
set(GROVE_LIBRARY_DIR lib)
set(GROVE_CMAKE_DIR ${GROVE_LIBRARY_DIR}/cmake/grove)

set(grove_cmake_sources ${CMAKE_CURRENT_LIST_DIR})

# One room's library, headers and grove-ROOM.pc; `links` are the rooms it stands on, as grove::ROOM.
function(grove_install_room name links)
    install(TARGETS grove_${name} EXPORT groveTargets
        LIBRARY DESTINATION ${GROVE_LIBRARY_DIR} NAMELINK_COMPONENT grove_dev
        FILE_SET HEADERS DESTINATION include COMPONENT grove_dev)
    string(REGEX REPLACE "grove::([a-z]+)" "grove-\\1 = ${PROJECT_VERSION}" room_requires "${links}")
    string(REPLACE ";" ", " room_requires "${room_requires}")
    set(room ${name})
    configure_file(${grove_cmake_sources}/grove-room.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/grove-${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/grove-${name}.pc DESTINATION ${GROVE_LIBRARY_DIR}/pkgconfig
        COMPONENT grove_dev)
endfunction()

# find_package(grove), after all rooms.
function(grove_install_package)
    install(EXPORT groveTargets NAMESPACE grove:: DESTINATION ${GROVE_CMAKE_DIR} COMPONENT grove_dev)
    configure_package_config_file(${grove_cmake_sources}/groveConfig.cmake.in
        ${PROJECT_BINARY_DIR}/groveConfig.cmake INSTALL_DESTINATION ${GROVE_CMAKE_DIR}
        NO_SET_AND_CHECK_MACRO)
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/groveConfigVersion.cmake
        COMPATIBILITY ${grove_compatibility})
    install(FILES
        ${PROJECT_BINARY_DIR}/groveConfig.cmake ${PROJECT_BINARY_DIR}/groveConfigVersion.cmake
        ${grove_cmake_sources}/GrovePlugin.cmake ${grove_cmake_sources}/plugin.map
        DESTINATION ${GROVE_CMAKE_DIR} COMPONENT grove_dev)
endfunction()
