// The address spaces of S7comm, and objects as people write them: DB10.DBD4, M0.1, block OB1, szl 0x0011. Immutable
// tables and pure functions; any thread may use them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocols/registry.h"

namespace rampart::protocols::s7comm {

/// Places in spaces(). Memory is addressed in bits: octet * 8 + bit. In the spaces up to kFirstNamed an Object is told
/// by numbers; from there on by its name.
enum SpaceNumber : uint8_t {
  kDb,          // container: number of the data block
  kDi,          // container: number of the instance data block
  kMemory,      // M, flags
  kInput,       // I
  kOutput,      // Q
  kLocal,       // L
  kPrevious,    // V: local data of the caller
  kPeripheral,  // P: inputs and outputs past the process image
  kSpecial,     // SM: special flags of the S7-200
  kAnalogInput,
  kAnalogOutput,
  kSystem,  // SYS: system information of the S7-200
  kTimer,   // addresses: numbers of timers
  kCounter,
  kIecTimer,    // S7-200
  kIecCounter,  // S7-200
  kArea,        // container: data block << 8 | code of an area that we do not know; addresses as on the wire
  kBlock,       // container: type of the block, 8 = OB; addresses: numbers of blocks; detail: file system, 'P' 'A' 'B'
  kSzl,         // address: id << 16 | index
  kNck,         // container: area and unit << 8 | module; address: column << 16 | line
  kDrive,       // container: device; address: parameter << 16 | index
  kSlot,        // container: rack; address: slot; detail: kind of the connection
  kConnection,  // address: identifier of a block send (R_ID)
  kSyntax,      // address: number of an addressing scheme that we cannot read
  kFirstNamed,
  kSymbol = kFirstNamed,  // symbolic access of the S7-1200
  kTsap,
  kFile,
  kService,
  kSpaceCount,
};

std::span<const Space> spaces();

ParsedObject parse_object(std::string_view text);
void append_object(std::string& out, const Object& object);

/// block_letters is `OB` for 8, `DB` for 10; empty for numbers that are no type of block.
std::string_view block_letters(uint32_t type);

}  // namespace rampart::protocols::s7comm
