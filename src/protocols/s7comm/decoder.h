// The S7comm decoder: COTP units in, operations and answers out. One object per conversation, one thread. What a
// message is - question, answer, push - is taken from the message itself; direction only keys what was asked.
#pragma once

#include <array>

#include "protocols/cotp/cotp.h"
#include "protocols/decoder.h"
#include "protocols/s7comm/items.h"
#include "protocols/s7comm/memory.h"
#include "protocols/s7comm/names.h"

namespace rampart::protocols::s7comm {

constexpr size_t kMessageOctets = 65536;

/// Header of a message, with the two parts behind it.
struct Header {
  uint8_t rosctr = 0;
  uint16_t redundancy = 0;
  uint16_t reference = 0;
  uint16_t error = 0;  // class << 8 | code; acknowledgements only
  Bytes parameter{};
  Bytes data{};
};

/// UserdataHeader is the parameter part of userdata.
struct UserdataHeader {
  uint8_t method = 0;
  uint8_t type = 0;  // 0 push, 4 request, 8 response; 3, 7, 11 in NC programming
  uint8_t group = 0;
  uint8_t subfunction = 0;
  uint8_t sequence = 0;
  uint8_t unit = 0;   // number that all parts of one answer share
  bool more = false;  // further parts follow, if asked for
  uint16_t error = 0;
};

class S7Decoder final : public Decoder {
 public:
  explicit S7Decoder(Protocol self) : self_(self) {}

  Match probe(Direction direction, Bytes bytes) const override;
  Frame frame(Direction, Bytes bytes) override { return cotp::frame(bytes); }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override;
  size_t resync(Direction, Bytes after_gap) override { return cotp::resync(after_gap); }
  void lost(Direction direction, uint64_t bytes) override;
  Refusal refuse(Direction direction, TransactionKey key, Reason reason) override;

 private:
  // decoder.cpp: transport
  Feed data_unit(Direction direction, const cotp::Tpdu& tpdu, Sink& sink);
  Feed connect_request(Direction direction, const cotp::Tpdu& tpdu, Sink& sink);
  Feed connect_answer(Direction direction, const cotp::Tpdu& tpdu, Sink& sink);
  Feed message(Direction direction, Bytes message, Sink& sink);
  // job.cpp: questions
  Feed job(const Header& header, Direction direction, Sink& sink);
  Feed variables(const Header& header, const Service& service, Asked& asked, Sink& sink);
  Feed block_transfer(const Header& header, const Service& service, Direction direction, Asked& asked, Sink& sink);
  Feed program_control(const Header& header, Asked& asked, Sink& sink);
  // acknowledge.cpp: their answers
  Feed acknowledge(const Header& header, Direction direction, Sink& sink);
  Feed read_answer(const Header& header, const Asked* asked, Answer& answer, Sink& sink);
  Feed write_answer(const Header& header, const Asked* asked, Answer& answer, Sink& sink);
  // userdata.cpp
  Feed userdata(const Header& header, Direction direction, Sink& sink);
  Feed userdata_request(const Header& header, const UserdataHeader& userdata, const DataItem& item, Direction direction,
                        Sink& sink);
  Feed userdata_answer(const Header& header, const UserdataHeader& userdata, const DataItem& item, Direction direction,
                       Sink& sink);
  Feed userdata_push(const Header& header, const UserdataHeader& userdata, const DataItem& item, Direction direction,
                     Sink& sink);
  // watch.cpp: cyclic data and the programmer's variable tables
  Feed subscribe(Operation& operation, Bytes payload, Asked& asked, Sink& sink);
  Feed variable_table(Operation& operation, Bytes payload, Asked& asked, Sink& sink);
  Feed watched_values(Answer& answer, Bytes payload, const Subscription& subscription, Sink& sink);
  Feed table_values(Answer& answer, Bytes payload, const Subscription& subscription, Sink& sink);
  // refuse.cpp
  Refusal refuse_job(const Asked& asked, Reason reason) const;
  Refusal refuse_userdata(const Asked& asked, Reason reason) const;

  Asked& remember(const Header& header, Direction direction, const Service& service);
  /// part joins the payloads of one answer; the whole one on its last part, else empty.
  Bytes part(const UserdataHeader& userdata, Bytes payload, Direction direction, const Object* object);

  Protocol self_;
  std::array<cotp::Reassembler, 2> reassembly_ = {cotp::Reassembler(kMessageOctets), cotp::Reassembler(kMessageOctets)};
  uint32_t unit_octets_ = 0;  // size of a transport unit as negotiated; 0: not seen
  Ring<Asked, 16> asked_;
  Ring<Subscription, 16> subscriptions_;
  Ring<Upload, 4> uploads_;
  Ring<Partial, 2> partials_;
};

/// key_of: jobs and userdata count their references apart; COTP has references of its own.
TransactionKey key_of(uint8_t rosctr, uint16_t reference);
constexpr uint8_t kCotpFamily = 0xe0;
/// place_of is the key of what was asked in `direction`.
uint64_t place_of(Direction direction, uint64_t match);

/// read_block_name reads `_0800001P`: a block, or the name of a file. False where nothing can be read.
bool read_block_name(Bytes name, Object& object);
/// emit_identity tells the attributes that a system status list holds (0x0011 and 0x001C, and extracts of them).
void emit_identity(Bytes list, Sink& sink);
/// keep copies `octets` for the answer's sake.
void keep(Asked& asked, Bytes octets);

/// outcome_of: ok for 0xff, refused for all other return codes.
Outcome outcome_of(uint8_t return_code);
/// emit_values gives the data items in `octets` as answers to the variables that `reader` walks over; where `reader`
/// knows none, as far as their transport size tells. `name_objects` where nobody asked by this message's key.
Feed emit_values(SpecificationReader& reader, uint32_t count, Bytes octets, Answer& answer, Sink& sink,
                 bool name_objects);
/// cut_short ends an exchange whose answer lacks items that it announces.
Feed cut_short(Answer& answer, Sink& sink);

constexpr Feed malformed(std::string_view reason) { return {Feed::State::malformed, reason}; }

}  // namespace rampart::protocols::s7comm
