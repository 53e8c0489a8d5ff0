#include "monitor/protection_shares.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::monitor {
namespace {

using protocols::Assurance;

constexpr size_t kName = 26;

size_t index(Assurance assurance) { return static_cast<size_t>(assurance); }

/// percent of what is known or not: what showed nothing counts as the rest.
std::string percent(const std::array<uint64_t, 3>& of) {
  const uint64_t all = of[0] + of[1] + of[2];
  const uint64_t yes = of[index(Assurance::yes)];
  if (all == 0) return "-";
  const double share = 100.0 * static_cast<double>(yes) / static_cast<double>(all);
  const auto rounded = static_cast<uint64_t>(share + 0.5);
  return (rounded == 0 && yes > 0 ? "<1" : rounded == 100 && yes < all ? ">99" : std::to_string(rounded)) + " %";
}

void right(std::string& out, const std::string& text, size_t width) {
  out.append(width > text.size() ? width - text.size() : 0, ' ');
  out += text;
}

void append_share(std::string& out, std::string_view name, const Share& share) {
  const auto counts = [&out](std::string_view what, const std::array<uint64_t, 3>& of) {
    out += "\"" + std::string(what) + "\":{\"unknown\":" + std::to_string(of[0]) + ",\"no\":" + std::to_string(of[1]) +
           ",\"yes\":" + std::to_string(of[2]) + "}";
  };
  out += ",\"" + std::string(name) + "\":{";
  counts("conversations", share.conversations);
  out += ',';
  counts("octets", share.octets);
  out += '}';
}

}  // namespace

void ProtectionShares::use(std::shared_ptr<const plant::Plant> plant) {
  plant_ = std::move(plant);
  conduits_.clear();
  if (!plant_) return;
  for (const plant::Conduit& conduit : plant_->conduits) {
    for (size_t i = 0; i < conduit.joins.size(); ++i) {
      for (size_t k = i + 1; k < conduit.joins.size(); ++k) {
        const std::string& one = plant_->zones[conduit.joins[i]].id.value;
        const std::string& other = plant_->zones[conduit.joins[k]].id.value;
        conduits_.try_emplace(std::minmax(one, other), conduit.id.value);
      }
    }
  }
}

std::string ProtectionShares::place(const records::Conversation& conversation) const {
  if (!plant_) return "all";
  const std::string from(conversation.client.zone), to(conversation.server.zone);
  if (from.empty() || to.empty()) return "no conduit";
  const auto found = conduits_.find(std::pair<std::string, std::string>(std::minmax(from, to)));
  if (found != conduits_.end()) return found->second;
  return from == to ? "inside " + from : "no conduit";
}

void ProtectionShares::record(const records::Flow& flow) {
  const uint64_t octets = flow.octets[0] + flow.octets[1];
  if (octets == 0 || flow.conversation->transport == records::Transport::ethernet) return;
  Row& row = rows_[place(*flow.conversation)];
  const auto add = [octets](Share& share, Assurance assurance) {
    ++share.conversations[index(assurance)];
    share.octets[index(assurance)] += octets;
  };
  add(row.encrypted, flow.encrypted);
  add(row.authenticated, flow.authenticated);
}

std::string ProtectionShares::text() const {
  if (rows_.empty()) return {};
  std::string out = "\nProtection                    encrypted        authenticated    neither shown\n";
  out += "                            sessions octets   sessions octets      of octets\n";
  for (const auto& [name, row] : rows_) {
    out += "  ";
    out += name.size() > kName ? name.substr(0, kName - 2) + ".." : name + std::string(kName - name.size(), ' ');
    right(out, percent(row.encrypted.conversations), 8);
    right(out, percent(row.encrypted.octets), 7);
    right(out, percent(row.authenticated.conversations), 11);
    right(out, percent(row.authenticated.octets), 7);
    std::array<uint64_t, 3> unknown{};
    unknown[2] = std::min(row.encrypted.octets[0], row.authenticated.octets[0]);
    unknown[1] = row.encrypted.octets[0] + row.encrypted.octets[1] + row.encrypted.octets[2] - unknown[2];
    right(out, percent(unknown), 15);
    out += '\n';
  }
  return out;
}

void ProtectionShares::append_lines(std::string& out, TimePoint when) const {
  for (const auto& [name, row] : rows_) {
    out += "{\"timestamp\":\"";
    append_timestamp(out, when);
    out += "\",\"event_type\":\"protection_share\",\"rampart\":{\"conduit\":";
    append_json_text(out, name);
    append_share(out, "encrypted", row.encrypted);
    append_share(out, "authenticated", row.authenticated);
    out += "}}\n";
  }
}

}  // namespace rampart::monitor
