# Run by cpack before it packs: debug information goes, names stay, for the stacks that SIGUSR2 writes.
file(GLOB_RECURSE files "${CPACK_TEMPORARY_DIRECTORY}/*/usr/bin/*" "${CPACK_TEMPORARY_DIRECTORY}/*/usr/lib/*.so*")
foreach(file IN LISTS files)
    if(NOT IS_SYMLINK "${file}")
        execute_process(COMMAND strip --strip-debug "${file}" COMMAND_ERROR_IS_FATAL ANY)
    endif()
endforeach()
