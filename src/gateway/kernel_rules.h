// The tables of nftables that make the kernel hand over what a gateway serves that is not addressed, and those that
// take their place when it fails: what each conduit's `on-failure` says. Text for `nft -f`, made from the plant;
// nothing here changes anything.
#pragma once

#include <string>
#include <string_view>

#include "plant/plant.h"

namespace rampart::gateway {

/// kBridge is the name of the bridge of a gateway that is one.
inline constexpr std::string_view kBridge = "br-rampart";
/// kSince stands in `failed` for the moment from which on it runs, in seconds since 1970: the name of a chain without
/// rules is `since_` and that number, so that who comes after reads it in the kernel.
inline constexpr std::string_view kSince = "@since@";

/// KernelRules replace each other whole, each in one transaction.
struct KernelRules {
  std::string standing, failed;
};

/// kernel_rules makes both. `mac` is the bridge's own address, or what a shell makes it of. In both, what is served
/// passes by the gateway or not at all, but: of a conduit that fails `open`, the kernel passes on what its rules'
/// assets say to each other at the ports that are served; where one fails as an `island`, nothing else passes between
/// both interfaces.
KernelRules kernel_rules(const plant::Plant& plant, const plant::Gateway& gateway, const std::string& mac);

/// needs_warden is true where a conduit of `gateway` fails otherwise than by what the kernel does when nobody listens.
bool needs_warden(const plant::Plant& plant, const plant::Gateway& gateway);

}  // namespace rampart::gateway
