# What is installed besides the program, and the Debian package.
include(GNUInstallDirs)
set(examples ${CMAKE_INSTALL_DATADIR}/doc/backshelf/examples)

install(TARGETS backshelf RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# mount(8) looks for mount.TYPE in /sbin, which is /usr/sbin since Debian 12. Relative links: any prefix will do.
foreach(type backshelf fuse.backshelf)
  set(link ${CMAKE_CURRENT_BINARY_DIR}/mount.${type})
  file(CREATE_LINK ../${CMAKE_INSTALL_BINDIR}/backshelf ${link} SYMBOLIC)
  install(FILES ${link} DESTINATION ${CMAKE_INSTALL_SBINDIR})
endforeach()

install(FILES ${CMAKE_CURRENT_LIST_DIR}/../backshelf.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/../backshelf.ini.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/backshelf.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/completion.bash RENAME backshelf
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/backshelf.ini ${CMAKE_CURRENT_LIST_DIR}/credential.conf
        DESTINATION ${examples})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/debian/copyright
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/backshelf)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME backshelf)
set(CPACK_PACKAGE_CONTACT "Backshelf maintainers <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "every encrypted Home Assistant backup, as a folder you can open")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Mounts Home Assistant backup archives as decrypted, read-only folders, makes
backups of an installation that Home Assistant restores, and deletes, verifies
and restores them, from a shell, a file manager or a Samba share.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/compress.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# fusermount3, for mounts of ordinary users.
set(CPACK_DEBIAN_PACKAGE_DEPENDS fuse3)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/debian/postinst
    ${CMAKE_CURRENT_LIST_DIR}/debian/prerm ${CMAKE_CURRENT_LIST_DIR}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
