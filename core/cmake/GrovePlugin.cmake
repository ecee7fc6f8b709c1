include(CheckCXXCompilerFlag)

# Sets GROVE_STACK_PROBES: the option by which a frame larger than the guard below a stack touches it on its way,
# and so cannot step over it into another stack; empty where the compiler has none for the processor.
macro(grove_find_stack_probes)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_cxx_compiler_flag(-fstack-clash-protection GROVE_HAS_STACK_PROBES)
    unset(CMAKE_REQUIRED_FLAGS)
    set(GROVE_STACK_PROBES $<$<BOOL:${GROVE_HAS_STACK_PROBES}>:-fstack-clash-protection>)
endmacro()

# Sets GROVE_HARDENING and GROVE_HARDENING_LINKS: options of optimised builds that no sanitizer watches, by which a
# program that writes past a buffer ends, and has little that could be overwritten. Shadow stacks are not among them:
# they do not survive the switches of greenlets.
macro(grove_find_hardening)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_cxx_compiler_flag(-fstack-protector-strong GROVE_HAS_STACK_PROTECTOR)
    check_cxx_compiler_flag(-fcf-protection=branch GROVE_HAS_BRANCH_PROTECTION)
    check_cxx_compiler_flag(-fno-plt GROVE_HAS_NO_PLT)
    unset(CMAKE_REQUIRED_FLAGS)
    set(GROVE_HARDENED $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
    if(GROVE_SANITIZE)
        set(GROVE_HARDENED 0)
    endif()
    set(GROVE_HARDENING
        $<${GROVE_HARDENED}:-U_FORTIFY_SOURCE> $<${GROVE_HARDENED}:-D_FORTIFY_SOURCE=2>
        $<$<AND:${GROVE_HARDENED},$<BOOL:${GROVE_HAS_STACK_PROTECTOR}>>:-fstack-protector-strong>
        $<$<AND:${GROVE_HARDENED},$<BOOL:${GROVE_HAS_BRANCH_PROTECTION}>>:-fcf-protection=branch>
        # All is bound at start (-z now): a call of another library needs no stub that could bind it later.
        $<$<AND:${GROVE_HARDENED},$<BOOL:${GROVE_HAS_NO_PLT}>>:-fno-plt>)
    set(GROVE_HARDENING_LINKS $<${GROVE_HARDENED}:LINKER:-z,relro,-z,now>)
endmacro()

# grove_compile_for_plugin(TARGET): its sources are compiled as a plugin's are. For an OBJECT library that a plugin and a
# test link, so that each source is compiled once.
function(grove_compile_for_plugin target)
    grove_find_stack_probes()
    grove_find_hardening()
    # Two generations of one plugin live side by side during a reload: they must not share inline statics.
    # Stacks are walked by frame pointers.
    target_compile_options(${target} PRIVATE -fvisibility=hidden -fvisibility-inlines-hidden -fno-omit-frame-pointer
        $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique> ${GROVE_STACK_PROBES} ${GROVE_HARDENING})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# grove_add_plugin(NAME SOURCE...): a plugin, NAME.so, for `grove serve`: an application or a middleware.
function(grove_add_plugin name)
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
    grove_find_hardening()
    add_library(${name} MODULE ${ARGN})
    grove_compile_for_plugin(${name})
    target_link_libraries(${name} PRIVATE grove::http)
    target_link_options(${name} PRIVATE LINKER:--version-script=${map} ${GROVE_HARDENING_LINKS})
    set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name} LINK_DEPENDS ${map})
    if(GROVE_PLUGIN_OUTPUT_DIRECTORY)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${GROVE_PLUGIN_OUTPUT_DIRECTORY}
            INSTALL_RPATH "$ORIGIN/../..")
    endif()
endfunction()
