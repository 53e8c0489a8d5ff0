// What a run without a plant saw, kept in the form that a plant can be drafted from: who asked whom for what, which
// values were written, which conversations held nothing that we decode. Bounded; what had no room is counted.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "monitor/draft_ranges.h"
#include "records/records.h"

namespace rampart::monitor::discover {

/// Address is how an end shows itself: by IP, or by MAC where it has none.
struct Address {
  std::optional<IpAddress> ip;
  std::optional<MacAddress> mac;
  auto operator<=>(const Address&) const = default;
};
std::string to_text(const Address& address);

/// Place is where objects lie: a space and container of a protocol, under a name where they have one.
struct Place {
  uint8_t space = protocols::Object::kNoSpace;
  uint32_t container = 0;
  std::string name;
  auto operator<=>(const Place&) const = default;
};

/// Objects is all that operations of one kind named. `any`: something that cannot be told in a plant's words, or more
/// than there was room for.
struct Objects {
  std::map<Place, Ranges> places;
  bool nameless = false;  // operations that name no object
  bool any = false;
  void add(const Objects& other);
  auto operator<=>(const Objects&) const = default;
};

struct AskedKey {
  Address client, server;
  uint32_t unit = protocols::Object::kNoUnit;
  uint16_t protocol = 0;
  protocols::Action action{};
  uint32_t function = 0;
  auto operator<=>(const AskedKey&) const = default;
};

/// Asked is one function that a client asked of a server.
struct Asked {
  Objects objects;
  std::string_view function_name{};  // a literal
  uint64_t count = 0, answered = 0;
  std::vector<uint64_t> packets;  // the first few
};

struct WrittenKey {
  Address server;
  uint32_t unit = protocols::Object::kNoUnit;
  uint16_t protocol = 0;
  Place place;
  uint64_t first = 0, last = 0;
  auto operator<=>(const WrittenKey&) const = default;
};

/// Written is the values that one place was given.
struct Written {
  protocols::ValueType type{};
  bool mixed = false;  // not always of the same type
  double least = 0, most = 0;
  uint64_t count = 0;
};

struct StreamKey {
  Address client, server;
  uint8_t ip_protocol = 0;
  uint16_t port = 0;
  uint16_t protocol = 0;  // that it speaks
  auto operator<=>(const StreamKey&) const = default;
};

/// StreamsSeen counts conversations of one client with one port of a server.
struct StreamsSeen {
  uint64_t count = 0, answered = 0;  // answered: with something inside
  uint64_t heard = 0;                // the server sent a packet
  uint64_t silent = 0;               // without any operation
  uint64_t first_packet = 0;         // of a silent one
};

/// Told is what a device says of itself.
struct Told {
  static constexpr size_t kKinds = 9;
  std::array<std::string, kKinds> texts;
  std::array<uint64_t, kKinds> packets{};
};

class Gatherer : public records::Sink {
 public:
  static constexpr size_t kMostAsked = 100'000, kMostWritten = 65'536, kMostFlows = 200'000, kMostTold = 20'000;
  static constexpr size_t kMostOfClient = 8'192;  // FlowKeys of one client
  static constexpr size_t kMostPlaces = 256;      // of one Asked
  static constexpr size_t kMostPackets = 6;
  static constexpr size_t kMostText = 120;

  void record(const records::Run&) override {}
  void record(const records::Transaction& transaction) override;
  void record(const records::Finding&) override {}
  void record(const records::AssetSeen& seen) override;
  void record(const records::ProtectionSeen&) override {}
  void record(const records::Loss& loss) override;
  void record(const records::Flow& flow) override;

  using WholeKey = std::tuple<Address, uint32_t, uint16_t, Place>;  // server, unit, protocol, place

  std::map<AskedKey, Asked> asked;
  std::map<WrittenKey, Written> written;
  std::map<WrittenKey, Written>
      pairs;  // two registers written by one operation, read as float32; mixed: no such number
  std::map<WholeKey, Ranges> not_judged;  // written in a way that leaves open what the value becomes
  std::map<StreamKey, StreamsSeen> flows;
  std::map<std::pair<Address, uint32_t>, Told> told;
  std::map<Address, size_t> flows_of_client;  // keys in `flows`
  std::set<Address> crowded;                  // clients that had more than kMostOfClient
  uint64_t transactions = 0, flow_count = 0, lost = 0;
  uint64_t not_kept = 0;  // operations and flows that there was no room for

 private:
  void add_objects(Objects& objects, const protocols::Operation& operation);
  void add_values(const Address& server, const protocols::Operation& operation);
  void add_pair(const WrittenKey& key, const protocols::Values& values);
};

/// address_of is who a side is.
Address address_of(const records::Side& side);

}  // namespace rampart::monitor::discover
