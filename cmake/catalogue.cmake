# The tables of data/ compiled into the room `standard`: tools/make_catalogue.cpp reads the CSV files and writes one C++
# source of constant data. Included after rooms.cmake.
file(GLOB catalogue_tables CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/*.csv)
set(catalogue_source ${CMAKE_BINARY_DIR}/generated/catalogue_tables.cpp)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)

add_executable(make_catalogue ${CMAKE_SOURCE_DIR}/tools/make_catalogue.cpp ${CMAKE_SOURCE_DIR}/src/standard/csv.cpp)
target_include_directories(make_catalogue PRIVATE ${CMAKE_SOURCE_DIR}/src)
add_custom_command(OUTPUT ${catalogue_source}
                   COMMAND make_catalogue ${CMAKE_SOURCE_DIR}/data ${catalogue_source}
                   DEPENDS make_catalogue ${catalogue_tables}
                   COMMENT "Making the catalogue of data/*.csv" VERBATIM)
target_sources(rampart_standard PRIVATE ${catalogue_source})
