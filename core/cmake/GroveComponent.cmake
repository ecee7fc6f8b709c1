# Optional components: libraries over pool that are built where what they wrap is found, and packaged apart, so that
# neither grove's package nor its image brings those libraries in.
set(GROVE_COMPONENTS postgres redis)

# grove_component(NAME LINKS lib... SOURCES ... HEADERS ...): libgrove_NAME as grove::NAME, its headers, and its part of
# find_package(grove), all in the install component grove_NAME. Its headers are no part of a plugin's signature.
function(grove_component name)
    cmake_parse_arguments(COMPONENT "" "" "LINKS;SOURCES;HEADERS" ${ARGN})
    set(target grove_${name})
    add_library(${target} SHARED ${COMPONENT_SOURCES})
    add_library(grove::${name} ALIAS ${target})
    target_compile_definitions(${target} PRIVATE GROVE_BUILDING)
    target_link_libraries(${target} PUBLIC grove::pool PRIVATE grove_warnings ${COMPONENT_LINKS})
    target_compile_features(${target} PUBLIC cxx_std_20)
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON
        INTERPROCEDURAL_OPTIMIZATION_RELEASE ${GROVE_IPO} UNITY_BUILD "${GROVE_UNITY}" UNITY_BUILD_BATCH_SIZE 8
        VERSION ${PROJECT_VERSION} SOVERSION ${GROVE_SOVERSION})
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${COMPONENT_HEADERS})
    set_property(GLOBAL APPEND PROPERTY GROVE_BUILT_COMPONENTS ${name})
    set_property(GLOBAL APPEND PROPERTY GROVE_HEADER_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/include)

    install(TARGETS ${target} EXPORT grove-${name}
        LIBRARY DESTINATION ${GROVE_LIBRARY_DIR} COMPONENT ${target} NAMELINK_COMPONENT ${target}
        FILE_SET HEADERS DESTINATION include COMPONENT ${target})
    install(EXPORT grove-${name} NAMESPACE grove:: FILE grove-${name}.cmake DESTINATION ${GROVE_CMAKE_DIR}
        COMPONENT ${target})
    set(room ${name})
    set(room_requires "grove-pool = ${PROJECT_VERSION}")
    configure_file(${PROJECT_SOURCE_DIR}/core/cmake/grove-room.pc.in
        ${PROJECT_BINARY_DIR}/pkgconfig/grove-${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/grove-${name}.pc DESTINATION ${GROVE_LIBRARY_DIR}/pkgconfig
        COMPONENT ${target})
endfunction()

# grove_find_library(TARGET HEADER LIBRARY): an imported target of a C library, if it is there.
function(grove_find_library target header library)
    find_path(GROVE_${library}_INCLUDE ${header} PATH_SUFFIXES postgresql)
    find_library(GROVE_${library}_LIBRARY ${library})
    mark_as_advanced(GROVE_${library}_INCLUDE GROVE_${library}_LIBRARY)
    if(GROVE_${library}_INCLUDE AND GROVE_${library}_LIBRARY)
        add_library(${target} UNKNOWN IMPORTED)
        set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${GROVE_${library}_LIBRARY}
            INTERFACE_INCLUDE_DIRECTORIES ${GROVE_${library}_INCLUDE})
    else()
        message(STATUS "${header} or lib${library} is not there: the component is left out")
    endif()
endfunction()
