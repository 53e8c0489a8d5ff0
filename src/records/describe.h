// The description of the stored form, made from the very functions that write and read it.
#pragma once

#include <string>

#include "records/stored.h"

namespace rampart::records {

/// append_shared writes tables of what several kinds share: the envelope, the maps that fields hold, the enumerations.
/// append_fields (stored.h) writes the table of one kind.
void append_shared(std::string& out);

/// schema_version is the version in which records of `kind` are written now; 0 where the kind is not known.
uint16_t schema_version(Kind kind);

}  // namespace rampart::records
