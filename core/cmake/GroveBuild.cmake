# How every room is compiled: language, visibility, warnings, sanitizers, where results lie.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# The tree may be moved: whatever is built finds its libraries beside itself.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(GROVE_PLUGIN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/grove/apps)
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN;$ORIGIN/../lib")
# A program or plugin is not linked anew because a library that it loads has changed.
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

add_library(grove_warnings INTERFACE)
target_compile_options(grove_warnings INTERFACE
    -Wall -Wextra
    $<$<COMPILE_LANGUAGE:CXX>:-Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast>
    $<$<BOOL:${GROVE_WERROR}>:-Werror>)
# GCC 12 at -O3 sees overlaps in libstdc++'s own string operations that cannot be (GCC's bug 105651).
target_compile_options(grove_warnings INTERFACE
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
if(GROVE_SANITIZE)
    # GCC's manual: with sanitizers this one has false positives; GCC 12 has them in <regex>.
    target_compile_options(grove_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# Nobody replaces a function of ours by preloading: calls within one library need no indirection.
add_compile_options(-fno-semantic-interposition)
add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY>:-Wl,-Bsymbolic-functions>)

# A large frame touches the guard below a stack on its way over it.
grove_find_stack_probes()
add_compile_options(${GROVE_STACK_PROBES})

grove_find_hardening()
add_compile_options(${GROVE_HARDENING})
add_link_options(${GROVE_HARDENING_LINKS})

# Parked greenlets' stacks are walked by frame pointers.
add_compile_options(-fno-omit-frame-pointer)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-g1)
endif()
if(GROVE_SANITIZE)
    add_compile_options(-fsanitize=${GROVE_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${GROVE_SANITIZE})
endif()

# A release optimises each library as a whole: core's switches and http's parsing gain 10 to 20 %.
include(CheckIPOSupported)
check_ipo_supported(RESULT GROVE_IPO OUTPUT GROVE_IPO_REFUSAL LANGUAGES CXX)
if(GROVE_SANITIZE)
    set(GROVE_IPO OFF)
endif()
# In one part: a function that is called by its name alone is known to be, and has no landing mark (-2 % of a request's
# instructions, with llhttp's).
set(GROVE_ONE_PART $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>,$<BOOL:${GROVE_IPO}>>:-flto-partition=one>)

# What a request runs lies together (hot.ld of each room). Each system call may cost the processor all that it knows
# of our pages, and a request makes two: 122 pages in place of 171 save 5 % of a bare GET, kernel included.
include(CheckLinkerFlag)
check_linker_flag(CXX "LINKER:-T,${PROJECT_SOURCE_DIR}/core/hot.ld" GROVE_LINKER_ORDERS)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND GROVE_LINKER_ORDERS)
    set(GROVE_ORDERED ON)
endif()

# How dates and hexadecimal digits are written, by whatever is built here: headers alone, as "x.h", never installed.
add_library(grove_text INTERFACE)
target_compile_options(grove_text INTERFACE "SHELL:-iquote \"${PROJECT_SOURCE_DIR}/core/text\"")

# Most of a source's compile time goes into headers: the sources of a part are compiled eight at a time. Where this is
# off, a missing include shows, and a changed source is compiled alone.
option(GROVE_UNITY "Compile the sources of a part by eight" ON)

# The objects of a room, or of a part of one, as its library is made of them.
function(grove_objects name)
    add_library(${name} OBJECT ${ARGN})
    target_compile_definitions(${name} PRIVATE GROVE_BUILDING)
    target_link_libraries(${name} PRIVATE grove_text grove_warnings)
    set_target_properties(${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION_RELEASE ${GROVE_IPO}
        UNITY_BUILD "${GROVE_UNITY}" UNITY_BUILD_BATCH_SIZE 8)
    if(GROVE_ORDERED)
        target_compile_options(${name} PRIVATE -ffunction-sections)
    endif()
endfunction()

# grove_part(ROOM NAME [USES part...] [PUBLIC_LINKS ...] [PRIVATE_LINKS ...] [SOURCES ...] [HEADERS ...])
# A part of a room, in a folder of its own. It sees its own headers and those of the parts that it uses, "message" of its
# room or "http/message" of another, and those that these use: an include of any other does not compile. Others see its
# headers by grove_ROOM_NAME, and have the objects too by grove_ROOM_NAME_objects.
function(grove_part room name)
    cmake_parse_arguments(PART "" "" "USES;PUBLIC_LINKS;PRIVATE_LINKS;SOURCES;HEADERS" ${ARGN})
    set(part grove_${room}_${name})
    list(TRANSFORM PART_USES REPLACE "^[a-z0-9]+$" "${room}/\\0")
    list(TRANSFORM PART_USES REPLACE "(.+)/(.+)" "grove_\\1_\\2")
    list(TRANSFORM PART_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    add_library(${part} INTERFACE)
    if(PART_HEADERS)
        target_include_directories(${part} INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
    endif()
    # For #include "x.h" alone: <x.h> stays the system's. Without SHELL: CMake keeps the first -iquote of several.
    target_compile_options(${part} INTERFACE "SHELL:-iquote \"${CMAKE_CURRENT_SOURCE_DIR}\"")
    target_link_libraries(${part} INTERFACE ${PART_USES} ${PART_PUBLIC_LINKS})
    set_target_properties(${part} PROPERTIES
        GROVE_HEADER_DIR ${CMAKE_CURRENT_SOURCE_DIR}/include GROVE_HEADERS "${PART_HEADERS}")
    if(PART_SOURCES)
        grove_objects(${part}_objects ${PART_SOURCES})
        target_link_libraries(${part}_objects PUBLIC ${part} PRIVATE ${PART_PRIVATE_LINKS})
    endif()
endfunction()

# grove_room(NAME [PARTS ...] [PUBLIC_LINKS ...] [PRIVATE_LINKS ...] [SOURCES ...] HEADERS ... [HASH])
# One room: its objects (tests of private classes link them), its shared library, its headers, those of its parts
# included. HASH: that of all headers is one of them.
function(grove_room name)
    cmake_parse_arguments(ROOM "HASH" "" "PARTS;PUBLIC_LINKS;PRIVATE_LINKS;SOURCES;HEADERS" ${ARGN})
    set(objects grove_${name}_objects)
    set(header_dirs ${CMAKE_CURRENT_SOURCE_DIR}/include)
    list(TRANSFORM ROOM_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    list(TRANSFORM ROOM_PARTS PREPEND grove_${name}_)
    set(part_objects)
    foreach(part IN LISTS ROOM_PARTS)
        get_target_property(part_headers ${part} GROVE_HEADERS)
        get_target_property(part_dir ${part} GROVE_HEADER_DIR)
        list(APPEND ROOM_HEADERS ${part_headers})
        list(APPEND header_dirs ${part_dir})
        if(TARGET ${part}_objects)
            list(APPEND part_objects ${part}_objects)
        endif()
    endforeach()
    set_property(GLOBAL APPEND PROPERTY GROVE_PUBLIC_HEADERS ${ROOM_HEADERS})
    set_property(GLOBAL APPEND PROPERTY GROVE_HEADER_DIRS ${header_dirs})
    if(ROOM_HASH)
        list(APPEND header_dirs ${GROVE_HASH_DIR})
        list(APPEND ROOM_HEADERS ${GROVE_HASH_HEADER})
    endif()
    if(ROOM_SOURCES)
        grove_objects(${objects} ${ROOM_SOURCES})
        target_include_directories(${objects} PUBLIC ${header_dirs})
        target_link_libraries(${objects} PUBLIC ${ROOM_PARTS} ${ROOM_PUBLIC_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
        set(all_objects $<TARGET_OBJECTS:${objects}>)
    else()
        add_library(${objects} INTERFACE)
        target_include_directories(${objects} INTERFACE ${header_dirs})
        set(all_objects)
    endif()
    target_link_libraries(${objects} INTERFACE ${part_objects})
    foreach(part IN LISTS part_objects)  # a library of objects hands on its own alone
        target_sources(${objects} INTERFACE $<TARGET_OBJECTS:${part}>)
        list(APPEND all_objects $<TARGET_OBJECTS:${part}>)
    endforeach()

    add_library(grove_${name} SHARED ${all_objects})
    add_library(grove::${name} ALIAS grove_${name})
    set_target_properties(grove_${name} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON
        INTERPROCEDURAL_OPTIMIZATION_RELEASE ${GROVE_IPO}
        VERSION ${PROJECT_VERSION} SOVERSION ${GROVE_SOVERSION})
    target_sources(grove_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${header_dirs} FILES ${ROOM_HEADERS})
    target_link_libraries(grove_${name} PUBLIC ${ROOM_PUBLIC_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
    target_link_options(grove_${name} PRIVATE ${GROVE_ONE_PART})
    if(GROVE_ORDERED)
        target_link_options(grove_${name} PRIVATE -ffunction-sections "LINKER:-T,${CMAKE_CURRENT_SOURCE_DIR}/hot.ld")
        set_target_properties(grove_${name} PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/hot.ld)
    endif()
    target_compile_features(grove_${name} PUBLIC cxx_std_20)
    grove_install_room(${name} "${ROOM_PUBLIC_LINKS}")
endfunction()
