# The program, both libraries, headers, pkg-config file, CMake package and manual page.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/chainrule)

install(TARGETS chainrule)
install(TARGETS chainrule_shared EXPORT chainrule-shared)
install(TARGETS chainrule_static EXPORT chainrule-static)
install(DIRECTORY include/chainrule TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(FILES man/chainrule.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# The pkg-config file finds its own prefix, so that the tree can be moved.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/chainrule.pc.in chainrule.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/chainrule.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

foreach(kind shared static)
    install(EXPORT chainrule-${kind} NAMESPACE chainrule:: DESTINATION ${package_dir})
endforeach()
configure_package_config_file(cmake/chainrule-config.cmake.in chainrule-config.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(chainrule-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/chainrule-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/chainrule-config-version.cmake DESTINATION ${package_dir})
