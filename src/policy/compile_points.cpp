#include <algorithm>
#include <set>

#include "base/text.h"
#include "policy/compiled.h"

namespace rampart::policy {
namespace {

using protocols::Entry;
using protocols::Object;
using protocols::ParsedObject;
using protocols::ValueType;

constexpr uint64_t kLastAddress = uint64_t{1} << 40;  // beyond every protocol's memory
constexpr uint64_t kWidest = 64;                      // places of one point

/// BitOfWord is the `.3` of `holding-register 100.3`.
struct BitOfWord {
  ParsedObject parsed;
  uint64_t bit = 0;
  bool found = false;
};

BitOfWord parse_bit(std::string_view text, const Entry& entry) {
  BitOfWord result;
  const size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return result;
  const auto bit = parse_number(text.substr(dot + 1));
  if (!bit) return result;
  result.parsed = entry.parse_object(text.substr(0, dot));
  const Object& object = result.parsed.object;
  if (!result.parsed.error.empty() || !object.addressed() || object.space >= entry.spaces.size()) return result;
  const protocols::Space& space = entry.spaces[object.space];
  result.bit = *bit;
  result.found = space.memory && space.address_bits >= 8 && object.first == object.last && *bit < space.address_bits;
  return result;
}

std::optional<ByteOrder> parse_byte_order(std::string_view word) {
  if (word.empty() || word == "big") return ByteOrder::big;
  if (word == "little") return ByteOrder::little;
  if (word == "word-swapped") return ByteOrder::word_swapped;
  if (word == "byte-swapped") return ByteOrder::byte_swapped;
  return {};
}

bool is_number_type(ValueType type) {
  return type != ValueType::none && type != ValueType::text && type != ValueType::octets && type != ValueType::control;
}

std::vector<std::string_view> number_types() {
  std::vector<std::string_view> names;
  for (int type = 1; type <= static_cast<int>(ValueType::control); ++type) {
    if (is_number_type(static_cast<ValueType>(type))) names.push_back(to_text(static_cast<ValueType>(type)));
  }
  return names;
}

struct Fault {
  std::string what, hint;
  bool of_type = false;
};

std::string quoted(const std::string& word) { return "\"" + word + "\""; }

/// settle_memory finds type and places of a point in a memory; false where they contradict each other.
bool settle_memory(PointAt& at, const ParsedObject& parsed, ValueType said, uint64_t address_bits, Fault& fault) {
  Region& region = at.region;
  const std::string object = quoted(at.said->object.value);
  ValueType type = said != ValueType::none ? said : parsed.type;
  if (parsed.object.last == Object::kAll || parsed.object.last > kLastAddress) {
    fault = {object + " is more than one value", "write the address of the point", false};
    return false;
  }
  const uint64_t places = region.end - region.begin;
  const bool one_address = parsed.object.first == parsed.object.last && parsed.type == ValueType::none;
  if (type == ValueType::none) {
    if (places == 1) type = ValueType::bit;
    if (places == 8) type = ValueType::uint8;
    if (places == 16) type = ValueType::uint16;
  }
  if (type == ValueType::none) {
    fault = {object + " does not say which type its value has", "write type: float32, or another type", true};
    return false;
  }
  const uint64_t width = protocols::bits(type);
  if (one_address && width > places && width % address_bits == 0) region.end = region.begin + width;
  if (region.end - region.begin != width || width > kWidest) {
    fault.what = std::string(to_text(type)) + " has " + std::to_string(width) + " bits, but " + object + " has " +
                 std::to_string(places);
    fault.hint = "name as many addresses as the type fills, or only the first of them";
    fault.of_type = true;
    return false;
  }
  at.type = type;
  return true;
}

/// bind makes the point as `entry` sees it; false where it does not.
bool bind(PointAt& at, const Entry& entry, ValueType said, Fault& fault) {
  const std::string& text = at.said->object.value;
  const ParsedObject parsed = entry.parse_object(text);
  if (!parsed.error.empty()) {
    const BitOfWord bit = parse_bit(text, entry);
    if (!bit.found) {
      fault = {parsed.error, parsed.hint, false};
      return false;
    }
    if (said != ValueType::none && said != ValueType::bit) {
      fault = {std::string(to_text(said)) + " is more than the one bit that " + quoted(text) + " is", "leave out type",
               true};
      return false;
    }
    at.memory = true;
    at.type = ValueType::bit;
    at.region = region_of(bit.parsed.object, entry);
    const uint64_t last_octet = (at.region.end - at.region.begin) / 8 - 1;
    at.region.begin += (last_octet - bit.bit / 8) * 8 + bit.bit % 8;
    at.region.end = at.region.begin + 1;
    return true;
  }
  at.region = region_of(parsed.object, entry);
  // The name must outlive `parsed`: it borrows the text of the plant, which the policy keeps.
  const bool addressed = parsed.object.addressed() && parsed.object.space < entry.spaces.size();
  at.memory = addressed && entry.spaces[parsed.object.space].memory;
  if (at.memory) {
    const uint64_t address_bits = std::max<uint64_t>(entry.spaces[parsed.object.space].address_bits, 1);
    return settle_memory(at, parsed, said, address_bits, fault);
  }
  at.type = said != ValueType::none ? said : parsed.type;
  if (addressed && parsed.object.first != parsed.object.last && parsed.object.name.empty()) {
    fault = {quoted(text) + " is more than one value", "write the number of the point", false};
    return false;
  }
  return true;
}

/// protocols_towards lists, for each asset, the protocols of the rules that lead to it: only for better messages.
std::vector<std::set<uint16_t>> protocols_towards(const plant::Plant& plant) {
  std::vector<std::set<uint16_t>> result(plant.assets.size());
  for (const plant::Conduit& conduit : plant.conduits) {
    for (const plant::Rule& rule : conduit.rules) {
      const auto protocol = protocols::find_protocol(rule.protocol.value);
      if (!protocol) continue;
      for (const Index to : rule.to) {
        if (to < result.size()) result[to].insert(protocol->number);
      }
    }
  }
  return result;
}

void compile_point(Policy& policy, PointAt at, const std::set<uint16_t>& towards, std::vector<Problem>& problems) {
  const plant::Plant& plant = *policy.plant;
  const plant::Point& said = *at.said;
  const ValueType type = said.type.value.empty() ? ValueType::none : protocols::parse_value_type(said.type.value);
  if (!said.type.value.empty() && !is_number_type(type)) {
    problems.push_back(plant.problem(said.type.mark, quoted(said.type.value) + " is no type of a number",
                                     did_you_mean(said.type.value, number_types())));
    return;
  }
  const auto order = parse_byte_order(said.byte_order.value);
  if (!order) {
    problems.push_back(
        plant.problem(said.byte_order.mark, quoted(said.byte_order.value) + " is no byte order",
                      did_you_mean(said.byte_order.value, {"big", "little", "word-swapped", "byte-swapped"})));
    return;
  }
  at.order = *order;
  // A point is bound to every protocol that understands its words, whatever rules there are: taking a rule away must
  // not take a limit away with it.
  bool bound = false;
  std::optional<Fault> nearest;
  const auto entries = protocols::registry();
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto number = static_cast<uint16_t>(i + 1);
    // Mere names (hosts, paths, topics) take any words, and carry no values.
    if (entries[i].spaces.size() == 1 && entries[i].spaces[0].name == "name") continue;
    PointAt one = at;
    one.protocol = number;
    Fault fault;
    if (bind(one, entries[i], type, fault)) {
      policy.points.push_back(one);
      bound = true;
    } else if (fault.of_type || (towards.contains(number) && !(nearest && nearest->of_type))) {
      nearest = fault;
    }
  }
  if (bound) return;
  if (!nearest) {
    nearest = Fault{quoted(said.object.value) + " is no object of a protocol that is known here", "", false};
    nearest->hint = "write it in the words of the asset's protocol, as in holding-register 100 or DB10.DBD4";
  }
  const plant::Text& where = nearest->of_type && !said.type.value.empty() ? said.type : said.object;
  problems.push_back(plant.problem(where.mark, nearest->what, nearest->hint));
}

}  // namespace

void compile_points(Policy& policy, std::vector<Problem>& problems) {
  const plant::Plant& plant = *policy.plant;
  const auto towards = protocols_towards(plant);
  for (Index asset = 0; asset < plant.assets.size(); ++asset) {
    const std::vector<plant::Point>& points = plant.assets[asset].points;
    for (Index point = 0; point < points.size(); ++point) {
      compile_point(policy, {.asset = asset, .point = point, .region = {}, .said = &points[point]}, towards[asset],
                    problems);
    }
  }
  std::sort(policy.points.begin(), policy.points.end(), [](const PointAt& left, const PointAt& right) {
    if (left.asset != right.asset) return left.asset < right.asset;
    if (left.protocol != right.protocol) return left.protocol < right.protocol;
    if (left.region < right.region || right.region < left.region) return left.region < right.region;
    return left.point < right.point;
  });
  policy.points_of_asset.resize(plant.assets.size());
  std::vector<std::pair<uint64_t, Slice>> slices;
  for (uint32_t i = 0; i < policy.points.size(); ++i) {
    const PointAt& point = policy.points[i];
    const uint64_t key = uint64_t{point.asset} << 8 | (point.protocol & 0xffu);
    if (slices.empty() || slices.back().first != key) slices.push_back({key, {i, 0}});
    ++slices.back().second.count;
    Slice& all = policy.points_of_asset[point.asset];
    if (all.count++ == 0) all.begin = i;
  }
  policy.points_of = FlatMap<Slice>(slices);
}

}  // namespace rampart::policy
