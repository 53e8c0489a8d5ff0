// The words of a plant file: the keys of each kind of node and the closed lists of values. One table serves the reader,
// the messages ("did you mean"), and the test that holds docs/plant.schema.json against it.
#pragma once

#include <span>
#include <string_view>

namespace rampart::plant {

struct Key {
  std::string_view name;
  bool required = false;
};

/// KeyTable is one kind of node: its name in the schema's $defs, what people call it, and its keys.
struct KeyTable {
  std::string_view name;
  std::string_view called;
  std::span<const Key> keys;
};

/// WordTable is a closed list of values: its name in the schema's $defs, what people call one of them, and the words.
struct WordTable {
  std::string_view name;
  std::string_view called;
  std::span<const std::string_view> words;
};

extern const KeyTable kPlantKeys, kRoleKeys, kFunctionKeys, kConsequenceKeys, kZoneKeys, kNetworkKeys, kInventoryKeys,
    kAssetKeys, kLocationKeys, kPointKeys, kConduitKeys, kRuleKeys, kCalendarKeys, kFindingKeys, kSuppressionKeys,
    kGatewayKeys, kServeKeys, kGatewayLimitKeys, kSerialLineKeys, kWireKeys, kTargetKeys;

/// Words stand in the order of the enumerators of plant.h where there is an enumeration.
extern const WordTable kAssetKinds, kPermissions, kRisks, kConnected, kByteOrders, kModes, kOnDeny, kOnFailure,
    kProtect, kUnknown, kJournal, kDays, kStands, kUnnamed, kTransports, kParities, kTlsVersions, kTlsSides,
    kRequirements;

/// keys and words: all tables.
std::span<const KeyTable* const> keys();
std::span<const WordTable* const> words();

/// synonym is the listed word for what people often write instead: "plc", "hmi"; empty where there is none.
std::string_view synonym(std::string_view word);

}  // namespace rampart::plant
