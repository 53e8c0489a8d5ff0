#include "protocols/light/vnc.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Protection::Kind;

// RFC 6143, section 7.1.
constexpr size_t kVersionOctets = 12;  // "RFB 003.008\n"
constexpr std::array<uint16_t, 5> kTcpPorts = {5900, 5901, 5902, 5903, 5904};
constexpr std::array<Function, 1> kFunctions = {Function{1, "connect"}};

bool is_version(Bytes bytes) {
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kVersionOctets)));
  constexpr std::string_view kForm = "RFB 000.000\n";
  for (size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != kForm[i]) return false;
  }
  return true;
}

struct Security {
  uint8_t number;
  std::string_view name;
  Kind encryption;
};
constexpr std::array kSecurity = {
    Security{1, "no authentication", Kind::unencrypted},
    Security{2, "VNC password", Kind::unencrypted},
    Security{5, "RA2", Kind::encrypted},
    Security{6, "RA2ne", Kind::unencrypted},
    Security{16, "Tight", Kind::unencrypted},
    Security{18, "TLS", Kind::encrypted},
    Security{19, "VeNCrypt", Kind::encrypted},
    Security{30, "Apple", Kind::unencrypted},
    Security{129, "RA2-256", Kind::encrypted},
};

enum class State : uint8_t { versions, offer, choice, rest };

class VncDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    if (direction != Direction::to_client || !is_version(bytes)) return Match::no;
    return bytes.size() < kVersionOctets ? Match::more : Match::yes;
  }
  Frame frame(Direction direction, Bytes bytes) override {
    const size_t size = wanted(direction, bytes);
    return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
  }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    const auto side = static_cast<size_t>(direction);
    if (!greeted_[side]) return version(direction, frame, sink);
    if (state_ == State::offer && direction == Direction::to_client) return offer(frame, sink);
    if (state_ == State::choice && direction == Direction::to_server && !frame.empty()) {
      chosen(frame[0], sink);
      return {};
    }
    finish();
    return {};
  }

 private:
  size_t wanted(Direction direction, Bytes bytes) const {
    if (!greeted_[static_cast<size_t>(direction)]) return kVersionOctets;
    if (state_ == State::offer && direction == Direction::to_client) {
      if (minor_ < 7) return 4;
      return bytes.empty() ? 1 : size_t{1} + bytes[0];
    }
    return 1;
  }
  Feed version(Direction direction, Bytes frame, Sink& sink) {
    if (frame.size() < kVersionOctets || !is_version(frame)) {
      finish();
      return malformed("no version of RFB");
    }
    greeted_[static_cast<size_t>(direction)] = true;
    const std::string_view text = as_text(frame.first(kVersionOctets - 1));
    tell(sink, Attribute::Kind::version, text);
    if (direction == Direction::to_server) {
      minor_ = static_cast<uint32_t>(parse_number(text.substr(8)).value_or(0));
      sink.operation(ask(Action::session, kFunctions[0]));
      state_ = State::offer;
    }
    return {};
  }
  Feed offer(Bytes frame, Sink& sink) {
    if (minor_ >= 7) {
      if (!frame.empty() && frame[0] == 0) finish();  // refused
      state_ = State::choice;
      return {};
    }
    // Version 3.3: the server decides.
    if (frame.size() < 4) return malformed("security type too short");
    const uint64_t type = load_big<4>(frame.data());
    if (type > 0 && type < 256) chosen(static_cast<uint8_t>(type), sink);
    finish();
    return {};
  }
  void chosen(uint8_t type, Sink& sink) {
    const auto found =
        std::find_if(kSecurity.begin(), kSecurity.end(), [type](const Security& s) { return s.number == type; });
    if (found == kSecurity.end()) {
      show(sink, Kind::unencrypted, "VNC");
    } else {
      show(sink, found->encryption, "VNC", found->name);
      show(sink, type == 1 ? Kind::unauthenticated : Kind::authenticated, "VNC", found->name);
      // Eight characters and DES: RFC 6143, 7.2.2 calls it weak itself.
      if (type <= 2) show(sink, Kind::outdated, "VNC", found->name);
    }
    finish();
  }

  bool greeted_[2]{};
  uint32_t minor_ = 0;
  State state_ = State::versions;
};

}  // namespace

Entry vnc() {
  Entry entry = name_entry();
  entry.name = "vnc";
  entry.title = "Remote Framebuffer Protocol";
  entry.specification = "RFC 6143";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<VncDecoder>(self); };
  entry.posture = "by the type of security that is chosen; none or a weak password is common";
  return entry;
}

}  // namespace rampart::protocols::light
