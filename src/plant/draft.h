// Draft is a plant while it is read: the values, and beside them the names that stand for other nodes, which are
// resolved when all nodes are known. Belongs to one call of load().
#pragma once

#include <utility>
#include <vector>

#include "plant/reader.h"

namespace rampart::plant {

struct AssetNames {
  NodeIndex id = kNoNode;
  std::vector<NodeIndex> essential;
  std::vector<NodeIndex> at;      // one for each Location
  std::vector<NodeIndex> points;  // id of each Point
};

struct ZoneNames {
  NodeIndex id = kNoNode;
  std::vector<NodeIndex> networks;  // one for each Network
};

struct RuleNames {
  NodeIndex id = kNoNode;
  std::vector<NodeIndex> from, to, points;
  NodeIndex role = kNoNode, during = kNoNode;
};

struct ConduitNames {
  NodeIndex id = kNoNode;
  std::vector<NodeIndex> joins;
  NodeIndex joins_list = kNoNode;
  NodeIndex guard = kNoNode;
  std::vector<std::pair<NodeIndex, NodeIndex>> guards;  // zone and gateway
  std::vector<RuleNames> rules;
};

struct SuppressionNames {
  NodeIndex asset = kNoNode, zone = kNoNode, conduit = kNoNode, from = kNoNode, to = kNoNode;
};

struct GatewayNames {
  NodeIndex id = kNoNode;
  std::vector<NodeIndex> serves;  // the maps
  std::vector<NodeIndex> to;      // of each
};

struct Draft {
  Plant plant;
  std::vector<AssetNames> assets;
  std::vector<ZoneNames> zones;
  std::vector<ConduitNames> conduits;
  std::vector<SuppressionNames> suppressions;
  std::vector<GatewayNames> gateways;
  Names role_ids, function_ids, zone_ids, asset_ids, conduit_ids, calendar_ids, gateway_ids;
};

/// read_plant reads the whole tree into `draft`; references stay names.
void read_plant(Reader& reader, Draft& draft);
void read_roles(Reader& reader, NodeIndex node, Draft& draft);
void read_essential_functions(Reader& reader, NodeIndex node, Draft& draft);
void read_calendars(Reader& reader, NodeIndex node, Draft& draft);
void read_zones(Reader& reader, NodeIndex node, Draft& draft);
void read_assets(Reader& reader, NodeIndex node, Index zone, Draft& draft);
void read_conduits(Reader& reader, NodeIndex node, Draft& draft);
void read_findings(Reader& reader, NodeIndex node, Draft& draft);
void read_suppressions(Reader& reader, NodeIndex node, Draft& draft);
void read_gateways(Reader& reader, NodeIndex node, Draft& draft);

/// read_target reads levels: one number, a map by requirement, or the seven of 62443. Absent ones stay empty.
std::array<std::optional<uint8_t>, 7> read_target(Reader& reader, NodeIndex node, bool all_needed);

/// resolve turns names into indexes and reports those that stand for nothing.
void resolve(Reader& reader, Draft& draft);
/// check_gateways reports what two gateways, or two things that one serves, cannot both have.
void check_gateways(Reader& reader, const Draft& draft);
/// check_addresses reports networks and locations that cannot be told apart, and assets outside of their zone.
void check_addresses(Reader& reader, const Draft& draft);

}  // namespace rampart::plant
