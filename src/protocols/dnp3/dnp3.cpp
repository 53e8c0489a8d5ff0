#include "protocols/dnp3/dnp3.h"

#include <algorithm>

#include "protocols/dnp3/application.h"
#include "protocols/dnp3/functions.h"
#include "protocols/dnp3/link.h"
#include "protocols/dnp3/transport.h"

namespace rampart::protocols::dnp3 {
namespace {

constexpr uint16_t kPorts[] = {20000};
constexpr std::string_view kFileWord = "file";

class Dnp3Decoder : public Decoder {
 public:
  explicit Dnp3Decoder(Protocol self) : self_(self), application_(self) {}

  Match probe(Direction, Bytes bytes) const override {
    const Frame frame = find_frame(bytes);
    if (frame.state == Frame::State::more && bytes.size() < kHeaderOctets) return Match::more;
    if (frame.state != Frame::State::malformed) return Match::yes;
    // The stream may begin inside a frame, whose header we never saw. Its blocks, or the next header, tell then.
    const Bytes window = bytes.first(std::min(bytes.size(), kFrameOctets + kHeaderOctets));
    const size_t at = find_header(window);
    return window.size() - at >= kHeaderOctets || blocks_verified(window) ? Match::yes : Match::no;
  }
  Frame frame(Direction, Bytes bytes) override { return find_frame(bytes); }
  size_t resync(Direction, Bytes after_gap) override { return find_header(after_gap); }
  void lost(Direction direction, uint64_t) override { transport_.drop(direction); }
  Refusal refuse(Direction, TransactionKey key, Reason reason) override { return application_.refuse(key, reason); }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override;

 private:
  Feed feed_frame(Direction direction, Bytes frame, Sink& sink);
  Feed feed_link(const LinkHeader& link, Sink& sink);
  Feed feed_user_data(Direction direction, const LinkHeader& link, Bytes frame, Sink& sink);

  Protocol self_;
  Transport transport_;
  Application application_;
  uint64_t link_asked_ = 0;  // key of the last reset or test of a link, which an acknowledgement answers
  uint8_t user_data_[kUserDataOctets];
};

/// kLinkMark sets keys of link functions apart from those of the application.
constexpr uint64_t kLinkMark = 2;

TransactionKey link_key(uint16_t asking, uint16_t asked) {
  return {.match = uint64_t{asking} << 32 | uint64_t{asked} << 16 | kLinkMark, .id = 0};
}

/// worse joins what became of the frames of one datagram: what was wrong with one is not hidden by the next.
Feed worse(const Feed& before, const Feed& now) {
  if (before.state == Feed::State::malformed) return before;
  if (now.state == Feed::State::malformed) return now;
  return before.state == Feed::State::unsupported ? before : now;
}

Feed Dnp3Decoder::feed(Direction direction, Bytes bytes, Sink& sink) {
  Feed feed;
  bool first = true;
  // A stream gives one frame; a datagram may hold several (IEEE 1815, 13.2.2).
  while (!bytes.empty()) {
    const Frame frame = find_frame(bytes);
    Feed now{Feed::State::malformed, "header checksum"};
    size_t taken = bytes.size();
    if (frame.state == Frame::State::complete) {
      taken = frame.size;
      now = feed_frame(direction, bytes.first(taken), sink);
    } else if (frame.state == Frame::State::more) {
      now.reason = "frame cut short";
    } else {
      taken = 1 + find_header(bytes.subspan(1));
    }
    feed = first ? now : worse(feed, now);
    first = false;
    bytes = bytes.subspan(taken);
  }
  return feed;
}

Feed Dnp3Decoder::feed_frame(Direction direction, Bytes frame, Sink& sink) {
  const LinkHeader link = read_header(frame.data());
  if (!link.primary()) return feed_link(link, sink);
  switch (static_cast<Primary>(link.function())) {
    case Primary::confirmed_user_data:
    case Primary::unconfirmed_user_data:
      return feed_user_data(direction, link, frame, sink);
    case Primary::reset_link:
    case Primary::reset_user_process:
    case Primary::test_link:
    case Primary::request_link_status:
      break;
  }
  return feed_link(link, sink);
}

/// feed_link: frames of the link layer alone. Acknowledgements of user data say nothing that the application's
/// answers do not, and are passed over.
Feed Dnp3Decoder::feed_link(const LinkHeader& link, Sink& sink) {
  const uint32_t unit = link.from_master() ? link.destination : link.source;
  const uint8_t code = link.function();
  const Object object{.unit = unit, .last = Object::kAll};
  if (link.primary()) {
    const Function name = name_function(function::kLink + code);
    const auto asked = static_cast<Primary>(code);
    const bool status = asked == Primary::request_link_status || asked == Primary::test_link;
    if (link.length != kLengthLeast) sink.deviation("link-user-data");
    const TransactionKey key = link_key(link.source, link.destination);
    if (asked != Primary::request_link_status) link_asked_ = key.match;
    sink.operation({.protocol = self_,
                    .action = status ? Action::diagnose : Action::session,
                    .expects_answer = !link.broadcast(),
                    .function = name,
                    .object = object,
                    .key = key});
    if (name.name == "unknown") return {Feed::State::unsupported, "unknown link function"};
    return {};
  }
  const TransactionKey key = link_key(link.destination, link.source);
  const auto answer_code = static_cast<Secondary>(code);
  if (answer_code != Secondary::link_status) {
    if (link_asked_ != key.match) return {};
    link_asked_ = 0;
  }
  Answer answer{.protocol = self_,
                .action = answer_code == Secondary::link_status ? Action::diagnose : Action::session,
                .function = name_function(function::kLinkAnswer + code),
                .key = key,
                .object = object};
  if (answer_code == Secondary::not_acknowledged || answer_code == Secondary::not_supported) {
    answer.outcome = {.kind = Outcome::Kind::refused, .code = answer.function.code, .name = answer.function.name};
  }
  sink.answer(answer);
  return {};
}

Feed Dnp3Decoder::feed_user_data(Direction direction, const LinkHeader& link, Bytes frame, Sink& sink) {
  const size_t size = link.user_octets();
  if (!remove_checksums(frame, size, user_data_)) {
    transport_.drop(direction, link.destination, link.source);
    return {Feed::State::malformed, "block checksum"};
  }
  const Transport::Result result = transport_.add(direction, link.destination, link.source, {user_data_, size});
  if (!result.deviation.empty()) sink.deviation(result.deviation);
  const uint32_t thread = uint32_t{link.destination} << 16 | link.source;
  switch (result.state) {
    case Transport::Result::State::held:
      return {Feed::State::held, {}, thread};
    case Transport::Result::State::malformed:
      return {Feed::State::malformed, result.reason, thread};
    case Transport::Result::State::complete:
      break;
  }
  Feed feed = application_.feed(link, result.fragment, sink);
  feed.thread = thread;
  return feed;
}

/// parse_object: a space and numbers; files have names instead.
ParsedObject parse_object(std::string_view text) {
  if (text.starts_with("file ")) {
    ParsedObject parsed;
    parsed.object.space = static_cast<uint8_t>(SpaceId::file);
    parsed.object.last = Object::kAll;
    parsed.object.name = text.substr(kFileWord.size() + 1);
    return parsed;
  }
  return parse_space_object(text, spaces());
}

void append_object(std::string& out, const Object& object) {
  append_space_object(out, object, spaces());
  if (!object.addressed() || object.name.empty()) return;
  out += ' ';
  out += object.name;
}

}  // namespace

Entry entry() {
  return {.name = "dnp3",
          .title = "DNP3",
          .specification = "IEEE 1815-2012",
          .tcp_ports = kPorts,
          .udp_ports = kPorts,
          .over_tcp = true,
          .over_udp = true,
          .every_message = true,
          .limits = {.message_octets = kLongestFragment, .pending_operations = 128},
          .spaces = spaces(),
          .functions = functions(),
          .make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<Dnp3Decoder>(self); },
          .parse_object = parse_object,
          .append_object = append_object,
          .status = "complete",
          .posture = "no encryption; authentication only where secure authentication (group 120) is used",
          .encrypts = Assurance::no};
}

}  // namespace rampart::protocols::dnp3
