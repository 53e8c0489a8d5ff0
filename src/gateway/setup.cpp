#include "gateway/setup.h"

#include <map>
#include <set>

#include "gateway/standing.h"

namespace rampart::gateway {
namespace {

/// Served is all doors of one family and transport, as elements of an nftables set: address . port.
using Served = std::map<std::pair<bool, net::Kind>, std::set<std::string>>;

Served served_by(const plant::Plant& plant, const plant::Gateway& gateway) {
  Served served;
  for (const Door& door : doors_of(plant, gateway)) {
    served[{door.server.ip.is_v4(), door.kind}].insert(to_text(door.server.ip) + " . " +
                                                       std::to_string(door.server.port));
  }
  return served;
}

std::string set_of(const std::set<std::string>& elements) {
  std::string out = "{ ";
  for (const std::string& element : elements) out += (out.size() > 2 ? ", " : "") + element;
  return out + " }";
}

const char* word_of(net::Kind kind) { return kind == net::Kind::tcp ? "tcp" : "udp"; }

/// divert is the table that hands over: to sockets that are there, and to the listener what begins.
std::string divert(const Served& served, const std::string& from) {
  std::string out =
      "table inet rampart_guard {\n  chain divert {\n"
      "    type filter hook prerouting priority mangle; policy accept;\n"
      "    meta l4proto { tcp, udp } socket transparent 1 socket wildcard 0 meta mark set 1 accept\n";
  for (const auto& [key, elements] : served) {
    const auto& [four, kind] = key;
    const std::string word = word_of(kind);
    out += "    iifname \"" + from + "\" " + (four ? "ip" : "ip6") + " daddr . " + word + " dport " + set_of(elements) +
           " tproxy " + (four ? "ip to 127.0.0.1:" : "ip6 to [::1]:") + std::to_string(kTransparentPort) +
           " meta mark set 1 accept\n";
  }
  return out + "  }\n}\n";
}

/// lift is the table of a bridge: frames of what is served become the bridge's own, in both directions.
std::string lift(const Served& served, const plant::Gateway& gateway) {
  const bool pass = gateway.unnamed == plant::Unnamed::pass;
  std::string out =
      "table bridge rampart_guard {\n  chain pre {\n    type filter hook prerouting priority -300; policy accept;\n";
  for (const auto& [key, elements] : served) {
    const auto& [four, kind] = key;
    const std::string family = four ? "ip" : "ip6";
    const std::string word = word_of(kind);
    const std::string to = " meta pkttype set host ether daddr set $mac accept\n";
    out += "    ether type " + family + " " + family + " daddr . " + word + " dport " + set_of(elements) + to;
    out += "    ether type " + family + " " + family + " saddr . " + word + " sport " + set_of(elements) + to;
  }
  out += "  }\n";
  if (!pass) {
    out +=
        "  chain forward_rest {\n    type filter hook forward priority 0; policy drop;\n"
        "    ether type arp accept\n    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n  }\n";
  }
  return out + "}\n";
}

}  // namespace

std::string setup_script(const plant::Plant& plant, const plant::Gateway& gateway) {
  if (gateway.stands == plant::Stands::addressed) {
    return "# The gateway " + gateway.id.value +
           " is addressed: clients talk to it, and the kernel needs to be told nothing.\n";
  }
  const Served served = served_by(plant, gateway);
  const std::string upper = gateway.interfaces[0].value, lower = gateway.interfaces[1].value;
  const bool bridged = gateway.stands == plant::Stands::bridged;
  std::string out = "#!/bin/sh\n# What the kernel needs so that " + gateway.id.value + " stands between " + upper +
                    " and " + lower + ". To be run as root, once after each start.\nset -e\n";
  out += "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\n";
  for (const std::string& name : {std::string("all"), upper, lower})
    out += "sysctl -qw net.ipv4.conf." + name + ".rp_filter=0\n";
  out +=
      "ip rule add fwmark 1 lookup 100\nip route add local 0.0.0.0/0 dev lo table 100\n"
      "ip -6 rule add fwmark 1 lookup 100\nip -6 route add local ::/0 dev lo table 100\n";
  // Datagrams are answered from the server's own port, which is often below 1024, by a process without rights.
  out += "sysctl -qw net.ipv4.ip_unprivileged_port_start=0\n";
  std::string from = upper;
  if (bridged) {
    from = "br-rampart";
    out += "ip link add " + from + " type bridge\nip link set " + upper + " master " + from + "\nip link set " + lower +
           " master " + from + "\nip link set " + from +
           " up\n# Give the bridge an address in the subnet: ip address add 10.0.0.2/24 dev " + from +
           "\n"
           "test ! -e /proc/sys/net/bridge/bridge-nf-call-iptables || sysctl -qw net.bridge.bridge-nf-call-iptables=0 "
           "net.bridge.bridge-nf-call-ip6tables=0\n"
           "sysctl -qw net.ipv4.conf." +
           from + ".rp_filter=0\nmac=$(cat /sys/class/net/" + from + "/address)\n";
  }
  out += "nft -f - <<END\n" + divert(served, from) + (bridged ? lift(served, gateway) : "") + "END\n";
  return out;
}

}  // namespace rampart::gateway
