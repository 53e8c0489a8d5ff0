// The decoder of IEC 60870-5-104: whole frames to operations and answers. What an ASDU is follows from its type and
// cause; only for file transfer, which goes both ways with the same types, the direction counts. Bounded: the last
// selections, and the last messages that can be refused.
#pragma once

#include <array>
#include <cstdint>

#include "protocols/decoder.h"
#include "protocols/iec104/apci.h"
#include "protocols/iec104/asdu.h"
#include "protocols/iec104/renumbering.h"

namespace rampart::protocols::iec104 {

/// make_key ties an answer to what was asked: `low` is a file's name, or what sets messages of one type and object
/// apart.
TransactionKey make_key(uint8_t type, uint16_t station, uint32_t address, uint32_t low, uint32_t id);

class Iec104Decoder : public Decoder {
 public:
  explicit Iec104Decoder(Protocol self) : self_(self) {}

  Match probe(Direction direction, Bytes bytes) const override;
  Frame frame(Direction direction, Bytes bytes) override;
  Feed feed(Direction direction, Bytes frame, Sink& sink) override;
  size_t resync(Direction direction, Bytes after_gap) override;
  void lost(Direction direction, uint64_t bytes) override;
  /// refuse gives the ASDU back as a station does that does not carry it out, with the N(S) and N(R) that come next.
  /// From then on renumber() is to be asked about every frame that is forwarded.
  Refusal refuse(Direction direction, TransactionKey key, Reason reason) override;
  /// leave_out gives an S-frame for an I-frame that is left out, so that its sender does not wait for ever.
  Refusal leave_out(Direction direction) override;
  void renumber(Direction direction, std::span<uint8_t> frame) override;

 private:
  static constexpr size_t kSelections = 16;
  static constexpr size_t kRefusable = 8;
  static constexpr size_t kRefusableOctets = 64;
  static constexpr size_t kSelectedOctets = 5;

  /// Message is one I-frame on its way through: where it came from, and what it says.
  struct Message {
    Direction direction{};
    uint16_t send = 0;
    Asdu asdu{};
    Bytes octets{};  // of the ASDU

    uint32_t id() const { return uint32_t{asdu.originator} << 16 | send; }
  };
  /// Selection is a command that was selected and not yet executed.
  struct Selection {
    bool open = false;
    uint8_t type = 0;
    uint16_t station = 0;
    uint32_t address = 0;
    std::array<uint8_t, kSelectedOctets> value{};
  };
  struct Refusable {
    uint64_t match = ~uint64_t{0};
    uint32_t id = 0;
    uint8_t size = 0;
    std::array<uint8_t, kRefusableOctets> octets;
  };

  TransactionKey in_epoch(TransactionKey key) const {
    key.match ^= epoch_;
    return key;
  }
  uint16_t receive_number(Direction direction, const uint8_t* control);
  uint16_t acknowledges(Direction direction);
  Feed feed_unnumbered(const uint8_t* control, Sink& sink);
  Feed feed_information(Direction direction, Bytes frame, Sink& sink);
  Feed feed_asdu(const Message& message, Sink& sink);
  void give_monitored(const Message& message, Sink& sink);
  void give_controlled(const Message& message, Sink& sink);
  void give_controlled_answers(const Message& message, Sink& sink);
  void give_file(const Message& message, Sink& sink);
  void give_file_answers(const Message& message, Sink& sink);
  void give_undecoded(const Message& message, Sink& sink);
  std::string_view track_selection(const Asdu& asdu, size_t i);
  Selection* find_selection(const Asdu& asdu, size_t i);
  void remember(const Message& message, const TransactionKey& key);

  Protocol self_;
  LinkState link_;
  Renumbering renumbering_;
  bool last_numbered_[2] = {false, false};  // by direction: the frame fed last was an I-frame
  bool unsure_[2] = {false, false};         // by direction: resync() found what may be the beginning of a frame, or not
  uint64_t epoch_ = 0;                      // part of all keys, new after each loss: see lost()
  std::array<Selection, kSelections> selections_{};
  size_t next_selection_ = 0;
  std::array<Refusable, kRefusable> refusable_{};
  size_t next_refusable_ = 0;
};

}  // namespace rampart::protocols::iec104
