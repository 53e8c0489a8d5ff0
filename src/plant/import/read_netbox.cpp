// What NetBox's REST API gives for devices, virtual machines and prefixes.
#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "plant/import/intended.h"
#include "plant/problems.h"
#include "plant/scalars.h"

namespace rampart::plant {
namespace {

namespace json = boost::json;

constexpr size_t kMostOctets = size_t{64} << 20;
constexpr size_t kMostDepth = 32;
constexpr size_t kMostProblems = 100;
constexpr size_t kMostNote = 500;

std::string text_of(const json::value& value);

/// member is a member of an object; null where there is none.
const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains(json::string_view(name.data(), name.size()));
}

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  return value == nullptr ? std::string() : text_of(*value);
}

/// text_of is what a value says to people: of a nested object its name, model, address or label.
std::string text_of(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(trim(std::string_view(text->data(), text->size())));
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  if (const auto* number = value.if_uint64()) return std::to_string(*number);
  if (const auto* number = value.if_double()) {
    std::string out;
    append_number(out, *number);
    return out;
  }
  if (const auto* flag = value.if_bool()) return *flag ? "yes" : "no";
  const auto* object = value.if_object();
  if (object == nullptr) return {};
  for (const char* name : {"name", "address", "model", "label", "display", "value", "slug"}) {
    const json::value* inner = member(*object, name);
    if (inner != nullptr && inner->is_string()) return text_of(*inner);
  }
  return {};
}

/// custom is the first custom field of one of these names.
std::string custom(const json::object& object, std::initializer_list<std::string_view> names) {
  const json::value* fields = member(object, "custom_fields");
  if (fields == nullptr || !fields->is_object()) return {};
  for (const std::string_view name : names) {
    std::string text = text_at(fields->get_object(), name);
    if (!text.empty()) return text;
  }
  return {};
}

const std::initializer_list<std::string_view> kZoneFields = {"zone", "security_zone", "iec62443_zone", "ot_zone"};
const std::initializer_list<std::string_view> kFirmwareFields = {"firmware", "firmware_version", "software_version"};
/// Fields of a device that become comments.
constexpr std::string_view kNotes[] = {"site",   "location",  "rack",        "tenant",   "platform",
                                       "status", "asset_tag", "description", "comments", "cluster"};

class NetBox {
 public:
  explicit NetBox(std::string file) : file_(std::move(file)) {}

  void document(const json::value& value) { list(value, "", 0); }

  Intended take() {
    if (devices_ + prefixes_ == 0 && intended_.problems.empty()) {
      problem("", "neither devices nor prefixes are in it",
              "give what /api/dcim/devices/ or /api/ipam/prefixes/ answers");
    }
    if (pages_ && intended_.ok()) {
      intended_.problems.push_back({.file = file_,
                                    .what = "one page of several: `next` names another",
                                    .hint = "ask NetBox with ?limit=0, or give all pages",
                                    .warning = true});
    }
    return std::move(intended_);
  }

 private:
  void problem(const std::string& where, const std::string& what, std::string hint = {}) {
    if (intended_.problems.size() >= kMostProblems) return;
    intended_.problems.push_back(
        {.file = file_, .what = (where.empty() ? "" : where + ": ") + what, .hint = std::move(hint)});
  }

  /// list goes through whatever may hold devices: arrays, pages ("results"), objects of several lists.
  void list(const json::value& value, const std::string& where, size_t depth) {
    if (depth > 4) return;
    if (const auto* array = value.if_array()) {
      for (size_t i = 0; i < array->size(); ++i) list((*array)[i], where + "[" + std::to_string(i) + "]", depth + 1);
      return;
    }
    const auto* object = value.if_object();
    if (object == nullptr) return problem(where, "no object of NetBox");
    if (member(*object, "prefix") != nullptr) return prefix(*object, where);
    if (member(*object, "device_type") != nullptr || member(*object, "vcpus") != nullptr ||
        member(*object, "primary_ip4") != nullptr || member(*object, "primary_ip") != nullptr) {
      return device(*object, where);
    }
    const json::value* next = member(*object, "next");
    pages_ = pages_ || (next != nullptr && next->is_string());
    bool any = false;
    for (const char* name : {"results", "devices", "virtual_machines", "prefixes"}) {
      const json::value* inner = member(*object, name);
      if (inner == nullptr) continue;
      any = true;
      list(*inner, where.empty() ? name : where + "." + name, depth + 1);
    }
    if (!any) problem(where, "no device, virtual machine or prefix of NetBox");
  }

  void prefix(const json::object& object, const std::string& where) {
    ++prefixes_;
    const std::string text = text_at(object, "prefix");
    const auto cidr = IpNetwork::parse(text);
    if (!cidr) return problem(where + ".prefix", "`" + text.substr(0, 80) + "` is not a network");
    if (const json::value* status = member(object, "status"); status != nullptr) {
      const json::value* word = status->is_object() ? member(status->get_object(), "value") : status;
      // A container is divided into others; only those have hosts.
      if (word != nullptr && text_of(*word) == "container") return;
    }
    IntendedZone zone;
    Network network;
    network.cidr = *cidr;
    zone.name = custom(object, kZoneFields);
    if (const json::value* vlan = member(object, "vlan"); vlan != nullptr && vlan->is_object()) {
      const json::value* number = member(vlan->get_object(), "vid");
      if (number != nullptr && number->is_int64() && number->get_int64() >= 0 && number->get_int64() <= 4094) {
        network.vlan = static_cast<uint16_t>(number->get_int64());
      }
      if (zone.name.empty()) zone.name = text_of(*vlan);
    }
    if (zone.name.empty()) zone.name = text_at(object, "role");
    if (zone.name.empty()) zone.name = text_at(object, "description");
    if (zone.name.empty()) zone.name = "net " + text;
    zone.id = as_id(zone.name);
    if (zone.id.empty()) zone.id = as_id("net " + text);
    const std::string description = text_at(object, "description");
    if (!description.empty() && description != zone.name) zone.notes.push_back(text + ": " + description);
    zone.networks.push_back(std::move(network));
    intended_.zones.push_back(std::move(zone));
  }

  void device(const json::object& object, const std::string& where) {
    ++devices_;
    IntendedAsset asset;
    asset.file = file_ + (where.empty() ? "" : ": " + where);
    asset.name = text_at(object, "name");
    asset.id = asset.name;
    asset.serial = text_at(object, "serial");
    asset.firmware = custom(object, kFirmwareFields);
    asset.zone = custom(object, kZoneFields);
    if (const json::value* type = member(object, "device_type"); type != nullptr && type->is_object()) {
      asset.vendor = text_at(type->get_object(), "manufacturer");
      asset.model = text_at(type->get_object(), "model");
    }
    std::string role = text_at(object, "role");
    if (role.empty()) role = text_at(object, "device_role");  // before NetBox 3.6
    asset.kind = std::string(kind_of(role));
    if (asset.kind.empty()) {
      asset.kind = member(object, "vcpus") != nullptr ? "server" : "other";
      if (!role.empty()) asset.notes.push_back("role: " + role.substr(0, kMostNote));
    }
    for (const char* name : {"primary_ip4", "primary_ip6", "primary_ip", "oob_ip"}) address(object, name, where, asset);
    for (const std::string_view name : kNotes) {
      std::string text = text_at(object, name);
      if (name != "status" || lower(text) != "active") note(asset, name, std::move(text));
    }
    custom_notes(object, asset);
    intended_.assets.push_back(std::move(asset));
  }

  void address(const json::object& object, const char* name, const std::string& where, IntendedAsset& asset) {
    const std::string text = text_at(object, name);
    if (text.empty()) return;
    const auto ip = IpAddress::parse(std::string_view(text).substr(0, text.find('/')));
    if (!ip) return problem(where + "." + name, "`" + text.substr(0, 80) + "` is not an IP address");
    for (const Location& known : asset.at) {
      if (known.ip == ip) return;
    }
    Location location;
    location.ip = ip;
    asset.at.push_back(std::move(location));
  }

  static void note(IntendedAsset& asset, std::string_view name, std::string text) {
    if (text.empty()) return;
    if (text.size() > kMostNote) text = text.substr(0, kMostNote) + "...";
    asset.notes.push_back(std::string(name) + ": " + text);
  }

  static void custom_notes(const json::object& object, IntendedAsset& asset) {
    const json::value* fields = member(object, "custom_fields");
    if (fields == nullptr || !fields->is_object()) return;
    for (const auto& field : fields->get_object()) {
      const std::string_view name(field.key().data(), field.key().size());
      const auto used = [name](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
      };
      if (!used(kZoneFields) && !used(kFirmwareFields)) note(asset, name, text_of(field.value()));
    }
  }

  std::string file_;
  Intended intended_;
  size_t devices_ = 0, prefixes_ = 0;
  bool pages_ = false;
};

}  // namespace

Intended read_netbox(std::string_view text, const std::string& file) {
  Intended intended;
  if (text.size() > kMostOctets) {
    intended.problems.push_back({.file = file, .what = "larger than 64 MiB", .hint = "give it in pages"});
    return intended;
  }
  json::parse_options options;
  options.max_depth = kMostDepth;
  json::parser parser({}, options);
  boost::system::error_code code;
  const size_t read = parser.write_some(text.data(), text.size(), code);
  const bool more = !code && trim(text.substr(read)).size() > 0;
  if (code || more) {
    const Lines lines(text);
    Problem problem{.file = file, .mark = lines.mark(read)};
    problem.what = more ? "text behind the end of the document" : "no JSON: " + code.message();
    problem.excerpt = excerpt(lines.line(problem.mark.line), problem.mark.column);
    intended.problems.push_back(std::move(problem));
    return intended;
  }
  NetBox netbox(file);
  netbox.document(parser.release());
  return netbox.take();
}

Intended read_intended(std::string_view text, const std::string& file) {
  std::string_view begin = text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
  begin = trim(begin.substr(0, 4096));
  return begin.starts_with('{') || begin.starts_with('[') ? read_netbox(text, file) : read_assets_csv(text, file);
}

}  // namespace rampart::plant
