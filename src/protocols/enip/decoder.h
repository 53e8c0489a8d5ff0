// The decoder of EtherNet/IP and CIP: encapsulated messages and datagrams of I/O in, operations and answers out. One
// object per conversation, one thread. Whether a message asks or answers is taken from the message itself. What an
// answer needs of its request is remembered in a small ring; what I/O needs of its opening lies in the Associations of
// the two hosts, which other conversations of theirs share.
#pragma once

#include <string>
#include <vector>

#include "protocols/associations.h"
#include "protocols/decoder.h"
#include "protocols/enip/encapsulation.h"
#include "protocols/enip/path.h"
#include "protocols/enip/services.h"
#include "protocols/ring.h"

namespace rampart::protocols::enip {

/// AskedService is one service of a request, as far as its answer or refusal needs it.
struct AskedService {
  Service service{};
  uint8_t code = 0;
  uint8_t file_type = 0;  // of PCCC
  uint16_t attribute = 0;
  uint32_t class_number = 0;
  uint32_t unit = Object::kNoUnit;
};

/// Opening is what a forward open asks for; its answer says under which identifiers.
struct Opening {
  uint64_t owner = 0;  // serial numbers of connection and originator, and its vendor
  uint8_t transport_class = 0;
  bool closes = false;
  Object to_target{};
  Object to_originator{};
};

/// Asked is a request.
struct Asked {
  uint64_t key = 0;  // 0: free
  uint16_t command = 0;
  uint32_t session = 0;
  uint64_t context = 0;
  uint32_t connection = 0;  // under which it came; 0: unconnected
  uint16_t sequence = 0;
  bool multiple = false;
  uint16_t services_asked = 0;         // may be more than are remembered
  std::vector<AskedService> services;  // memory is reused
  Opening opening{};
};

class EnipDecoder final : public Decoder {
 public:
  explicit EnipDecoder(Protocol self) : self_(self) {}

  Match probe(Direction direction, Bytes bytes) const override;
  Frame frame(Direction direction, Bytes bytes) override;
  Feed feed(Direction direction, Bytes frame, Sink& sink) override;
  size_t resync(Direction direction, Bytes after_gap) override;
  void lost(Direction direction, uint64_t bytes) override;
  Refusal refuse(Direction direction, TransactionKey key, Reason reason) override;
  void share(Associations& shared, uint64_t pair) override;

 private:
  /// Message is what all services of one message have in common.
  struct Message {
    TransactionKey key{};
    Direction direction{};
    Asked* asked = nullptr;  // of an answer: null where its request was not seen
    uint16_t item = 0;       // of the service at hand
    bool last = true;        // nothing follows the service at hand
    uint32_t unit = Object::kNoUnit;
  };

  // decoder.cpp: the encapsulation
  Feed command(Direction direction, const Header& header, Bytes data, Sink& sink);
  Feed items(Direction direction, const Header& header, Bytes data, Sink& sink);
  Feed encapsulated(Direction direction, const Header& header, Bytes cip, const Items& items, Sink& sink);
  void give_identity(Bytes data, Sink& sink);
  Asked& remember(uint64_t place, const Header& header);
  // requests.cpp
  Feed request(Message& message, Bytes cip, int depth, Sink& sink);
  Feed services(Message& message, Bytes data, int depth, Sink& sink);
  Feed unconnected(Message& message, Bytes data, int depth, Sink& sink);
  Feed ask(Message& message, uint8_t code, const Path& path, Bytes data, Sink& sink);
  Feed tag_data(Operation& operation, const Path& path, const Service& service, Bytes data, Sink& sink);
  Feed modify(Operation& operation, Bytes data);
  void attributes(Operation& operation, const Path& path, const Service& service, Bytes data);
  // pccc.cpp
  Feed pccc_request(Operation& operation, AskedService& asked, Bytes data);
  Feed pccc_answer(Answer& answer, const AskedService* asked, Bytes data);
  // answers.cpp
  Feed reply(Message& message, Bytes cip, int depth, Sink& sink);
  Feed replies(Message& message, Bytes data, int depth, Sink& sink);
  Feed answer(Message& message, uint8_t code, const Outcome& outcome, Bytes data, Sink& sink);
  // connections.cpp
  Feed open(Operation& operation, Asked* asked, Bytes data, bool large);
  Feed close(Operation& operation, Asked* asked, Bytes data);
  void opened(const Opening& opening, Bytes data, Sink& sink);
  Feed io(Direction direction, Bytes datagram, Sink& sink);
  const Association* association(uint32_t connection) const;
  /// connection_key names a connection whichever of its two identifiers is given; 0 where its opening was not seen.
  uint64_t connection_key(uint32_t connection) const;
  // refuse.cpp
  void append_cip_refusal(std::vector<uint8_t>& out, const Asked& asked, Reason reason) const;

  static constexpr size_t kAsked = 32;

  Protocol self_;
  Associations* shared_ = nullptr;  // outlives this
  uint64_t pair_ = 0;
  bool unverified_[2] = {};
  Ring<Asked, kAsked> asked_;
  std::string text_;                // for names that do not lie in one piece in the frame
  std::string attribute_;           // for attributes that have to be written out
  uint64_t identity_answered_ = 0;  // key of the last list-identity that was answered
  uint8_t masks_[16] = {};          // of the operation at hand, made from what the protocol sends
};

/// place_of is where what was asked in `direction` is remembered.
uint64_t place_of(Direction direction, uint64_t match);

/// tag_values reads data of `type`: numbers, bits, text, or octets where they are a structure.
Values tag_values(uint16_t type, Bytes data);
/// width_of is the number of octets of one value of `type`; 0 where it differs or is not known.
size_t width_of(uint16_t type);
constexpr uint16_t kStructure = 0x02a0;

/// emit_identity tells what the identity object's attributes say: those of get-attributes-all, and of a list.
void emit_identity(ByteReader reader, uint32_t unit, std::string& text, Sink& sink);
void emit_attribute(uint16_t number, ByteReader& reader, uint32_t unit, std::string& text, Sink& sink);
void emit_attributes(Bytes list, uint32_t unit, std::string& text, Sink& sink);

constexpr Feed malformed(std::string_view reason) { return {Feed::State::malformed, reason}; }

}  // namespace rampart::protocols::enip
