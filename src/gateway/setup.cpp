#include "gateway/setup.h"

#include "gateway/kernel_rules.h"

namespace rampart::gateway {

std::string setup_script(const plant::Plant& plant, const plant::Gateway& gateway) {
  if (gateway.stands == plant::Stands::addressed) {
    return "# The gateway " + gateway.id.value +
           " is addressed: clients talk to it, and the kernel needs to be told nothing.\n";
  }
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
  if (bridged) {
    const std::string from(kBridge);
    out += "ip link add " + from + " type bridge\nip link set " + upper + " master " + from + "\nip link set " + lower +
           " master " + from + "\nip link set " + from +
           " up\n# Give the bridge an address in the subnet: ip address add 10.0.0.2/24 dev " + from +
           "\n"
           "test ! -e /proc/sys/net/bridge/bridge-nf-call-iptables || sysctl -qw net.bridge.bridge-nf-call-iptables=0 "
           "net.bridge.bridge-nf-call-ip6tables=0\n"
           "sysctl -qw net.ipv4.conf." +
           from + ".rp_filter=0\nmac=$(cat /sys/class/net/" + from + "/address)\n";
  }
  out += "nft -f - <<END\n" + kernel_rules(plant, gateway, "$mac").standing + "END\n";
  return out;
}

}  // namespace rampart::gateway
