# Run by CPack on the tree to be packed: Debian wants manual pages and changelogs gzipped, without a time.
file(GLOB pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man/man?/*.[1-9])
foreach(page ${pages})
  execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
