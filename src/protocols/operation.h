// The one vocabulary: an operation is one thing that one party asks of another; an answer is what came back. Both
// borrow from the frame and are valid during the call that hands them over; OwnedOperation and OwnedAnswer keep them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "protocols/values.h"

namespace rampart::protocols {

enum class Direction : uint8_t { to_server, to_client };
constexpr Direction opposite(Direction direction) {
  return direction == Direction::to_server ? Direction::to_client : Direction::to_server;
}

enum class Action : uint8_t {
  read,
  write,      // values of points
  operate,    // commands to outputs: select, operate, direct operate
  configure,  // how the device works: forcing, assigning classes, filters, counters cleared
  program,    // logic down- or uploaded, deleted, copied to ROM
  start,
  stop,  // stop, restart, listen-only: what ends or interrupts control
  firmware,
  file,
  time,
  identify,  // who are you: identity, directory, capabilities
  session,   // connect, authenticate, subscribe, keep alive
  diagnose,
};
constexpr size_t kActionCount = 13;
std::string_view to_text(Action action);
std::optional<Action> parse_action(std::string_view word);
/// changes says whether an action changes something in the device; the others only look or talk.
bool changes(Action action);

struct Entry;

/// Protocol names an entry of the registry by its place in it; 0 is "none known". Two bytes, free to copy.
struct Protocol {
  uint16_t number = 0;
  bool known() const { return number != 0; }
  /// entry is the registry's line of this protocol. Precondition: known().
  const Entry& entry() const;
  std::string_view name() const;  // "unknown" where none is known
  bool operator==(const Protocol&) const = default;
};

/// Function is the protocol's own code and name of what is asked: 6 "write-single-register". The name is a literal.
struct Function {
  uint32_t code = 0;
  std::string_view name{};
};

/// Object is what an operation is about: addresses `first` to `last` (both included) of a space of a unit, or a name.
struct Object {
  static constexpr uint32_t kNoUnit = 0xffffffff;
  static constexpr uint8_t kNoSpace = 0xff;
  static constexpr uint64_t kAll = 0xffffffffffffffff;

  uint32_t unit = kNoUnit;   // Modbus unit, DNP3 outstation's link address, IEC 104 common address
  uint8_t space = kNoSpace;  // place in the protocol's spaces (Entry::spaces)
  uint16_t detail = 0;       // the protocol's own: DNP3 group << 8 | variation, S7 transport size,
                             // IEC 104 type << 8 | cause
  uint32_t container = 0;    // data block, file number
  uint64_t first = 0;        // in addresses of the space; `last` = kAll: all there are
  uint64_t last = 0;
  std::string_view name{};  // block, file, tag

  bool addressed() const { return space != kNoSpace; }
  /// covers is true where `other` lies wholly inside this object: same space, container and name, any unit where this
  /// has none.
  bool covers(const Object& other) const;
  bool overlaps(const Object& other) const;
};

/// TransactionKey ties an answer to what was asked. `match` is built by the decoder from everything that must agree;
/// `id` is the number on the wire that a person would look for.
struct TransactionKey {
  uint64_t match = 0;
  uint32_t id = 0;
};

/// Operation: one item of what one message asks. A message with several items (S7 variables, DNP3 object headers,
/// Modbus read/write) gives one operation each, with the same key and item 0, 1, 2 ... in the message's order.
struct Operation {
  Protocol protocol{};
  Action action = Action::read;
  uint16_t item = 0;
  bool expects_answer = true;  // false: broadcast, no-acknowledge variants, keep-alives
  bool for_peer = false;       // part of what the other side began (a controller fetches the blocks of a download):
                               // judged as if the other side asked
  Function function{};
  Object object{};
  Values values{};
  TransactionKey key{};
};

struct Outcome {
  enum class Kind : uint8_t { ok, refused, unanswered };
  Kind kind = Kind::ok;
  uint32_t code = 0;         // refused: the protocol's own code, with its name
  std::string_view name{};   // a literal
  uint32_t indications = 0;  // what the device says of itself beside: DNP3 internal indications
};

/// Answer: what came back, or was sent unasked. Where a message answers item by item, one Answer each; `final` on the
/// last Answer of the last message that belongs to the operation's key.
struct Answer {
  static constexpr uint16_t kAllItems = 0xffff;

  Protocol protocol{};
  Action action = Action::read;
  uint16_t item = kAllItems;
  bool unsolicited = false;  // nobody asks for these: DNP3 unsolicited responses, S7 cyclic pushes and alarms
  bool final = true;
  Function function{};
  TransactionKey key{};
  Outcome outcome{};
  std::optional<Object> object{};  // where the answer says itself what its values belong to
  Values values{};
};

/// Attribute is one thing that a device says about itself or, where `about_ip` or `about_mac` is there, about another
/// (a DHCP server about its client). Of kind `address` there is no text: it says that `about_ip` lies at `about_mac`.
/// `source` is a literal: what of a protocol with several ways told it, "43/14 object 5", "SZL 0x001C".
struct Attribute {
  enum class Kind : uint8_t {
    vendor,
    model,
    order_number,
    firmware,
    hardware,
    serial,
    name,  // of the device: host name, system name
    location,
    version,           // of the protocol or of the program that speaks it
    operating_system,  // family and version
    role,              // what the device does: "bridge", "domain controller", "broker"
    service,           // what it offers: "_http._tcp", "file-server"
    port,              // where it is attached or through which it speaks: LLDP's port
    domain,            // Windows or DNS domain that it belongs to
    address,           // about_ip lies at about_mac
    clock,             // its clock and how good that is: "stratum 2", "not synchronised"
  };
  /// Basis: on what occasion it was said. Of ARP: asked (the sender of a request about himself), answered, gratuitous
  /// (unasked), probed (who looks whether an address is free, and does not claim it yet). Of DHCP: assigned.
  enum class Basis : uint8_t { said, asked, answered, gratuitous, probed, assigned };
  Kind kind = Kind::name;
  uint32_t unit = Object::kNoUnit;
  std::string_view text{};
  Basis basis = Basis::said;
  std::optional<IpAddress> about_ip{};
  std::optional<MacAddress> about_mac{};
  std::string_view source{};
};
constexpr size_t kAttributeKinds = 16;
std::string_view to_text(Attribute::Kind kind);
std::string_view to_text(Attribute::Basis basis);

/// Assurance: whether a conversation has a protection, as far as was seen.
enum class Assurance : uint8_t { unknown, no, yes };
std::string_view to_text(Assurance assurance);

/// Protection is one thing that a conversation shows about how it is protected; who sent it showed it. Credentials are
/// never part of it, nor the name of a user: only that they were there, and by which method.
struct Protection {
  enum class Kind : uint8_t {
    encrypted,
    unencrypted,
    authenticated,      // by `method`; a certificate of the sender, an accepted login
    unauthenticated,    // let in without
    plain_credentials,  // a password or what stands for one, readable on the wire
    outdated,           // a version or method that is known to be weak
    certificate,
  };
  Kind kind = Kind::unencrypted;
  std::string_view method{};  // a literal: "TLS 1.2", "HTTP Basic", "community"; of a certificate its kind of key
  std::string_view text{};    // as it came: banner, cipher, server name; of a certificate the subject
  // Of certificates:
  std::string_view issuer{};
  std::string_view alternative{};  // first of its alternative names
  uint32_t key_bits = 0;
  TimePoint not_before{}, not_after{};
};
std::string_view to_text(Protection::Kind kind);

/// own makes `copy` hold `from` with all it borrows; `storage` keeps the bytes and is reused between calls.
void own(const Operation& from, Operation& copy, std::vector<uint8_t>& storage);
void own(const Answer& from, Answer& copy, std::vector<uint8_t>& storage);

/// OwnedOperation keeps an operation beyond the frame. Movable, not copyable: the view points into the storage.
class OwnedOperation {
 public:
  OwnedOperation() = default;
  explicit OwnedOperation(const Operation& from) { own(from, view_, storage_); }
  OwnedOperation(OwnedOperation&&) = default;
  OwnedOperation& operator=(OwnedOperation&&) = default;
  OwnedOperation(const OwnedOperation&) = delete;
  OwnedOperation& operator=(const OwnedOperation&) = delete;

  void assign(const Operation& from) { own(from, view_, storage_); }
  const Operation& view() const { return view_; }

 private:
  Operation view_;
  std::vector<uint8_t> storage_;
};

class OwnedAnswer {
 public:
  OwnedAnswer() = default;
  explicit OwnedAnswer(const Answer& from) { own(from, view_, storage_); }
  OwnedAnswer(OwnedAnswer&&) = default;
  OwnedAnswer& operator=(OwnedAnswer&&) = default;
  OwnedAnswer(const OwnedAnswer&) = delete;
  OwnedAnswer& operator=(const OwnedAnswer&) = delete;

  const Answer& view() const { return view_; }

 private:
  Answer view_;
  std::vector<uint8_t> storage_;
};

}  // namespace rampart::protocols
