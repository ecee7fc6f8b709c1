# Debian packages by `cpack --config BUILD/CPackConfig.cmake`: grove, with binary, libraries, plugins, service and
# /etc/grove/grove.json, grove-wsgi with the plugin for Python, and grove-dev to build against them. What the installed
# tree holds and these alone.
set(grove_package_sources ${PROJECT_SOURCE_DIR}/conf/debian)

# Only into a package: `cmake --install` writes nothing outside of its prefix.
install(FILES ${PROJECT_SOURCE_DIR}/conf/grove.json
    DESTINATION /etc/grove COMPONENT grove_system EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/conf/grove.service ${PROJECT_SOURCE_DIR}/conf/grove.socket
    DESTINATION lib/systemd/system COMPONENT grove_system EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME grove)
string(REPLACE "-" "~" CPACK_PACKAGE_VERSION ${GROVE_VERSION})  # dpkg: 0.2.0~dev comes before 0.2.0
set(CPACK_PACKAGE_VENDOR grove)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "greenlets for C++, and a web server with loadable handlers over them")
set(GROVE_PACKAGE_CONTACT "The grove authors <grove@users.noreply.github.com>" CACHE STRING
    "Who makes the Debian packages, as dpkg wants it: NAME <ADDRESS>")
set(CPACK_PACKAGE_CONTACT ${GROVE_PACKAGE_CONTACT})
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/DebianFiles.cmake)
set(CPACK_COMPONENTS_ALL grove_runtime grove_manual grove_system grove_dev)
set(CPACK_COMPONENT_GROVE_RUNTIME_GROUP grove)
set(CPACK_COMPONENT_GROVE_MANUAL_GROUP grove)
set(CPACK_COMPONENT_GROVE_SYSTEM_GROUP grove)
set(CPACK_COMPONENT_GROVE_DEV_GROUP grove-dev)
if(TARGET wsgi)
    list(APPEND CPACK_COMPONENTS_ALL grove_wsgi)
    set(CPACK_COMPONENT_GROVE_WSGI_GROUP grove-wsgi)
    set(CPACK_DEBIAN_GROVE-WSGI_PACKAGE_NAME grove-wsgi)
    set(CPACK_DEBIAN_GROVE-WSGI_PACKAGE_SECTION httpd)
    set(CPACK_DEBIAN_GROVE-WSGI_PACKAGE_SHLIBDEPS ON)
    # It starts the interpreter by the name of its minor, and finds the standard library beside it.
    get_property(minor GLOBAL PROPERTY GROVE_PYTHON_MINOR)
    set(CPACK_DEBIAN_GROVE-WSGI_PACKAGE_DEPENDS "grove (= ${CPACK_PACKAGE_VERSION}), python${minor}")
    set(CPACK_DEBIAN_GROVE-WSGI_PACKAGE_RECOMMENDS "python3-venv")
    set(CPACK_DEBIAN_GROVE-WSGI_DESCRIPTION "The plugin wsgi: grove serves applications of Flask, Django and other
frameworks (PEP 3333), with this Debian's Python.")
endif()

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set(CPACK_DEBIAN_GROVE_PACKAGE_NAME grove)
set(CPACK_DEBIAN_GROVE_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_GROVE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_GROVE_PACKAGE_DEPENDS procps)  # procps: the /bin/kill of the service
set(CPACK_DEBIAN_GROVE_PACKAGE_CONTROL_EXTRA
    ${grove_package_sources}/conffiles ${grove_package_sources}/postinst
    ${grove_package_sources}/prerm ${grove_package_sources}/postrm ${grove_package_sources}/triggers)
set(CPACK_DEBIAN_GROVE_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_GROVE_DESCRIPTION "A slot of its pool is held by a running request: idle connections and slow
heads hold none. This package has the server, its plugins and libraries.")

set(CPACK_DEBIAN_GROVE-DEV_PACKAGE_NAME grove-dev)
set(CPACK_DEBIAN_GROVE-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_GROVE-DEV_PACKAGE_DEPENDS "grove (= ${CPACK_PACKAGE_VERSION})")
set(CPACK_DEBIAN_GROVE-DEV_PACKAGE_RECOMMENDS "g++, cmake, make, nlohmann-json3-dev")
set(CPACK_DEBIAN_GROVE-DEV_DESCRIPTION "Headers for programs and plugins in C++20, for CMake's find_package(grove)
and for pkg-config. `grove new NAME` writes a plugin to begin with.")
# The optional components, each apart, so that grove needs neither libpq nor hiredis: library, headers and CMake package.
get_property(grove_built GLOBAL PROPERTY GROVE_BUILT_COMPONENTS)
set(grove_component_postgres "PostgreSQL")
set(grove_component_redis "Redis")
foreach(component IN LISTS grove_built)
    string(TOUPPER ${component} upper)
    list(APPEND CPACK_COMPONENTS_ALL grove_${component})
    set(CPACK_COMPONENT_GROVE_${upper}_GROUP grove-${component})
    set(CPACK_DEBIAN_GROVE-${upper}_PACKAGE_NAME grove-${component})
    set(CPACK_DEBIAN_GROVE-${upper}_PACKAGE_SECTION libs)
    set(CPACK_DEBIAN_GROVE-${upper}_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_GROVE-${upper}_PACKAGE_CONTROL_EXTRA ${grove_package_sources}/triggers)
    set(CPACK_DEBIAN_GROVE-${upper}_PACKAGE_DEPENDS "grove (= ${CPACK_PACKAGE_VERSION})")
    set(CPACK_DEBIAN_GROVE-${upper}_PACKAGE_RECOMMENDS "grove-dev (= ${CPACK_PACKAGE_VERSION})")
    set(CPACK_DEBIAN_GROVE-${upper}_DESCRIPTION "${grove_component_${component}} for grove's greenlets
The library grove::${component}, and its headers for programs and plugins in C++20.")
endforeach()
include(CPack)
