# grove_add_plugin(NAME SOURCE...): a handler plugin, NAME.so, for `grove serve`.
function(grove_add_plugin name)
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
    add_library(${name} MODULE ${ARGN})
    target_link_libraries(${name} PRIVATE grove::http)
    target_link_options(${name} PRIVATE LINKER:--version-script=${map})
    # Two generations of one plugin live side by side during a reload: they must not share inline statics.
    target_compile_options(${name} PRIVATE -fvisibility=hidden -fvisibility-inlines-hidden
        $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
    set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} LINK_DEPENDS ${map})
    if(GROVE_PLUGIN_OUTPUT_DIRECTORY)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${GROVE_PLUGIN_OUTPUT_DIRECTORY}
            INSTALL_RPATH "$ORIGIN/../..")
    endif()
endfunction()
