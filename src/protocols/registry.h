// The list of protocols: one line each in registry.cpp. Documentation, the words of rules, port hints, probing and the
// list of fuzz targets follow from it. Immutable; any thread may read it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocols/decoder.h"
#include "protocols/operation.h"

namespace rampart::protocols {

/// Space is one address space of a protocol. In a *memory* space, values lie in addresses of `address_bits` each, so
/// that a point may span or share several; in other spaces each address is one value of its own type.
struct Space {
  std::string_view name{};  // the word in rules: "holding-register"
  uint8_t address_bits = 0;
  bool memory = false;
};

/// ParsedObject is an object as written in a plant. `type`: what the text itself says of it (S7's DBD, a coil's bit).
struct ParsedObject {
  Object object{};
  ValueType type = ValueType::none;
  std::string error;  // empty where the text was understood
  std::string hint;
};

struct Entry {
  std::string_view name{};  // the word in rules
  std::string_view title{};
  std::string_view specification{};
  std::span<const uint16_t> tcp_ports{};  // hints; empty: not on this transport
  std::span<const uint16_t> udp_ports{};
  bool over_tcp = false;
  bool over_udp = false;
  std::span<const uint16_t> ethertypes{};  // all that it uses; empty: not straight over Ethernet
  bool over_ethernet = false;              // a frame is then a datagram, and a conversation one of two MAC addresses
  bool by_opening = false;     // over TCP told only by how a conversation opens: who comes later cannot tell
  bool only_own_port = false;  // content alone is not sure enough: asked only where a port is its own
  bool any_port = false;       // by custom on whatever port suits: another one than its own says nothing
  bool to_everybody =
      false;  // by custom sent to groups and broadcast, where no single server is asked: not judged there
  // For a gateway:
  bool every_message = false;  // the decoder tells every operation of a conversation, so that each can be judged inline
  bool answers_in_order = false;   // clients take the next answer for that of their oldest request
  bool numbers_frames = false;     // what is put in or left out moves the numbers of what follows: Decoder::renumber()
  std::string_view not_relayed{};  // why no gateway can stand between, where that is so
  std::string_view udp_not_addressed{};  // why clients over UDP cannot talk to a gateway in place of the server
  Limits limits{};
  std::span<const Space> spaces{};
  std::span<const Function> functions{};  // names that rules may use
  std::unique_ptr<Decoder> (*make)(Protocol self) = nullptr;
  ParsedObject (*parse_object)(std::string_view text) = nullptr;
  void (*append_object)(std::string& out,
                        const Object& object) = nullptr;  // the inverse of parse_object, without the unit
  std::string_view status{};                              // "complete", "partial: ..."
  std::string_view posture{};               // what the protocol itself protects: "no authentication, no encryption"
  Assurance encrypts = Assurance::unknown;  // by its specification; unknown: it shows in the conversation, or not
  Assurance authenticates = Assurance::unknown;  // likewise
};

/// registry lists all protocols; a Protocol's number is its place here plus one.
std::span<const Entry> registry();
std::optional<Protocol> find_protocol(std::string_view name);
/// protocol_at is the protocol that uses this port by custom; a hint, never a proof.
Protocol protocol_at(bool tcp, uint16_t port);
/// protocol_over_ethernet is the protocol that owns this ethertype.
Protocol protocol_over_ethernet(uint16_t ethertype);

/// parse_space_object reads `holding-register 100` or `coil 0-15` for protocols whose objects are a space and numbers.
ParsedObject parse_space_object(std::string_view text, std::span<const Space> spaces);
/// append_space_object writes the same form.
void append_space_object(std::string& out, const Object& object, std::span<const Space> spaces);

}  // namespace rampart::protocols
