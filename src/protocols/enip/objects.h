// What operations of CIP are about, and how that is written in rules: objects of classes, tags, files of PCCC.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocols/registry.h"

namespace rampart::protocols::enip {

/// Places in spaces().
namespace space {
constexpr uint8_t kTag = 0;         // by name; first..last are elements
constexpr uint8_t kClass = 1;       // container: class; first..last: instance << 16 | attribute; name: what holds it
constexpr uint8_t kAssembly = 2;    // a word for class 4; never in an Object
constexpr uint8_t kPccc = 3;        // container: type of file << 16 | file; first..last: words or elements
constexpr uint8_t kConnection = 4;  // of I/O whose opening was not seen: its identifier
}  // namespace space

std::span<const Space> spaces();
/// kHolds stands between a holder and what it holds: `class 104 instance 3 / class 106 instance 8255`.
constexpr std::string_view kHolds = " / ";

constexpr uint64_t kAttributeMost = 0xffff;
/// class_object is an object of a class: all its attributes where `attribute` is none.
Object class_object(uint32_t number, uint32_t instance);
Object class_object(uint32_t number, uint32_t instance, uint16_t first_attribute, uint16_t last_attribute);

/// words_of says how many addresses one element of a file of PCCC has: 3 in timers, counters and controls, else 1.
uint32_t words_of(uint8_t file_type);

ParsedObject parse_object(std::string_view text);
void append_object(std::string& out, const Object& object);

}  // namespace rampart::protocols::enip
