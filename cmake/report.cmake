# The built page of the report, web/dist/report.html, compiled into the room `apps`. Included after rooms.cmake. The page
# is built by `npm run build` in web/ and kept in the repository: a build of Rampart needs no node.
set(report_page ${CMAKE_SOURCE_DIR}/web/dist/report.html)
set(report_source ${CMAKE_BINARY_DIR}/generated/report_template.cpp)
add_custom_command(OUTPUT ${report_source}
                   COMMAND ${CMAKE_COMMAND} -DPAGE=${report_page} -DSOURCE=${report_source}
                           -P ${CMAKE_SOURCE_DIR}/cmake/embed_report.cmake
                   DEPENDS ${report_page} ${CMAKE_SOURCE_DIR}/cmake/embed_report.cmake
                   COMMENT "Compiling in the page of the report" VERBATIM)
target_sources(rampart_apps PRIVATE ${report_source})
