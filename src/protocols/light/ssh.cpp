#include "protocols/light/ssh.h"

#include <algorithm>
#include <array>

#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

// RFC 4253, sections 4.2, 6, 7.1.
constexpr uint8_t kKexInit = 20;
constexpr size_t kMostPacket = 35'000;
constexpr std::array<uint16_t, 1> kTcpPorts = {22};
constexpr std::array<Function, 1> kFunctions = {Function{1, "connect"}};

/// Lists of a KEXINIT message that matter here.
enum List : size_t {
  kKex = 0,
  kHostKey = 1,
  kCipherToServer = 2,
  kCipherToClient = 3,
  kMacToServer = 4,
  kMacToClient = 5,
  kLists = 6
};

/// agreed is the first of the client's names that the server has too.
std::string_view agreed(std::string_view client, std::string_view server) {
  while (!client.empty()) {
    const std::string_view name = client.substr(0, client.find(','));
    for (std::string_view rest = server; !rest.empty();) {
      const std::string_view other = rest.substr(0, rest.find(','));
      if (other == name) return name;
      rest.remove_prefix(std::min(rest.size(), other.size() + 1));
    }
    client.remove_prefix(std::min(client.size(), name.size() + 1));
  }
  return {};
}

/// is_weak: RFC 9142 and RFC 8758 say no, or no more, to these.
bool is_weak(List list, std::string_view name) {
  const auto has = [name](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (list == kKex) return has("sha1") || has("group1-");
  if (list == kHostKey) return name == "ssh-dss";
  if (list == kCipherToServer || list == kCipherToClient)
    return has("arcfour") || has("des") || has("-cbc") || name == "none";
  return has("md5") || name == "none";
}

class SshDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction, Bytes bytes) const override {
    constexpr std::string_view kMagic = "SSH-";
    const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kMagic.size())));
    if (text != kMagic.substr(0, text.size())) return Match::no;
    return text.size() == kMagic.size() ? Match::yes : Match::more;
  }
  Frame frame(Direction direction, Bytes bytes) override {
    if (bytes.empty()) return {Frame::State::more, 1};
    if (!greeted_[static_cast<size_t>(direction)]) return line_frame(bytes);
    if (bytes.size() < 6) return {Frame::State::more, 6};
    const uint64_t length = load_big<4>(bytes.data());
    if (length < 2 || length > kMostPacket) return {Frame::State::malformed, 0};
    const size_t size = 4 + static_cast<size_t>(length);
    return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
  }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    const auto side = static_cast<size_t>(direction);
    if (!greeted_[side]) return greeting(direction, line_of(frame), sink);
    if (frame.size() < 6) return malformed("packet too short");
    if (frame[5] != kKexInit) {
      finish();
      return {};
    }
    return offer(direction, frame, sink);
  }

 private:
  Feed greeting(Direction direction, std::string_view line, Sink& sink) {
    // RFC 4253, 4.2: a server may send other lines before.
    if (!line.starts_with("SSH-")) return ++lines_ > kMostLines ? give_up() : Feed{};
    greeted_[static_cast<size_t>(direction)] = true;
    const std::string_view banner = readable(as_bytes(line));
    const size_t dash = banner.find('-', 4);
    const std::string_view version = banner.substr(4, dash == std::string_view::npos ? dash : dash - 4);
    if (dash != std::string_view::npos) tell(sink, Attribute::Kind::version, banner.substr(dash + 1));
    if (direction == Direction::to_server) sink.operation(ask(Action::session, kFunctions[0]));
    const bool old = version.starts_with("1.") && version != "1.99";
    show(sink, Protection::Kind::encrypted, old ? "SSH 1" : "SSH 2", banner);
    if (old || version == "1.99") show(sink, Protection::Kind::outdated, old ? "SSH 1" : "SSH 1 beside 2", banner);
    if (old) finish();
    return {};
  }
  Feed give_up() {
    finish();
    return malformed("no version of SSH in its first lines");
  }
  Feed offer(Direction direction, Bytes frame, Sink& sink) {
    const auto side = static_cast<size_t>(direction);
    ByteReader reader(frame);
    reader.skip(6 + 16);
    for (std::string& list : lists_[side]) {
      const Bytes names = reader.bytes(reader.u32());
      list = as_text(names);
    }
    if (!reader.ok()) return malformed("offer of algorithms beyond its packet");
    offered_[side] = true;
    if (!offered_[0] || !offered_[1]) return {};
    for (size_t list = 0; list < kLists; ++list) {
      const std::string_view name = readable(as_bytes(agreed(lists_[0][list], lists_[1][list])));
      if (!name.empty() && is_weak(static_cast<List>(list), name)) {
        show(sink, Protection::Kind::outdated, "weak algorithm", name);
      }
    }
    finish();
    return {};
  }

  static constexpr int kMostLines = 32;
  bool greeted_[2]{}, offered_[2]{};
  int lines_ = 0;
  std::string lists_[2][kLists];
};

}  // namespace

Entry ssh() {
  Entry entry = name_entry();
  entry.name = "ssh";
  entry.title = "Secure Shell";
  entry.specification = "RFC 4253, RFC 9142";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<SshDecoder>(self); };
  entry.posture = "encryption and authentication of both sides";
  entry.authenticates = Assurance::yes;
  return entry;
}

}  // namespace rampart::protocols::light
