#include "protocols/light/lldp.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Attribute::Kind;

// IEEE 802.1AB-2016, table 8-1.
enum Type : uint8_t {
  kEnd = 0,
  kChassis = 1,
  kPort = 2,
  kTimeToLive = 3,
  kSystemName = 5,
  kSystemDescription = 6,
  kCapabilities = 7,
  kManagement = 8,
  kOrganisation = 127,
};
constexpr int kMostTlvs = 64;
constexpr std::array<uint16_t, 1> kEtherTypes = {0x88cc};
constexpr std::array<Function, 1> kFunctions = {Function{1, "announce"}};
constexpr std::array<std::string_view, 8> kRoles = {"other",  "repeater",  "bridge",      "access point",
                                                    "router", "telephone", "cable modem", "station"};

struct Tlv {
  uint8_t type = kEnd;
  Bytes value;
};
bool next(ByteReader& reader, Tlv& tlv) {
  const uint16_t head = reader.u16();
  tlv.type = static_cast<uint8_t>(head >> 9);
  tlv.value = reader.bytes(head & 0x1ffu);
  return reader.ok();
}

class LldpDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    ByteReader reader(bytes);
    Tlv chassis, port, live;
    const bool opens = next(reader, chassis) && next(reader, port) && next(reader, live) && chassis.type == kChassis &&
                       port.type == kPort && live.type == kTimeToLive && chassis.value.size() > 1 &&
                       port.value.size() > 1 && live.value.size() >= 2;
    return direction == Direction::to_server && opens ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction, Bytes frame, Sink& sink) override {
    ByteReader reader(frame);
    chassis_name_ = {};
    chassis_mac_.reset();
    bool named = false;
    for (int i = 0; i < kMostTlvs; ++i) {
      Tlv tlv;
      if (!next(reader, tlv)) return malformed("TLV beyond the frame");
      if (tlv.type == kEnd) break;
      if (i < 3 && tlv.type != i + 1) return malformed("not begun by chassis, port and time to live");
      named = named || tlv.type == kSystemName;
      one(tlv, sink);
    }
    if (!named) tell(sink, Kind::name, chassis_name_);
    return {};
  }

 private:
  void one(const Tlv& tlv, Sink& sink) {
    switch (tlv.type) {
      case kChassis:
        chassis(tlv.value);
        break;
      case kPort:
        port(tlv.value, sink);
        break;
      case kSystemName:
        tell(sink, Kind::name, readable(tlv.value));
        break;
      case kSystemDescription:
        description(readable(tlv.value, 255), sink);
        break;
      case kCapabilities:
        capabilities(tlv.value, sink);
        break;
      case kManagement:
        management(tlv.value, sink);
        break;
      case kOrganisation:
        organisation(tlv.value, sink);
        break;
      default:
        break;
    }
  }
  void chassis(Bytes value) {
    if (value.empty()) return;
    if (value[0] == 4 && value.size() == 7) {
      std::copy(value.begin() + 1, value.end(), chassis_mac_.emplace().octets.begin());
    } else if (value[0] == 7 || value[0] == 1) {
      chassis_name_ = readable(value.subspan(1));
    }
  }
  void port(Bytes value, Sink& sink) {
    if (value.empty()) return;
    if (value[0] == 3 && value.size() == 7) {
      MacAddress mac;
      std::copy(value.begin() + 1, value.end(), mac.octets.begin());
      tell(sink, Kind::port, to_text(mac));
    } else if (value[0] == 1 || value[0] == 5 || value[0] == 7) {
      tell(sink, Kind::port, readable(value.subspan(1)));
    }
  }
  /// description: "Siemens, SIMATIC S7, CPU315-2 PN/DP, 6ES7 315-2EH14-0AB0 , HW: 1, FW: V3.2.6" is taken apart by its
  /// marks; everything else stays as it is.
  void description(std::string_view text, Sink& sink) {
    if (text.empty()) return;
    if (text.find(", FW: ") == std::string_view::npos) {
      const bool system =
          text.find("Linux") != std::string_view::npos || text.find("Windows") != std::string_view::npos;
      return tell(sink, system ? Kind::operating_system : Kind::model, text.substr(0, readable(as_bytes(text)).size()));
    }
    const std::vector<std::string_view> parts = split(text, ',');
    std::string_view model;
    for (size_t i = 0; i < parts.size(); ++i) {
      const std::string_view part = trim(parts[i]);
      if (i == 0) {
        tell(sink, Kind::vendor, part);
      } else if (part.starts_with("HW:")) {
        tell(sink, Kind::hardware, trim(part.substr(3)));
      } else if (part.starts_with("FW:")) {
        tell(sink, Kind::firmware, trim(part.substr(3)));
      } else if (part.size() > 10 && part[0] == '6' && part.find('-') != std::string_view::npos) {
        tell(sink, Kind::order_number, part);
      } else if (part.find(':') == std::string_view::npos) {
        model = part;
      }
    }
    tell(sink, Kind::model, model);
  }
  void capabilities(Bytes value, Sink& sink) {
    if (value.size() < 4) return;
    const uint64_t enabled = load_big<2>(value.data() + 2);
    for (size_t bit = 0; bit < kRoles.size(); ++bit) {
      if ((enabled >> bit & 1) != 0) tell(sink, Kind::role, kRoles[bit]);
    }
  }
  void management(Bytes value, Sink& sink) {
    ByteReader reader(value);
    ByteReader address = reader.sub(reader.u8());
    const uint8_t family = address.u8();
    const Bytes octets = address.rest();
    if (!address.ok()) return;
    Attribute claim{.kind = Kind::address, .about_mac = chassis_mac_};
    if (family == 1 && octets.size() == 4) claim.about_ip = IpAddress::v4(octets.data());
    if (family == 2 && octets.size() == 16) claim.about_ip = IpAddress::v6(octets.data());
    if (claim.about_ip && claim.about_ip != IpAddress::parse("0.0.0.0")) sink.attribute(claim);
  }
  /// organisation: the inventory of LLDP-MED (ANSI/TIA-1057), which switches and telephones send.
  void organisation(Bytes value, Sink& sink) {
    if (value.size() < 5 || load_big<3>(value.data()) != 0x0012bb) return;
    constexpr std::array<Kind, 6> kInventory = {Kind::hardware, Kind::firmware, Kind::version,
                                                Kind::serial,   Kind::vendor,   Kind::model};
    if (value[3] >= 5 && value[3] <= 10) tell(sink, kInventory[value[3] - 5u], readable(value.subspan(4)));
  }

  std::string_view chassis_name_;  // into the frame at hand
  std::optional<MacAddress> chassis_mac_;
};

}  // namespace

Entry lldp() {
  Entry entry = name_entry();
  entry.name = "lldp";
  entry.title = "Link Layer Discovery Protocol";
  entry.specification = "IEEE 802.1AB-2016, ANSI/TIA-1057";
  entry.ethertypes = kEtherTypes;
  entry.over_ethernet = true;
  entry.not_relayed = "it has no IP addresses, and ends with the cable or the subnet";
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<LldpDecoder>(self); };
  entry.posture = "no authentication, no encryption";
  entry.encrypts = Assurance::no;
  entry.authenticates = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
