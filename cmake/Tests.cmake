# Every tests/<room>/test_<name>.c (cmocka), .sh and .py is one test, <room>_test_<name>.
# Those called test_all_<name> have the label "all" and run in ./dev test-all only; the
# others have the label "quick". Scripts get SOURCE_DIR, BINARY_DIR, CHAINRULE (the program),
# and CC in their environment; exit code 77 means skipped. CHAINRULE_TEST_WRAPPER goes before
# the command of every cmocka test, and scripts get it with spaces.

set(CHAINRULE_TEST_WRAPPER "" CACHE STRING "Command before every test program, such as valgrind")
string(REPLACE ";" " " wrapper_line "${CHAINRULE_TEST_WRAPPER}")

find_program(CHAINRULE_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(CHAINRULE_PYTHON python3)

function(chainrule_describe_test target name)
    set(label quick)
    if(name MATCHES "^test_all_")
        set(label all)
    endif()
    set_tests_properties(${target} PROPERTIES LABELS ${label} TIMEOUT 1200 SKIP_RETURN_CODE 77
        ENVIRONMENT "SOURCE_DIR=${CMAKE_SOURCE_DIR};BINARY_DIR=${CMAKE_BINARY_DIR};\
CHAINRULE=$<TARGET_FILE:chainrule>;CC=${CMAKE_C_COMPILER};CHAINRULE_WRAPPER=${wrapper_line};\
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
endfunction()

if(CMOCKA_FOUND)
    file(GLOB test_sources CONFIGURE_DEPENDS tests/*/test_*.c)
    foreach(source ${test_sources})
        get_filename_component(name ${source} NAME_WE)
        get_filename_component(room ${source} DIRECTORY)
        get_filename_component(room ${room} NAME)
        set(target ${room}_${name})
        add_executable(${target} ${source})
        target_include_directories(${target} PRIVATE src tests)
        target_compile_definitions(${target} PRIVATE
            SOURCE_DIR="${CMAKE_SOURCE_DIR}" BINARY_DIR="${CMAKE_BINARY_DIR}")
        target_link_libraries(${target} PRIVATE chainrule_static chainrule_flags
            PkgConfig::CMOCKA Threads::Threads m)
        add_test(NAME ${target} COMMAND ${CHAINRULE_TEST_WRAPPER} $<TARGET_FILE:${target}>)
        chainrule_describe_test(${target} ${name})
    endforeach()
    target_sources(fuzz_test_fuzz PRIVATE ${fuzz_sources})
    target_link_libraries(fuzz_test_fuzz PRIVATE PkgConfig::JANSSON PkgConfig::ZLIB)
    target_sources(kernels_test_amx PRIVATE tests/kernels/amx_emulated_avx512.c)
    set_source_files_properties(tests/kernels/amx_emulated_avx512.c PROPERTIES
        COMPILE_OPTIONS "${avx512_flags}")
endif()

# What tests/perf/test_all_instructions.py counts the instructions of.
add_executable(perf_count_steps tests/perf/count_steps.c)
target_include_directories(perf_count_steps PRIVATE src)
target_link_libraries(perf_count_steps PRIVATE chainrule_static chainrule_flags Threads::Threads m)

file(GLOB scripts CONFIGURE_DEPENDS tests/*/test_*.sh tests/*/test_*.py)
foreach(script ${scripts})
    get_filename_component(name ${script} NAME_WE)
    get_filename_component(room ${script} DIRECTORY)
    get_filename_component(room ${room} NAME)
    set(target ${room}_${name})
    if(script MATCHES "\\.py$")
        add_test(NAME ${target} COMMAND ${CHAINRULE_PYTHON} ${script})
    else()
        add_test(NAME ${target} COMMAND sh ${script})
    endif()
    chainrule_describe_test(${target} ${name})
endforeach()
