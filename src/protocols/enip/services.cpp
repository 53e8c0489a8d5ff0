#include "protocols/enip/services.h"

#include <algorithm>
#include <array>

#include "protocols/enip/encapsulation.h"

namespace rampart::protocols::enip {
namespace {

// Codes of functions: common services have their own number, those of a class class << 8 | number; beyond these come
// commands of the encapsulation, of PCCC (command << 8 | function), and I/O.
constexpr uint32_t kEncapsulation = 0x0100'0000, kPcccMark = 0x0200'0000, kIo = 0x0300'0000;
constexpr uint32_t of(uint32_t number, uint8_t code) { return number << 8 | code; }

struct Line {
  uint32_t code;
  std::string_view name;
  Action action;
  Shape shape = Shape::plain;
};

// CIP volume 1, appendix A. Gets and sets are told apart by class, see common().
constexpr std::array<Line, 22> kCommon = {{
    {0x01, "get-attributes-all", Action::read},
    {0x02, "set-attributes-all", Action::configure},
    {0x03, "get-attribute-list", Action::read, Shape::attribute_list},
    {0x04, "set-attribute-list", Action::configure, Shape::settings},
    {0x05, "reset", Action::configure},
    {0x06, "start", Action::start},
    {0x07, "stop", Action::stop},
    {0x08, "create", Action::configure},
    {0x09, "delete", Action::configure},
    {0x0a, "multiple-service-packet", Action::session, Shape::services},
    {0x0d, "apply-attributes", Action::configure},
    {0x0e, "get-attribute-single", Action::read, Shape::attribute},
    {0x10, "set-attribute-single", Action::configure, Shape::attribute},
    {0x11, "find-next-object-instance", Action::read},
    {0x15, "restore", Action::configure},
    {0x16, "save", Action::configure},
    {0x17, "no-operation", Action::session},
    {0x18, "get-member", Action::read},
    {0x19, "set-member", Action::configure},
    {0x1a, "insert-member", Action::configure},
    {0x1b, "remove-member", Action::configure},
    {0x1c, "group-sync", Action::session},
}};

constexpr uint8_t kReadTag = 0x4c;
constexpr uint32_t kTags = cip_class::kSymbol;
// Logix 5000 Controllers Data Access (1756-PM020): services on tags and on symbols by number.
constexpr std::array<Line, 5> kTagServices = {{
    {of(kTags, kReadTag), "read-tag", Action::read, Shape::read_tag},
    {of(kTags, 0x4d), "write-tag", Action::write, Shape::write_tag},
    {of(kTags, 0x4e), "read-modify-write-tag", Action::write, Shape::modify_tag},
    {of(kTags, 0x52), "read-tag-fragmented", Action::read, Shape::read_fragment},
    {of(kTags, 0x53), "write-tag-fragmented", Action::write, Shape::write_fragment},
}};

constexpr uint32_t kManager = cip_class::kConnectionManager;
constexpr std::array kOfClass = {
    Line{of(cip_class::kMessageRouter, 0x4b), "symbolic-translation", Action::read},
    Line{of(kManager, 0x4e), "forward-close", Action::session, Shape::forward_close},
    Line{of(kManager, 0x52), "unconnected-send", Action::session, Shape::unconnected},
    Line{of(kManager, 0x54), "forward-open", Action::session, Shape::forward_open},
    Line{of(kManager, 0x56), "get-connection-data", Action::diagnose},
    Line{of(kManager, 0x57), "search-connection-data", Action::diagnose},
    Line{of(kManager, 0x5a), "get-connection-owner", Action::diagnose},
    Line{of(kManager, 0x5b), "large-forward-open", Action::session, Shape::large_forward_open},
    Line{of(cip_class::kFile, 0x4b), "initiate-upload", Action::file},
    Line{of(cip_class::kFile, 0x4c), "initiate-download", Action::file},
    Line{of(cip_class::kFile, 0x4d), "initiate-partial-read", Action::file},
    Line{of(cip_class::kFile, 0x4e), "initiate-partial-write", Action::file},
    Line{of(cip_class::kFile, 0x4f), "upload-transfer", Action::file},
    Line{of(cip_class::kFile, 0x50), "download-transfer", Action::file},
    Line{of(cip_class::kFile, 0x51), "clear-file", Action::file},
    Line{of(cip_class::kPccc, 0x4b), "execute-pccc", Action::configure, Shape::pccc},
    Line{of(kTags, 0x55), "get-instance-attribute-list", Action::read},
    Line{of(cip_class::kTemplate, kReadTag), "read-template", Action::read},
    // Seen between operator stations and controllers: an address of 32 bits and a count are asked, values come back.
    Line{of(0x72, kReadTag), "read-data-table", Action::read},
    Line{of(0xb2, kReadTag), "read-packed-tags", Action::read},
    // Seen where firmware is loaded: begin, and 350 octets after another.
    Line{of(cip_class::kStorage, 0x4b), "storage-update", Action::firmware},
    Line{of(cip_class::kStorage, 0x4d), "storage-transfer", Action::firmware},
};

constexpr std::array<Line, 11> kCommands = {{
    {kEncapsulation | command::kNop, "nop", Action::session},
    {kEncapsulation | command::kLegacy, "legacy-command", Action::identify},
    {kEncapsulation | command::kListServices, "list-services", Action::identify},
    {kEncapsulation | command::kListIdentity, "list-identity", Action::identify},
    {kEncapsulation | command::kListInterfaces, "list-interfaces", Action::identify},
    {kEncapsulation | command::kRegister, "register-session", Action::session},
    {kEncapsulation | command::kUnregister, "unregister-session", Action::session},
    {kEncapsulation | command::kRequestReply, "send-request-reply", Action::session},
    {kEncapsulation | command::kUnit, "send-unit-data", Action::session},
    {kEncapsulation | command::kIndicate, "indicate-status", Action::session},
    {kEncapsulation | command::kCancel, "cancel", Action::session},
}};

// DF1 protocol and command set (1770-6.5.16), chapter 7: command << 8 | function.
constexpr std::array kPcccCommands = {
    Line{0x0000, "pccc-protected-write", Action::write},
    Line{0x0100, "pccc-unprotected-read", Action::read},
    Line{0x0200, "pccc-protected-bit-write", Action::write},
    Line{0x0500, "pccc-unprotected-bit-write", Action::write},
    Line{0x0600, "pccc-echo", Action::diagnose},
    Line{0x0601, "pccc-read-diagnostic-counters", Action::diagnose},
    Line{0x0602, "pccc-set-variables", Action::configure},
    Line{0x0603, "pccc-diagnostic-status", Action::identify},
    Line{0x0604, "pccc-set-timeout", Action::configure},
    Line{0x0605, "pccc-set-naks", Action::configure},
    Line{0x0606, "pccc-set-enqs", Action::configure},
    Line{0x0607, "pccc-reset-diagnostic-counters", Action::configure},
    Line{0x0608, "pccc-set-data-table-size", Action::configure},
    Line{0x0609, "pccc-read-link-parameters", Action::read},
    Line{0x060a, "pccc-set-link-parameters", Action::configure},
    Line{0x0700, "pccc-disable-outputs", Action::stop},
    Line{0x0701, "pccc-enable-outputs", Action::start},
    Line{0x0703, "pccc-enable-program", Action::start},
    Line{0x0704, "pccc-physical-read", Action::program},
    Line{0x0706, "pccc-enter-download", Action::program},
    Line{0x0707, "pccc-enter-upload", Action::program},
    Line{0x0708, "pccc-exit-transfer", Action::program},
    Line{0x0800, "pccc-unprotected-write", Action::write},
    Line{0x0f00, "pccc-word-range-write", Action::write},
    Line{0x0f01, "pccc-word-range-read", Action::read},
    Line{0x0f02, "pccc-bit-write", Action::write},
    Line{0x0f11, "pccc-get-edit-resource", Action::program},
    Line{0x0f12, "pccc-return-edit-resource", Action::program},
    Line{0x0f17, "pccc-read-bytes-physical", Action::program},
    Line{0x0f18, "pccc-write-bytes-physical", Action::program},
    Line{0x0f26, "pccc-read-modify-write", Action::write},
    Line{0x0f29, "pccc-read-section-size", Action::read},
    Line{0x0f3a, "pccc-set-cpu-mode", Action::stop},
    Line{0x0f41, "pccc-disable-forces", Action::configure},
    Line{0x0f50, "pccc-download-all", Action::program},
    Line{0x0f52, "pccc-download-completed", Action::program},
    Line{0x0f53, "pccc-upload-all", Action::program},
    Line{0x0f55, "pccc-upload-completed", Action::program},
    Line{0x0f57, "pccc-initialize-memory", Action::program},
    Line{0x0f5e, "pccc-modify-plc2-file", Action::configure},
    Line{0x0f67, "pccc-typed-write", Action::write},
    Line{0x0f68, "pccc-typed-read", Action::read},
    Line{0x0f79, "pccc-read-modify-write-n", Action::write},
    Line{0x0f80, "pccc-change-mode", Action::stop},
    Line{0x0f81, "pccc-open-file", Action::file},
    Line{0x0f82, "pccc-close-file", Action::file},
    Line{0x0f88, "pccc-execute-command-list", Action::configure},
    Line{0x0f8f, "pccc-apply-port-configuration", Action::configure},
    Line{0x0fa1, "pccc-logical-read-2", Action::read},
    Line{0x0fa2, "pccc-logical-read-3", Action::read},
    // Seen where RSLogix watches a running program: addresses are asked, values come back.
    Line{0x0fa3, "pccc-watch", Action::read},
    Line{0x0fa7, "pccc-file-read", Action::program},
    Line{0x0fa9, "pccc-logical-write-2", Action::write},
    Line{0x0faa, "pccc-logical-write-3", Action::write},
    Line{0x0fab, "pccc-logical-masked-write-3", Action::write},
    Line{0x0faf, "pccc-file-write", Action::program},
};

constexpr uint32_t kIoOutput = kIo | 1, kIoInput = kIo | 2, kIoUnopened = kIo | 3;
constexpr std::array<Line, 3> kIoFunctions = {{
    {kIoOutput, "io-output", Action::write},
    {kIoInput, "io-input", Action::read},
    {kIoUnopened, "io-unopened", Action::read},
}};

/// is_program: the objects of which a Logix controller's program is made (programs, routines, tasks, tags and their
/// types); all that is not a read of them loads or edits it.
bool is_program(uint32_t number) { return (number >= 0x68 && number <= 0x70) || number == 0x72; }

bool is_clock(uint32_t number) { return number == cip_class::kTimeSync || number == cip_class::kClock; }

/// is_data: assemblies and points, the values of a process.
bool is_data(uint32_t number) { return number == cip_class::kAssembly || (number >= 0x08 && number <= 0x0b); }

bool is_secret(uint32_t number) {
  return number == cip_class::kControllerLock ||
         (number >= cip_class::kSecurityFirst && number <= cip_class::kSecurityLast);
}

/// action_on: what a common service does depends on what it is asked of.
Action action_on(uint32_t number, const Line& line) {
  if (line.action == Action::read) {
    if (number == cip_class::kIdentity || number == cip_class::kMessageRouter) return Action::identify;
    return is_clock(number) ? Action::time : Action::read;
  }
  if (line.action != Action::configure) return line.action;
  if (line.code == 0x05 && number == cip_class::kIdentity) return Action::stop;  // the whole device restarts
  if (is_program(number)) return Action::program;
  if (number == cip_class::kStorage) return Action::firmware;
  if (number == cip_class::kFile) return Action::file;
  const bool sets = line.code == 0x02 || line.code == 0x04 || line.code == 0x10 || line.code == 0x19;
  if (sets && is_clock(number)) return Action::time;
  return sets && is_data(number) ? Action::write : Action::configure;
}

/// action_of_unknown: a service that nobody here knows may do anything that its object is for.
Action action_of_unknown(uint32_t number) {
  if (is_program(number)) return Action::program;
  if (number == cip_class::kStorage) return Action::firmware;
  return number == cip_class::kFile ? Action::file : Action::configure;
}

template <class Lines>
const Line* find(const Lines& lines, uint32_t code) {
  const auto found = std::lower_bound(lines.begin(), lines.end(), code,
                                      [](const Line& line, uint32_t wanted) { return line.code < wanted; });
  return found == lines.end() || found->code != code ? nullptr : &*found;
}

Service service(const Line& line) { return {{line.code, line.name}, line.action, line.shape}; }

struct Named {
  uint32_t code;
  std::string_view name;
};

constexpr std::array<std::string_view, 0x2d> kStatus = {
    "success",
    "connection failure",
    "resource unavailable",
    "invalid parameter value",
    "path segment error",
    "path destination unknown",
    "partial transfer",
    "connection lost",
    "service not supported",
    "invalid attribute value",
    "attribute list error",
    "already in requested state",
    "object state conflict",
    "object already exists",
    "attribute not settable",
    "privilege violation",
    "device state conflict",
    "reply data too large",
    "fragmentation of a primitive value",
    "not enough data",
    "attribute not supported",
    "too much data",
    "object does not exist",
    "no fragmentation in progress",
    "no stored attribute data",
    "store operation failure",
    "request too large for the route",
    "response too large for the route",
    "missing entry in attribute list",
    "invalid attribute value list",
    "embedded service error",
    "vendor specific error",
    "invalid parameter",
    "write-once value already written",
    "invalid reply received",
    "buffer overflow",
    "invalid message format",
    "key failure in path",
    "path size invalid",
    "unexpected attribute in list",
    "invalid member",
    "member not settable",
    "group 2 server failure",
    "unknown modbus error",
    "attribute not gettable",
};

// Extended status << 8 | general status. CIP volume 1, 3-5.6 (connection manager); 1756-PM020 (0xff).
constexpr std::array kExtended = {
    Named{0x0100'01, "connection in use or opened twice"},
    Named{0x0103'01, "transport class and trigger not supported"},
    Named{0x0106'01, "ownership conflict"},
    Named{0x0107'01, "connection not found"},
    Named{0x0108'01, "invalid connection type"},
    Named{0x0109'01, "invalid connection size"},
    Named{0x0110'01, "device not configured"},
    Named{0x0111'01, "packet interval not supported"},
    Named{0x0113'01, "out of connections"},
    Named{0x0114'01, "vendor or product code mismatch"},
    Named{0x0115'01, "device type mismatch"},
    Named{0x0116'01, "revision mismatch"},
    Named{0x0117'01, "invalid produced or consumed path"},
    Named{0x0118'01, "invalid configuration path"},
    Named{0x0119'01, "no controlling connection open"},
    Named{0x011a'01, "target out of connections"},
    Named{0x0203'01, "connection timed out"},
    Named{0x0204'01, "unconnected request timed out"},
    Named{0x0205'01, "parameter error in unconnected request"},
    Named{0x0206'01, "message too large for unconnected send"},
    Named{0x0301'01, "no buffer memory"},
    Named{0x0302'01, "no bandwidth for data"},
    Named{0x0311'01, "port not available"},
    Named{0x0312'01, "link address not valid"},
    Named{0x0315'01, "invalid segment in path"},
    Named{0x0316'01, "path of forward close differs"},
    Named{0x0318'01, "link address to self"},
    Named{0x031a'01, "rack connection already established"},
    Named{0x2104'ff, "offset beyond end of tag"},
    Named{0x2105'ff, "beyond end of object"},
    Named{0x2107'ff, "data type mismatch"},
};

constexpr std::array kEncapsulationStatus = {
    Named{0x01, "command not supported"},
    Named{0x02, "out of memory"},
    Named{0x03, "incorrect data"},
    Named{0x64, "invalid session handle"},
    Named{0x65, "invalid message length"},
    Named{0x69, "unsupported revision"},
    Named{0x6a, "encapsulated CIP service not allowed"},
};

// 1770-6.5.16, chapter 8: remote errors, and extended ones behind 0xf0 as 0xf000 | code.
constexpr std::array kPcccStatus = {
    Named{0x10, "illegal command or format"},
    Named{0x20, "host does not communicate"},
    Named{0x30, "remote node missing"},
    Named{0x40, "hardware fault"},
    Named{0x50, "addressing problem"},
    Named{0x60, "function disallowed, memory protected"},
    Named{0x70, "processor in program mode"},
    Named{0x80, "compatibility file missing"},
    Named{0x90, "cannot buffer command"},
    Named{0xb0, "problem due to download"},
    Named{0xf001, "illegal value in a field"},
    Named{0xf006, "address does not point to something usable"},
    Named{0xf007, "file of wrong size"},
    Named{0xf00a, "transfer beyond file"},
    Named{0xf00b, "access denied"},
    Named{0xf00e, "command cannot be executed"},
    Named{0xf011, "type mismatch"},
};

struct Vendor {
  uint16_t number;
  std::string_view name;
};
// Some of the numbers that ODVA gave out.
constexpr std::array kVendors = {
    Vendor{1, "Rockwell Automation/Allen-Bradley"},
    Vendor{2, "Namco Controls"},
    Vendor{3, "Honeywell"},
    Vendor{4, "Parker Hannifin"},
    Vendor{5, "Rockwell Automation/Reliance Electric"},
    Vendor{7, "SMC"},
    Vendor{8, "Molex"},
    Vendor{9, "Western Reserve Controls"},
    Vendor{10, "AMCI"},
    Vendor{12, "Banner Engineering"},
    Vendor{26, "Festo"},
    Vendor{40, "WAGO"},
    Vendor{42, "Norgren"},
    Vendor{43, "Balluff"},
    Vendor{44, "Yaskawa"},
    Vendor{45, "Eurotherm"},
    Vendor{46, "ABB Industrial Systems"},
    Vendor{47, "Omron"},
    Vendor{48, "Turck"},
    Vendor{50, "Real Time Automation"},
    Vendor{52, "Numatics"},
    Vendor{56, "Softing"},
    Vendor{57, "Pepperl+Fuchs"},
    Vendor{58, "Spectrum Controls"},
    Vendor{68, "Eaton"},
    Vendor{71, "Toshiba"},
    Vendor{74, "Hitachi"},
    Vendor{75, "ABB Robotics"},
    Vendor{77, "Rockwell Software"},
    Vendor{82, "Mitsubishi Electric Automation"},
    Vendor{83, "Opto 22"},
    Vendor{86, "Horner Electric"},
    Vendor{87, "Buerkert"},
    Vendor{90, "HMS Industrial Networks"},
    Vendor{94, "Advantech"},
    Vendor{95, "Square D"},
    Vendor{97, "Danfoss"},
    Vendor{100, "Bosch Rexroth Pneumatics"},
    Vendor{108, "Beckhoff"},
    Vendor{109, "National Instruments"},
    Vendor{121, "KUKA"},
    Vendor{145, "Siemens Energy & Automation/Drives"},
    Vendor{161, "Mitsubishi Electric"},
    Vendor{243, "Schneider Electric"},
    Vendor{256, "Turck"},
    Vendor{283, "Hilscher"},
    Vendor{287, "Bosch Rexroth"},
    Vendor{326, "GE Fanuc"},
    Vendor{345, "Endress+Hauser"},
    Vendor{356, "Fanuc Robotics"},
    Vendor{562, "Phoenix Contact"},
    Vendor{678, "Cognex"},
    Vendor{808, "SICK"},
};

template <class Table>
constexpr bool is_ordered(const Table& table) {
  for (size_t i = 1; i < table.size(); ++i) {
    if (!(table[i - 1].code < table[i].code)) return false;
  }
  return true;
}
static_assert(is_ordered(kCommon) && is_ordered(kTagServices) && is_ordered(kCommands) && is_ordered(kPcccCommands));

template <class Table>
std::string_view name_in(const Table& table, uint32_t code) {
  for (const auto& line : table) {
    if (line.code == code) return line.name;
  }
  return {};
}

constexpr std::string_view kUnknown = "unknown";

constexpr size_t kFunctionCount = kCommon.size() + kTagServices.size() + kOfClass.size() + kCommands.size() +
                                  kPcccCommands.size() + kIoFunctions.size();
constexpr std::array<Function, kFunctionCount> make_functions() {
  std::array<Function, kFunctionCount> all{};
  size_t at = 0;
  const auto add = [&](const auto& lines, uint32_t mark) {
    for (const Line& line : lines) all[at++] = {line.code | mark, line.name};
  };
  add(kCommon, 0);
  add(kTagServices, 0);
  add(kOfClass, 0);
  add(kCommands, 0);
  add(kPcccCommands, kPcccMark);
  add(kIoFunctions, 0);
  return all;
}
constexpr auto kFunctions = make_functions();

}  // namespace

Service service_of(uint32_t number, bool tag, uint8_t code) {
  if (const Line* line = find(kCommon, code); line != nullptr) {
    Service common = service(*line);
    common.action = tag ? action_on(kTags, *line) : action_on(number, *line);
    common.secret = !tag && is_secret(number);
    return common;
  }
  const uint32_t whole = of(tag ? kTags : number & 0xffff, code);
  if (const Line* line = find(kTagServices, whole); line != nullptr) return service(*line);
  for (const Line& line : kOfClass) {
    if (line.code == whole) return service(line);
  }
  Service unknown{.function = {whole, "vendor-service"}, .action = action_of_unknown(tag ? kTags : number)};
  unknown.secret = !tag && is_secret(number);
  return unknown;
}

Service encapsulation_service(uint16_t command) {
  const Line* const line = find(kCommands, kEncapsulation | command);
  return line != nullptr ? service(*line) : Service{{kEncapsulation | command, kUnknown}, Action::configure};
}

Service io_service(bool known, bool to_target) {
  return service(!known ? kIoFunctions[2] : to_target ? kIoFunctions[0] : kIoFunctions[1]);
}

Service pccc_service(uint8_t command, uint8_t function, uint8_t mode) {
  const bool has_function = command == 0x06 || command == 0x07 || command == 0x0f;
  const uint32_t code = uint32_t{command} << 8 | (has_function ? function : 0u);
  const Line* const line = find(kPcccCommands, code);
  if (line == nullptr) return {{kPcccMark | code, kUnknown}, Action::configure, Shape::pccc};
  Service named = service(*line);
  named.function.code |= kPcccMark;
  named.shape = Shape::pccc;
  // 2 and 6 are remote run, by the model; all other modes end or interrupt the program.
  if (code == 0x0f3a || code == 0x0f80) named.action = mode == 2 || mode == 6 ? Action::start : Action::stop;
  return named;
}

std::span<const Function> functions() { return kFunctions; }

Outcome outcome_of(uint8_t general, uint16_t extended) {
  constexpr uint8_t kPartial = 0x06;
  if (general == 0 || general == kPartial) return {};
  const uint32_t code = uint32_t{extended} << 8 | general;
  std::string_view name = name_in(kExtended, code);
  if (name.empty()) name = general < kStatus.size() ? kStatus[general] : "error of the vendor or class";
  return {.kind = Outcome::Kind::refused, .code = code, .name = name};
}

Outcome encapsulation_outcome(uint32_t status) {
  if (status == 0) return {};
  const std::string_view name = name_in(kEncapsulationStatus, status);
  return {.kind = Outcome::Kind::refused,
          .code = kEncapsulation | status,
          .name = name.empty() ? "encapsulation error" : name};
}

Outcome pccc_outcome(uint8_t status, uint8_t extended) {
  if (status == 0) return {};
  const uint32_t code = status == 0xf0 ? 0xf000u | extended : status;
  const std::string_view name = name_in(kPcccStatus, code);
  return {.kind = Outcome::Kind::refused, .code = kPcccMark | code, .name = name.empty() ? "pccc error" : name};
}

std::string_view vendor_name(uint16_t number) {
  for (const Vendor& vendor : kVendors) {
    if (vendor.number == number) return vendor.name;
  }
  return {};
}

}  // namespace rampart::protocols::enip
