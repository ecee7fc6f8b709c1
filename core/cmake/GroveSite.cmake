# After all rooms. Target `site`: the documentation as a static site, from the tree's texts and public headers, in
# build/site. Without cmark-gfm there is no such target.
find_program(GROVE_CMARK cmark-gfm)
find_package(Python3 COMPONENTS Interpreter QUIET)
if(NOT GROVE_CMARK OR NOT Python3_FOUND)
    message(STATUS "cmark-gfm or python3 is not installed: no target site")
    return()
endif()
get_property(GROVE_SITE_HEADERS GLOBAL PROPERTY GROVE_PUBLIC_HEADERS)
add_custom_target(site
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${PROJECT_BINARY_DIR}/site
    COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_LIST_DIR}/site/site.py ${PROJECT_SOURCE_DIR} $<TARGET_FILE:grove>
        ${PROJECT_BINARY_DIR}/site ${GROVE_VERSION} ${GROVE_SITE_HEADERS}
    COMMENT "Writing ${PROJECT_BINARY_DIR}/site/index.html" VERBATIM)
