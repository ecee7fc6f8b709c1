# Until a version is released its headers change from day to day, and with them what a plugin was compiled against: a
# hash of them all stands in <grove/http/headers_hash.h>, and from there in the signature that a plugin carries.
set(GROVE_HASH_DIR ${PROJECT_BINARY_DIR}/include)
set(GROVE_HASH_HEADER ${GROVE_HASH_DIR}/grove/http/headers_hash.h)

# After all rooms. A header that changes has CMake run again; the file is written only if the hash is another.
function(grove_write_headers_hash)
    get_property(headers GLOBAL PROPERTY GROVE_PUBLIC_HEADERS)
    list(SORT headers)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})
    set(all)
    foreach(header IN LISTS headers)
        file(SHA256 ${header} hash)
        cmake_path(RELATIVE_PATH header BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
        string(APPEND all "${header} ${hash}\n")
    endforeach()
    set(GROVE_HEADERS)
    if(GROVE_VERSION MATCHES "-")
        string(SHA256 hash "${all}")
        string(SUBSTRING ${hash} 0 12 hash)
        set(GROVE_HEADERS " headers-${hash}")
    endif()
    configure_file(${PROJECT_SOURCE_DIR}/core/cmake/headers_hash.h.in ${GROVE_HASH_HEADER} @ONLY)
endfunction()
