# After all rooms. Target `docs`: the reference of the public headers, by Doxygen, in build/docs/html. It fails on the
# first warning, so on any public name that says nothing. Without Doxygen there is no such target.
find_program(GROVE_DOXYGEN doxygen)
if(NOT GROVE_DOXYGEN)
    message(STATUS "doxygen is not installed: no target docs")
    return()
endif()

get_property(GROVE_DOCS_INPUT GLOBAL PROPERTY GROVE_HEADER_DIRS)
foreach(folder IN LISTS GROVE_DOCS_INPUT) # a part may have no public header
    if(NOT EXISTS ${folder})
        list(REMOVE_ITEM GROVE_DOCS_INPUT ${folder})
    endif()
endforeach()

# What stands in headers only because a template needs it.
set(GROVE_DOCS_INTERNAL
    bound_call feeding greenlet_state handoff job_task lease_line local_value mapped_task mapping_job member_list place published
    queue_store ready_list slot stored_call thread_task zip)
list(TRANSFORM GROVE_DOCS_INTERNAL REPLACE "(.+)" "*/\\1.h")
set(GROVE_DOCS_INTERNAL_NAMES
    AsyncOutcome GreenletFunction GreenletOf GreenletState Held ImapHold KnowsIfClean LeaseStore LocalVariable
    MemberFunction is_clean
    Published ResultOfMapping StoredCall ThreadCall ThreadOutcome* VectorOfResults)
list(TRANSFORM GROVE_DOCS_INTERNAL_NAMES PREPEND grove::detail::)
list(APPEND GROVE_DOCS_INTERNAL_NAMES grove::postgres::detail::*)

set(GROVE_DOCS_FILTER ${CMAKE_CURRENT_LIST_DIR}/doxygen.sed)
foreach(list GROVE_DOCS_INPUT GROVE_DOCS_INTERNAL GROVE_DOCS_INTERNAL_NAMES)
    list(JOIN ${list} " " ${list})
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in ${PROJECT_BINARY_DIR}/docs/Doxyfile @ONLY)
add_custom_target(docs COMMAND ${GROVE_DOXYGEN} ${PROJECT_BINARY_DIR}/docs/Doxyfile VERBATIM
    COMMENT "Writing ${PROJECT_BINARY_DIR}/docs/html/index.html")
