#include "protocols/light/handshake.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/x509.h"

namespace rampart::protocols::light {
namespace {

// RFC 8446, section 5.1 and 4; RFC 5246, section 7.4.
enum RecordType : uint8_t { kChangeCipher = 20, kAlert = 21, kHandshake = 22, kApplication = 23 };
enum MessageType : uint8_t { kClientHello = 1, kServerHello = 2, kCertificate = 11 };
enum Extension : uint16_t { kServerName = 0, kProtocols = 16, kVersions = 43 };
constexpr uint16_t kTls12 = 0x0303, kTls13 = 0x0304;
constexpr int kMostExtensions = 64;

struct Cipher {
  uint16_t number;
  std::string_view name;
};
// IANA, TLS Cipher Suites: those that are met, in the order of their numbers.
constexpr std::array kCiphers = {
    Cipher{0x0001, "TLS_RSA_WITH_NULL_MD5"},
    Cipher{0x0002, "TLS_RSA_WITH_NULL_SHA"},
    Cipher{0x0004, "TLS_RSA_WITH_RC4_128_MD5"},
    Cipher{0x0005, "TLS_RSA_WITH_RC4_128_SHA"},
    Cipher{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
    Cipher{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    Cipher{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
    Cipher{0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    Cipher{0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
    Cipher{0x003b, "TLS_RSA_WITH_NULL_SHA256"},
    Cipher{0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    Cipher{0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    Cipher{0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
    Cipher{0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
    Cipher{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    Cipher{0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    Cipher{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    Cipher{0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    Cipher{0x1301, "TLS_AES_128_GCM_SHA256"},
    Cipher{0x1302, "TLS_AES_256_GCM_SHA384"},
    Cipher{0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    Cipher{0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    Cipher{0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    Cipher{0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"},
    Cipher{0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    Cipher{0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    Cipher{0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    Cipher{0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    Cipher{0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    Cipher{0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    Cipher{0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
    Cipher{0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    Cipher{0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    Cipher{0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    Cipher{0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    Cipher{0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    Cipher{0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
};

/// is_weak: without encryption, RC4, single or triple DES (RFC 7465, RFC 9325).
bool is_weak(std::string_view cipher) {
  return cipher.find("_NULL_") != std::string_view::npos || cipher.find("_RC4_") != std::string_view::npos ||
         cipher.find("DES") != std::string_view::npos;
}

/// The hello of SSL 2, by which clients of old open newer versions too (RFC 5246, appendix E.2).
constexpr size_t kOldHeader = 11;
size_t old_size(Bytes bytes) { return 2 + (load_big<2>(bytes.data()) & 0x7fff); }

/// is_grease: values that clients offer so that servers learn to pass over what they do not know (RFC 8701).
bool is_grease(uint16_t version) { return (version & 0x0f0f) == 0x0a0a; }

void read_versions(ByteReader value, bool client, Handshake::Hello& hello) {
  if (!client) {
    hello.version = value.u16();
    return;
  }
  ByteReader list = value.sub(value.u8());
  uint16_t highest = 0, lowest = 0xffff;
  while (list.left() >= 2) {
    const uint16_t version = list.u16();
    if (is_grease(version)) continue;
    highest = std::max(highest, version);
    lowest = std::min(lowest, version);
  }
  if (highest == 0) return;
  hello.version = highest;
  hello.lowest = lowest;
}

void read_extension(uint16_t type, ByteReader value, bool client, Handshake::Hello& hello) {
  if (type == kVersions) read_versions(value, client, hello);
  if (type == kServerName && client) {
    ByteReader list = value.sub(value.u16());
    const uint8_t kind = list.u8();
    const Bytes name = list.bytes(list.u16());
    if (list.ok() && kind == 0) hello.server_name = readable(name);
  }
  if (type == kProtocols) {
    ByteReader list = value.sub(value.u16());
    const Bytes name = list.bytes(list.u8());
    if (list.ok()) hello.protocol = readable(name);
  }
}

}  // namespace

std::string_view tls_name(uint16_t version) {
  switch (version) {
    case 0x0002:
      return "SSL 2";
    case 0x0300:
      return "SSL 3";
    case 0x0301:
      return "TLS 1.0";
    case 0x0302:
      return "TLS 1.1";
    case kTls12:
      return "TLS 1.2";
    case kTls13:
      return "TLS 1.3";
    default:
      return (version & 0xff00) == 0x7f00 ? "TLS 1.3 draft" : "";
  }
}

std::string_view cipher_name(uint16_t cipher) {
  const auto found = std::lower_bound(kCiphers.begin(), kCiphers.end(), cipher,
                                      [](const Cipher& known, uint16_t number) { return known.number < number; });
  return found != kCiphers.end() && found->number == cipher ? found->name : std::string_view();
}

bool Handshake::is_record(Bytes bytes) {
  return bytes.size() >= 5 && bytes[0] >= kChangeCipher && bytes[0] <= kApplication && bytes[1] == 3 && bytes[2] <= 4 &&
         load_big<2>(bytes.data() + 3) <= kMostRecord && load_big<2>(bytes.data() + 3) > 0;
}

Match Handshake::opens_old(Bytes bytes) {
  if (bytes.empty()) return Match::more;
  if ((bytes[0] & 0xf0) != 0x80) return Match::no;
  if (bytes.size() > 2 && bytes[2] != kClientHello) return Match::no;
  if (bytes.size() > 3 && bytes[3] != 0 && bytes[3] != 3) return Match::no;
  if (bytes.size() < kOldHeader) return Match::more;
  ByteReader reader(bytes.subspan(3));
  const uint16_t version = reader.u16(), suites = reader.u16(), session = reader.u16(), challenge = reader.u16();
  const bool named = version == 2 || (version >= 0x0300 && version <= kTls12);
  const bool fits = old_size(bytes) == kOldHeader + size_t{suites} + session + challenge;
  return named && fits && suites % 3 == 0 && challenge >= 16 && challenge <= 32 ? Match::yes : Match::no;
}

Match Handshake::opens(Direction direction, Bytes bytes) {
  if (bytes.empty()) return Match::more;
  if (direction == Direction::to_server && (bytes[0] & 0x80) != 0) return opens_old(bytes);
  if (bytes[0] != kHandshake || (bytes.size() > 1 && bytes[1] != 3) || (bytes.size() > 2 && bytes[2] > 4))
    return Match::no;
  if (bytes.size() < 9) return Match::more;
  if (!is_record(bytes)) return Match::no;
  const uint8_t type = direction == Direction::to_server ? kClientHello : kServerHello;
  const uint64_t length = load_big<3>(bytes.data() + 6);
  return bytes[5] == type && length >= 38 && length <= kMostHandshake ? Match::yes : Match::no;
}

Frame Handshake::frame(Bytes bytes) const {
  if (!bytes.empty() && (bytes[0] & 0x80) != 0) {
    const Match old = opens_old(bytes);
    if (old == Match::no) return {Frame::State::malformed, 0};
    if (old == Match::more) return {Frame::State::more, kOldHeader};
    const size_t size = old_size(bytes);
    return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
  }
  if (bytes.size() < 5) return {Frame::State::more, 5};
  if (!is_record(bytes)) return {Frame::State::malformed, 0};
  const size_t size = 5 + static_cast<size_t>(load_big<2>(bytes.data() + 3));
  // What is encrypted is not waited for.
  if (bytes[0] == kApplication) return {Frame::State::complete, std::min(size, bytes.size())};
  return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
}

bool Handshake::read_hello(Bytes body, bool client, Hello& hello) {
  ByteReader reader(body);
  hello.version = hello.lowest = reader.u16();
  reader.skip(32);
  reader.skip(reader.u8());
  if (client) {
    reader.skip(reader.u16());
    reader.skip(reader.u8());
  } else {
    hello.cipher = reader.u16();
    reader.skip(1);
  }
  if (!reader.ok()) return false;
  if (reader.left() == 0) return true;
  ByteReader extensions = reader.sub(reader.u16());
  for (int i = 0; i < kMostExtensions && extensions.left() > 0; ++i) {
    const uint16_t type = extensions.u16();
    const Bytes value = extensions.bytes(extensions.u16());
    if (extensions.ok()) read_extension(type, ByteReader(value), client, hello);
  }
  return extensions.ok();
}

Feed Handshake::feed(Direction direction, Bytes record, Sink& sink) {
  const auto side = static_cast<size_t>(direction);
  if (record.size() < 5 || closed_[side] || done_) return {};
  if ((record[0] & 0x80) != 0) {
    Hello hello;
    hello.version = static_cast<uint16_t>(load_big<2>(record.data() + 3));
    hello.lowest = 2;
    client_hello(hello, sink);
    return {};
  }
  const Bytes body = record.subspan(5);
  switch (record[0]) {
    case kApplication:
      done_ = true;
      // Where the beginning was not seen, that much is sure all the same.
      if (version_ == 0) sink.protection({.kind = Protection::Kind::encrypted, .method = "TLS"});
      return {};
    case kChangeCipher:
      closed_[side] = true;
      done_ = closed_[0] && closed_[1];
      return {};
    case kAlert:
      if (body.size() == 2 && body[0] == 2 && protocol_.known() && !answered_) {
        Answer answer{.protocol = protocol_, .action = Action::session, .function = {kClientHello, "client-hello"}};
        answer.key = {1, 0};
        answer.outcome = {Outcome::Kind::refused, body[1], body[1] == 40 ? "handshake failure" : "alert"};
        if (direction == Direction::to_client) sink.answer(answer);
      }
      done_ = true;
      return {};
    case kHandshake:
      if (kept_[side].size() + body.size() > kMostHandshake) {
        done_ = true;
        return {Feed::State::unsupported, "handshake longer than what is kept of it"};
      }
      kept_[side].insert(kept_[side].end(), body.begin(), body.end());
      return messages(direction, sink);
    default:
      return {Feed::State::malformed, "no such record"};
  }
}

Feed Handshake::messages(Direction direction, Sink& sink) {
  std::vector<uint8_t>& kept = kept_[static_cast<size_t>(direction)];
  size_t used = 0;
  Feed result;
  while (!done_ && kept.size() - used >= 4) {
    const size_t length = static_cast<size_t>(load_big<3>(kept.data() + used + 1));
    if (length > kMostHandshake) {
      done_ = true;
      return {Feed::State::malformed, "handshake message longer than any"};
    }
    if (kept.size() - used - 4 < length) {
      result.state = Feed::State::held;
      break;
    }
    const Feed fed = message(direction, kept[used], Bytes(kept).subspan(used + 4, length), sink);
    if (fed.state != Feed::State::complete) result = fed;
    used += 4 + length;
  }
  kept.erase(kept.begin(), kept.begin() + static_cast<ptrdiff_t>(used));
  return result;
}

Feed Handshake::message(Direction direction, uint8_t type, Bytes body, Sink& sink) {
  if (type == kCertificate) return certificate(direction, body, sink);
  const bool client = type == kClientHello && direction == Direction::to_server;
  if (!client && (type != kServerHello || direction != Direction::to_client)) return {};
  Hello hello;
  if (!read_hello(body, client, hello)) return {Feed::State::malformed, "hello that cannot be read"};
  if (client) {
    client_hello(hello, sink);
  } else {
    server_hello(hello, sink);
  }
  return {};
}

void Handshake::client_hello(const Hello& hello, Sink& sink) {
  if (protocol_.known()) {
    Operation operation{.protocol = protocol_, .action = Action::session, .function = {kClientHello, "client-hello"}};
    operation.key = {1, 0};
    if (!hello.server_name.empty()) operation.object = {.space = 0, .last = Object::kAll, .name = hello.server_name};
    sink.operation(operation);
  }
  const std::string_view highest = tls_name(hello.version), lowest = tls_name(hello.lowest);
  if (highest.empty()) return;
  text_ = highest == lowest || lowest.empty() ? "up to " : std::string(lowest) + " to ";
  text_ += highest;
  sink.attribute({.kind = Attribute::Kind::version, .text = text_});
}

void Handshake::server_hello(const Hello& hello, Sink& sink) {
  version_ = hello.version;
  if (protocol_.known() && !answered_) {
    Answer answer{.protocol = protocol_, .action = Action::session, .function = {kClientHello, "client-hello"}};
    answer.key = {1, 0};
    sink.answer(answer);
  }
  answered_ = true;
  std::string_view cipher = cipher_name(hello.cipher);
  if (cipher.empty()) {
    text_ = "suite ";
    append_number(text_, hello.cipher);
    cipher = text_;
  }
  const std::string_view version = tls_name(hello.version).empty() ? "TLS" : tls_name(hello.version);
  // NULL suites protect against change, not against reading.
  const bool plain = cipher.find("_NULL_") != std::string_view::npos;
  sink.protection(
      {.kind = plain ? Protection::Kind::unencrypted : Protection::Kind::encrypted, .method = version, .text = cipher});
  if (hello.version < kTls12) sink.protection({.kind = Protection::Kind::outdated, .method = version});
  if (is_weak(cipher)) sink.protection({.kind = Protection::Kind::outdated, .method = "weak cipher", .text = cipher});
  if (!hello.protocol.empty()) sink.attribute({.kind = Attribute::Kind::service, .text = hello.protocol});
  // From version 1.3 on certificates are encrypted: who the server is stays unknown.
  if (hello.version >= kTls13) done_ = true;
}

Feed Handshake::certificate(Direction direction, Bytes body, Sink& sink) {
  ByteReader reader(body);
  ByteReader list = reader.sub(reader.u24());
  if (!list.ok()) return {Feed::State::malformed, "certificates beyond their message"};
  if (list.left() == 0) return {};  // a client that has none
  const Bytes first = list.bytes(list.u24());
  Certificate certificate;
  if (!list.ok() || !read_certificate(first, certificate))
    return {Feed::State::malformed, "certificate that cannot be read"};
  sink.protection({.kind = Protection::Kind::certificate,
                   .method = certificate.key,
                   .text = certificate.subject,
                   .issuer = certificate.issuer,
                   .alternative = certificate.alternative,
                   .key_bits = certificate.key_bits,
                   .not_before = certificate.not_before,
                   .not_after = certificate.not_after});
  if (direction == Direction::to_server) {
    sink.protection({.kind = Protection::Kind::authenticated, .method = "client certificate"});
  }
  return {};
}

}  // namespace rampart::protocols::light
