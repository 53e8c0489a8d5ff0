// Variable items: how requests address them, and the data items that carry values and return codes. Pure; views into
// the frame.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "protocols/operation.h"

namespace rampart::protocols::s7comm {

/// Item is one variable that a request names: what it is, and what its values look like.
struct Item {
  Object object{};
  ValueType type = ValueType::octets;
  uint32_t element_octets = 1;  // of one value; 0 for bits
  uint32_t count = 0;
  uint32_t octets = 0;    // of all values; 0 where the item does not say
  bool in_group = false;  // one of several areas of one DBREAD item
  bool ends_message_item = true;
};

/// values_of gives `data` the type that was asked for; octets where their number does not agree.
Values values_of(const Item& item, Bytes data);

/// SpecificationReader walks over the variable specifications of Read Var, Write Var and cyclic services. An item of
/// syntax DBREAD gives one Item for each of its areas. Names of symbols live in the reader.
class SpecificationReader {
 public:
  SpecificationReader(Bytes specifications, uint32_t count) : reader_(specifications), left_(count) {}

  /// next reads one Item; false at the end, or where the rest cannot be read (see ok()).
  bool next(Item& item);
  bool ok() const { return ok_; }
  bool departs() const { return departs_; }  // an item was not introduced by 0x12

 private:
  bool next_area(Item& item);
  void read_address(ByteReader address, Item& item);
  void read_symbol(ByteReader& address, Item& item);

  ByteReader reader_;
  ByteReader areas_{{}};
  uint32_t left_;
  uint32_t areas_left_ = 0;
  bool ok_ = true;
  bool departs_ = false;
  std::array<char, 240> name_;  // filled only for symbols
};

/// StatusReader walks over the addresses of the programmer's "variable status", "modify variable" and "force".
class StatusReader {
 public:
  StatusReader(Bytes addresses, uint32_t count) : reader_(addresses), left_(count) {}
  bool next(Item& item);
  bool ok() const { return reader_.ok(); }

 private:
  ByteReader reader_;
  uint32_t left_;
};
constexpr size_t kStatusAddressOctets = 6;

/// DataItem is a return code, and values where there are any.
struct DataItem {
  uint8_t code = 0;
  uint8_t transport = 0;
  Bytes data{};
};

/// read_data_item reads a data item with its fill octet (`last`: none follows). False where it is cut short.
bool read_data_item(ByteReader& reader, bool last, DataItem& item);

/// values_of_transport types data whose request was not seen: as far as the transport size itself says.
Values values_of_transport(const DataItem& item);

}  // namespace rampart::protocols::s7comm
