// What lies inside objects that have a length of their own: device attributes (group 0), files (group 70), security
// errors (group 120). Fields are checked against the object before use. Passwords, keys, challenges and their answers
// are never handed out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/dnp3/walker.h"
#include "protocols/operation.h"

namespace rampart::protocols::dnp3 {

/// Payload is what was found in one item beside its values.
struct Payload {
  bool malformed = false;
  std::optional<uint8_t> file_status{};     // groups 70v4, 70v6
  std::optional<uint8_t> security_error{};  // group 120v7
  std::optional<uint16_t> file_request{};   // request identifier, groups 70v3, 70v4, 70v7
  std::optional<uint32_t> file_handle{};    // groups 70v4, 70v5, 70v6
  std::optional<Attribute> attribute{};
};

/// read_payload reads `item.payload`, sets item.values and item.object.name, and says what else there was.
Payload read_payload(Item& item);
/// security_error_name names the error codes of g120v7.
std::string_view security_error_name(uint8_t code);

/// FileNames remembers which name an open file's handle stands for; the last kFiles that were opened.
class FileNames {
 public:
  /// opening notes the name in a request to open; its answer will carry the same request identifier.
  void opening(uint32_t unit, uint16_t request, std::string_view name);
  /// opened ties the handle to the name that was asked for with this request identifier.
  void opened(uint32_t unit, uint16_t request, uint32_t handle);
  /// find is the name behind a handle; empty where it is not known. Valid until the next call.
  std::string_view find(uint32_t unit, uint32_t handle) const;

 private:
  static constexpr size_t kFiles = 4;
  static constexpr size_t kNameOctets = 112;
  struct File {
    uint32_t unit = Object::kNoUnit;
    uint32_t handle = 0;  // 0: no answer yet
    uint16_t request = 0;
    uint8_t size = 0;
    std::array<char, kNameOctets> name;
  };
  std::array<File, kFiles> files_{};
  size_t next_ = 0;
};

}  // namespace rampart::protocols::dnp3
