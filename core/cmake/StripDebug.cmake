# Run by cpack before it packs: debug information goes, names stay, for the stacks that SIGUSR2 writes.
set(installed "${CPACK_TEMPORARY_DIRECTORY}/*/usr")
file(GLOB_RECURSE files "${installed}/bin/*" "${installed}/lib/*.so" "${installed}/lib/*.so.*")
foreach(file IN LISTS files)
    if(NOT IS_SYMLINK "${file}")
        execute_process(COMMAND strip --strip-debug "${file}" COMMAND_ERROR_IS_FATAL ANY)
    endif()
endforeach()
