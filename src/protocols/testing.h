// For tests and fuzz targets of decoders only: drives a decoder as a stream would, and writes down what it found.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "protocols/registry.h"

namespace rampart::protocols::testing {

/// RecordingSink writes one line of text for everything that a decoder finds, and aborts where Values do not fit.
class RecordingSink : public Sink {
 public:
  void operation(const Operation& operation) override {
    std::string line =
        "operation " + std::string(to_text(operation.action)) + " " + std::string(operation.function.name);
    line += " item " + std::to_string(operation.item) + " id " + std::to_string(operation.key.id);
    describe(line, operation.protocol, &operation.object, operation.values);
    lines.push_back(std::move(line));
  }
  void answer(const Answer& answer) override {
    std::string line = answer.unsolicited ? "unsolicited " : "answer ";
    line += std::string(to_text(answer.action)) + " " + std::string(answer.function.name);
    if (answer.item != Answer::kAllItems) line += " item " + std::to_string(answer.item);
    line += " id " + std::to_string(answer.key.id);
    if (answer.outcome.kind == Outcome::Kind::refused) {
      line += " refused " + std::to_string(answer.outcome.code) + " " + std::string(answer.outcome.name);
    }
    describe(line, answer.protocol, answer.object ? &*answer.object : nullptr, answer.values);
    if (!answer.final) line += " more";
    lines.push_back(std::move(line));
  }
  void attribute(const Attribute& attribute) override {
    std::string line = "attribute " + std::string(to_text(attribute.kind)) + " " + std::string(attribute.text);
    if (attribute.about_ip) line += " of " + to_text(*attribute.about_ip);
    if (attribute.about_mac) line += " at " + to_text(*attribute.about_mac);
    if (attribute.basis != Attribute::Basis::said) line += " " + std::string(to_text(attribute.basis));
    lines.push_back(std::move(line));
  }
  void protection(const Protection& protection) override {
    std::string line = "protection " + std::string(to_text(protection.kind)) + " " + std::string(protection.method);
    if (!protection.text.empty()) line += " \"" + std::string(protection.text) + "\"";
    if (!protection.issuer.empty()) line += " by \"" + std::string(protection.issuer) + "\"";
    if (!protection.alternative.empty()) line += " also \"" + std::string(protection.alternative) + "\"";
    if (protection.key_bits != 0) line += " " + std::to_string(protection.key_bits) + " bits";
    if (protection.not_after != TimePoint{}) {
      line += " ";
      append_timestamp(line, protection.not_before);
      line += " to ";
      append_timestamp(line, protection.not_after);
    }
    lines.push_back(std::move(line));
  }
  void deviation(std::string_view name) override { lines.push_back("deviation " + std::string(name)); }

  std::vector<std::string> lines;

 private:
  static void describe(std::string& line, Protocol protocol, const Object* object, const Values& values) {
    if (object != nullptr && protocol.known()) {
      line += " [";
      protocol.entry().append_object(line, *object);
      if (object->unit != Object::kNoUnit) line += " unit " + std::to_string(object->unit);
      line += ']';
    }
    if (values.empty()) return;
    if (!values.fits()) std::abort();
    line += " =";
    for (uint32_t i = 0; i < values.count; ++i) {
      line += ' ';
      if (values.index_octets > 0) line += std::to_string(values.index(i)) + ":";
      append(line, values.at(i));
    }
  }
};

/// CheckingSink reads everything that it is handed, to its last octet, and keeps nothing: for fuzz targets, which run
/// it thousands of times a second. Aborts where Values do not fit.
class CheckingSink : public Sink {
 public:
  void operation(const Operation& operation) override {
    check(operation.protocol, &operation.object, operation.values);
  }
  void answer(const Answer& answer) override {
    check(answer.protocol, answer.object ? &*answer.object : nullptr, answer.values);
  }
  void attribute(const Attribute& attribute) override { text_.assign(attribute.text); }
  void protection(const Protection& protection) override {
    text_.assign(protection.text);
    text_.append(protection.issuer).append(protection.alternative).append(protection.method);
  }
  void deviation(std::string_view name) override { text_.assign(name); }

 private:
  void check(Protocol protocol, const Object* object, const Values& values) {
    text_.clear();
    if (object != nullptr && protocol.known()) protocol.entry().append_object(text_, *object);
    if (values.empty()) return;
    if (!values.fits()) std::abort();
    for (uint32_t i = 0; i < values.count; ++i) {
      const Scalar scalar = values.at(i);
      for (const uint8_t octet : scalar.octets) sum_ += octet;
      sum_ += scalar.natural + values.index(i) + values.quality(i);
    }
  }
  std::string text_;
  uint64_t sum_ = 0;
};

/// drive feeds `bytes` of one direction to a stream decoder in pieces of at most `piece` octets, cutting frames as the
/// decoder says; a malformed frame is skipped by resync. `held` carries what is left over to the next call.
inline void drive(Decoder& decoder, Direction direction, Bytes bytes, Sink& sink, std::vector<uint8_t>& held,
                  size_t piece = SIZE_MAX) {
  while (!bytes.empty()) {
    const size_t taken = std::min(piece, bytes.size());
    held.insert(held.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    size_t used = 0;
    while (used < held.size()) {
      const Bytes left = Bytes(held).subspan(used);
      const Frame frame = decoder.frame(direction, left);
      if (frame.state == Frame::State::more) break;
      if (frame.state == Frame::State::complete) {
        if (frame.size == 0 || frame.size > left.size()) std::abort();
        decoder.feed(direction, left.first(frame.size), sink);
        used += frame.size;
        continue;
      }
      const size_t next = decoder.resync(direction, left.subspan(1));
      if (next > left.size() - 1) std::abort();
      used += 1 + next;
    }
    held.erase(held.begin(), held.begin() + static_cast<ptrdiff_t>(used));
  }
}

/// fuzz_decoder interprets fuzz input: each chunk is one octet of orders (bit 0 direction, bit 1 a loss before it, bit
/// 2 as a datagram), two octets of length, then the bytes. Aborts where an invariant of Decoder breaks.
inline int fuzz_decoder(const Entry& entry, Protocol self, const uint8_t* data, size_t size) {
  const auto decoder = entry.make(self);
  CheckingSink sink;
  std::vector<uint8_t> held[2];
  ByteReader reader({data, size});
  while (reader.left() >= 3) {
    const uint8_t orders = reader.u8();
    const Bytes chunk = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    const Direction direction = (orders & 1) != 0 ? Direction::to_client : Direction::to_server;
    decoder->probe(direction, chunk);
    if ((orders & 2) != 0) {
      decoder->lost(direction, orders);
      held[orders & 1].clear();
    }
    if ((orders & 4) != 0) {
      if (!chunk.empty()) decoder->feed(direction, chunk, sink);
    } else {
      drive(*decoder, direction, chunk, sink, held[orders & 1]);
    }
    decoder->refuse(direction, {chunk.empty() ? uint64_t{0} : chunk[0], 0}, Reason::not_allowed);
  }
  return 0;
}

}  // namespace rampart::protocols::testing
