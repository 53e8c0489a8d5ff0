// Address spaces of IEC 60870-5-104 as rules write them, and the objects that ASDUs are about. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocols/iec104/asdu.h"
#include "protocols/registry.h"

namespace rampart::protocols::iec104 {

/// Space numbers are places in spaces().
enum class SpaceId : uint8_t { ioa, station, clock, parameter, file };
std::span<const Space> spaces();

/// A file's number in its space is the information object address << 16 | the name of the file, which is a number too.
constexpr uint64_t file_number(uint32_t address, uint16_t name) { return uint64_t{address} << 16 | name; }

/// object_of is what object `i` < count of an ASDU is about; of files, the file.
Object object_of(const Asdu& asdu, size_t i);
/// all_objects_of spans the objects of monitored data.
Object all_objects_of(const Asdu& asdu);

/// parse_object reads `ioa 4001-4010`, `station`, `file 30001/1`; append_object writes the same.
ParsedObject parse_object(std::string_view text);
void append_object(std::string& out, const Object& object);

}  // namespace rampart::protocols::iec104
