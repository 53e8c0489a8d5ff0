// What the light decoders share. They serve the inventory and the policy: who speaks, which version, encrypted or not,
// authenticated or not. Each keeps little, and says by done() when a conversation has told all of that.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocols/registry.h"

namespace rampart::protocols::light {

/// Limits of all light decoders alike.
inline constexpr size_t kMostText = 128;          // octets of a text that is handed on
inline constexpr size_t kMostLine = 4096;         // octets of a line that is waited for
inline constexpr uint32_t kMostOperations = 500;  // of one conversation over TCP; then it is only counted

/// readable is the text at the beginning of `octets`: up to the first control character, without blanks around it, at
/// most `most` octets, not cut inside of a character of UTF-8.
std::string_view readable(Bytes octets, size_t most = kMostText);
/// line_of is `frame` without its line end.
std::string_view line_of(Bytes frame);
/// starts_with compares without regard to the case of ASCII letters; `prefix` is in lower case.
bool starts_with(std::string_view text, std::string_view prefix);
/// append_utf16 writes little-endian UTF-16 as UTF-8, readable characters only, at most kMostText octets.
void append_utf16(std::string& out, Bytes octets);
/// line_frame cuts at the next line end; a line longer than kMostLine ends there.
Frame line_frame(Bytes bytes);

inline Feed malformed(std::string_view reason) { return {Feed::State::malformed, reason}; }

/// LightDecoder is a decoder that refuses nothing and, where octets are lost, gives up: what it looks for stands at the
/// beginning of a conversation.
class LightDecoder : public Decoder {
 public:
  explicit LightDecoder(Protocol self) : self_(self) {}
  Frame frame(Direction, Bytes bytes) override;
  size_t resync(Direction, Bytes after_gap) override { return after_gap.size(); }
  void lost(Direction, uint64_t) override { over_ = true; }
  bool done() const override { return over_; }
  Refusal refuse(Direction, TransactionKey, Reason) override { return {}; }

 protected:
  void finish() { over_ = true; }
  /// ask makes an operation; what expects an answer has a key that tells it.
  Operation ask(Action action, Function function, std::string_view name = {}) const;
  Operation ask(Action action, Function function, TransactionKey key, std::string_view name = {}) const;
  Answer reply(Action action, Function function, TransactionKey key) const;
  static void tell(Sink& sink, Attribute::Kind kind, std::string_view text);
  static void show(Sink& sink, Protection::Kind kind, std::string_view method, std::string_view text = {});

  Protocol self_;

 private:
  bool over_ = false;
};

/// StreamDecoder cuts a stream into messages and lets what nobody looks at pass without waiting for it.
class StreamDecoder : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Frame frame(Direction direction, Bytes bytes) final;
  Feed feed(Direction direction, Bytes frame, Sink& sink) final;

 protected:
  /// cut is frame() where nothing is to be passed over.
  virtual Frame cut(Direction direction, Bytes bytes) = 0;
  virtual Feed read(Direction direction, Bytes frame, Sink& sink) = 0;
  void pass_over(Direction direction, uint64_t octets) { skip_[static_cast<size_t>(direction)] = octets; }

 private:
  uint64_t skip_[2]{};
};

/// name_entry has what the entries of all light protocols have in common: objects are names, and nothing else.
Entry name_entry();

}  // namespace rampart::protocols::light
