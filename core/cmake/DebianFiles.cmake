# Run by cpack before it packs the folders of its temporary directory, one for each package.
cmake_minimum_required(VERSION 3.25)
string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, if that is set
file(GLOB packages "${CPACK_TEMPORARY_DIRECTORY}/*")
foreach(package IN LISTS packages)
    # Debug information goes, names stay, for the stacks that SIGUSR2 writes. The libraries are where the loader looks.
    file(GLOB_RECURSE files "${package}/usr/bin/*" "${package}/usr/lib/*.so" "${package}/usr/lib/*.so.*")
    foreach(file IN LISTS files)
        if(NOT IS_SYMLINK "${file}")
            execute_process(COMMAND strip --strip-debug "${file}" COMMAND_ERROR_IS_FATAL ANY)
            file(RPATH_REMOVE FILE "${file}")
        endif()
    endforeach()

    # What Debian wants of every package: its terms, and its versions as Debian writes them.
    get_filename_component(name "${package}" NAME)
    set(docs "${package}/usr/share/doc/${name}")
    file(MAKE_DIRECTORY "${docs}")
    file(COPY_FILE "${CMAKE_CURRENT_LIST_DIR}/../../LICENSE" "${docs}/copyright")
    file(WRITE "${docs}/changelog" "grove (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * What has changed is told by CHANGELOG.md of the sources.

 -- ${CPACK_PACKAGE_CONTACT}  ${today}
")
    execute_process(COMMAND gzip -9nf "${docs}/changelog" COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB overrides "${CMAKE_CURRENT_LIST_DIR}/../../conf/debian/${name}.lintian-overrides")
    foreach(file IN LISTS overrides)
        file(MAKE_DIRECTORY "${package}/usr/share/lintian/overrides")
        file(COPY_FILE "${file}" "${package}/usr/share/lintian/overrides/${name}")
    endforeach()
endforeach()
