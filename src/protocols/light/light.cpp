#include "protocols/light/light.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace rampart::protocols::light {
namespace {

constexpr std::array<Space, 1> kSpaces = {Space{"name", 0, false}};

ParsedObject parse_name(std::string_view text) {
  ParsedObject parsed;
  text = trim(text);
  if (text.empty()) {
    parsed.error = "an object of this protocol is a name";
    parsed.hint = "write the name as it stands in the traffic";
    return parsed;
  }
  parsed.object = {.space = 0, .last = Object::kAll, .name = text};
  return parsed;
}

void append_name(std::string& out, const Object& object) { out += object.name; }

bool is_continuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

}  // namespace

std::string_view readable(Bytes octets, size_t most) {
  std::string_view text = as_text(octets);
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<uint8_t>(c);
    return (octet < 0x20 && c != '\t') || octet == 0x7f;
  });
  text = trim(text.substr(0, static_cast<size_t>(control - text.begin())));
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > 0 && end + 4 > most && is_continuation(text[end])) --end;
  return trim(text.substr(0, end));
}

std::string_view line_of(Bytes frame) {
  std::string_view line = as_text(frame);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(), [](char p, char c) {
           return p == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
         });
}

void append_utf16(std::string& out, Bytes octets) {
  const size_t start = out.size();
  ByteReader reader(octets);
  while (reader.left() >= 2 && out.size() - start + 3 <= kMostText) {
    const uint32_t unit = reader.u16_little();
    if (unit < 0x20 || unit == 0x7f || (unit >= 0xd800 && unit < 0xe000)) return;
    if (unit < 0x80) {
      out += static_cast<char>(unit);
    } else if (unit < 0x800) {
      out += static_cast<char>(0xc0 | unit >> 6);
      out += static_cast<char>(0x80 | (unit & 0x3f));
    } else {
      out += static_cast<char>(0xe0 | unit >> 12);
      out += static_cast<char>(0x80 | (unit >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (unit & 0x3f));
    }
  }
}

Frame line_frame(Bytes bytes) {
  const Bytes within = bytes.first(std::min(bytes.size(), kMostLine));
  const auto end = std::find(within.begin(), within.end(), '\n');
  if (end != within.end()) return {Frame::State::complete, static_cast<size_t>(end - within.begin()) + 1};
  if (within.size() == kMostLine) return {Frame::State::complete, kMostLine};
  return {Frame::State::more, bytes.size() + 1};
}

Frame LightDecoder::frame(Direction, Bytes bytes) {
  if (bytes.empty()) return {Frame::State::more, 1};
  return {Frame::State::complete, bytes.size()};
}

Operation LightDecoder::ask(Action action, Function function, std::string_view name) const {
  Operation operation{.protocol = self_, .action = action, .expects_answer = false, .function = function};
  if (!name.empty()) operation.object = {.space = 0, .last = Object::kAll, .name = name};
  return operation;
}

Operation LightDecoder::ask(Action action, Function function, TransactionKey key, std::string_view name) const {
  Operation operation = ask(action, function, name);
  operation.expects_answer = true;
  operation.key = key;
  return operation;
}

Answer LightDecoder::reply(Action action, Function function, TransactionKey key) const {
  return {.protocol = self_, .action = action, .function = function, .key = key};
}

void LightDecoder::tell(Sink& sink, Attribute::Kind kind, std::string_view text) {
  if (!text.empty()) sink.attribute({.kind = kind, .text = text});
}

void LightDecoder::show(Sink& sink, Protection::Kind kind, std::string_view method, std::string_view text) {
  sink.protection({.kind = kind, .method = method, .text = text});
}

Frame StreamDecoder::frame(Direction direction, Bytes bytes) {
  if (bytes.empty()) return {Frame::State::more, 1};
  const uint64_t skip = skip_[static_cast<size_t>(direction)];
  if (skip == 0) return cut(direction, bytes);
  return {Frame::State::complete, static_cast<size_t>(std::min<uint64_t>(skip, bytes.size()))};
}

Feed StreamDecoder::feed(Direction direction, Bytes frame, Sink& sink) {
  uint64_t& skip = skip_[static_cast<size_t>(direction)];
  if (skip == 0) return read(direction, frame, sink);
  skip -= std::min<uint64_t>(skip, frame.size());
  return {};
}

Entry name_entry() {
  Entry entry;
  entry.spaces = kSpaces;
  entry.by_opening = true;
  entry.parse_object = parse_name;
  entry.append_object = append_name;
  entry.limits.message_octets = 65'536;
  entry.limits.pending_operations = 16;
  entry.status = "light: who, which version, how it is protected";
  return entry;
}

}  // namespace rampart::protocols::light
