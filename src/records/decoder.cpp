#include "records/decoder.h"

#include <algorithm>

namespace rampart::records {
namespace {

using protocols::Values;
using protocols::ValueType;

// The matcher keeps 1,024 answers to one operation. An empty one takes one octet of a record and two hundred of memory.
constexpr uint64_t kMostAnswers = 4096;

// Dates can be told of times up to about 292 years from 1970 only: what lies on the edge is no time.
constexpr int64_t kMostNanoseconds = 9'200'000'000'000'000'000;

std::optional<int64_t> signed_number(const Item& item) {
  if (item.number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return {};
  if (item.kind == Item::Kind::natural) return static_cast<int64_t>(item.number);
  if (item.kind == Item::Kind::negative) return -1 - static_cast<int64_t>(item.number);
  return {};
}

/// text_of: a text string, or octets that could not be one.
std::optional<std::string_view> text_of(const Item& item) {
  const std::string_view text = as_text(item.bytes);
  if (item.kind == Item::Kind::text || (item.kind == Item::Kind::octets && !is_text(text))) return text;
  return {};
}

}  // namespace

bool bounded(const Values& values) {
  if (!values.fits()) return false;
  if (values.count <= 1) return true;
  const bool sized = values.type == ValueType::text || values.type == ValueType::octets;
  const uint64_t width = sized ? uint64_t{values.element_octets} * 8 : bits(values.type);
  return values.stride_bits >= std::max(width, uint64_t{1}) &&
         uint64_t{values.stride_bits} * (values.count - 1) < uint64_t{values.data.size()} * 8;
}

Decoder::Got Decoder::get(TimePoint& value) {
  const auto number = signed_number(in_.next());
  if (!number || *number < -kMostNanoseconds || *number > kMostNanoseconds) return Got::wrong;
  value = TimePoint(Duration(*number));
  return Got::known;
}

Decoder::Got Decoder::get(Duration& value) {
  const auto number = signed_number(in_.next());
  value = Duration(number.value_or(0));
  return number ? Got::known : Got::wrong;
}

Decoder::Got Decoder::get(std::string_view& value) {
  const auto text = text_of(in_.next());
  value = text.value_or(std::string_view());
  return text ? Got::known : Got::wrong;
}

Decoder::Got Decoder::get(std::string& value) {
  std::string_view text;
  const Got got = get(text);
  value = text;
  return got;
}

Decoder::Got Decoder::get(Bytes& value) {
  const Item item = in_.next();
  value = item.bytes;
  return item.kind == Item::Kind::octets ? Got::known : Got::wrong;
}

Decoder::Got Decoder::get(IpAddress& value) {
  Bytes octets;
  if (get(octets) != Got::known || (octets.size() != 4 && octets.size() != 16)) return Got::wrong;
  value = octets.size() == 4 ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data());
  return Got::known;
}

Decoder::Got Decoder::get(MacAddress& value) {
  Bytes octets;
  if (get(octets) != Got::known || octets.size() != value.octets.size()) return Got::wrong;
  std::copy(octets.begin(), octets.end(), value.octets.begin());
  return Got::known;
}

Decoder::Got Decoder::get(protocols::Protocol& value) {
  const Item item = in_.next();
  if (item.kind != Item::Kind::text) return Got::wrong;
  const auto found = protocols::find_protocol(as_text(item.bytes));
  value = found.value_or(protocols::Protocol());
  return found ? Got::known : Got::unknown;
}

Decoder::Got Decoder::get_space(uint8_t& value) {
  const Item item = in_.next();
  const auto spaces = protocol_.known() ? protocol_.entry().spaces : std::span<const protocols::Space>();
  if (item.kind == Item::Kind::natural) {
    if (item.number < spaces.size() || item.number >= protocols::Object::kNoSpace) return Got::wrong;
    value = static_cast<uint8_t>(item.number);
    return Got::known;
  }
  if (item.kind != Item::Kind::text) return Got::wrong;
  const auto found = std::find_if(spaces.begin(), spaces.end(),
                                  [&item](const protocols::Space& space) { return space.name == as_text(item.bytes); });
  if (found == spaces.end()) return Got::unknown;
  value = static_cast<uint8_t>(found - spaces.begin());
  return Got::known;
}

Decoder::Got Decoder::get(std::span<const protocols::Answer* const>& value) {
  const Item array = in_.next();
  if (array.kind != Item::Kind::array || array.number > std::min<uint64_t>(kMostAnswers, in_.left())) return Got::wrong;
  // All at once: later answers must not move earlier ones.
  borrowed_.answers.resize(array.number);
  for (protocols::Answer& answer : borrowed_.answers) {
    const Item map = in_.next();
    if (map.kind != Item::Kind::map || !get_map(answer, map.number, depth_ + 2)) return Got::wrong;
    borrowed_.answers_in_order.push_back(&answer);
  }
  value = borrowed_.answers_in_order;
  return Got::known;
}

}  // namespace rampart::records
