#include "protocols/s7comm/names.h"

#include <algorithm>
#include <array>

namespace rampart::protocols::s7comm {
namespace {

constexpr uint32_t kConnectCode = 0x1e0;
constexpr uint32_t kDisconnectCode = 0x180;

constexpr Service userdata(uint8_t group, uint8_t subfunction, std::string_view name, Action action) {
  return {{code_of_userdata(group, subfunction), name}, action};
}

constexpr std::array kJobs = {
    Service{{0x00, "cpu-services"}, Action::diagnose},
    Service{{kReadVar, "read-var"}, Action::read},
    Service{{kWriteVar, "write-var"}, Action::write},
    Service{{kRequestDownload, "request-download"}, Action::program},
    Service{{kDownloadBlock, "download-block"}, Action::program},
    Service{{kDownloadEnded, "download-ended"}, Action::program},
    Service{{kStartUpload, "start-upload"}, Action::program},
    Service{{kUpload, "upload"}, Action::program},
    Service{{kEndUpload, "end-upload"}, Action::program},
    Service{{kProgramService, "plc-control"}, Action::configure},
    Service{{kPlcStop, "plc-stop"}, Action::stop},
    Service{{kSetup, "setup-communication"}, Action::session},
};

constexpr std::array kProgramServices = {
    Service{{kProgramService, "plc-start"}, Action::start},
    Service{{kProgramService, "plc-cold-start"}, Action::start},
    Service{{kProgramService, "insert-block"}, Action::program},
    Service{{kProgramService, "delete-block"}, Action::program},
    Service{{kProgramService, "copy-ram-to-rom"}, Action::program},
    Service{{kProgramService, "compress-memory"}, Action::program},
    Service{{kProgramService, "nc-login"}, Action::session},
    Service{{kProgramService, "nc-file"}, Action::file},
    Service{{kProgramService, "nc-select-program"}, Action::program},
    Service{{kProgramService, "nc-service"}, Action::configure},
};

constexpr std::array kUserdataServices = {
    userdata(kProgrammer, 1, "block-status", Action::diagnose),
    userdata(kProgrammer, 2, "variable-status", Action::read),
    userdata(kProgrammer, 3, "read-interrupt-stack", Action::diagnose),
    userdata(kProgrammer, 4, "read-block-stack", Action::diagnose),
    userdata(kProgrammer, 5, "read-local-stack", Action::diagnose),
    userdata(kProgrammer, 6, "measure-run-time", Action::diagnose),
    userdata(kProgrammer, 7, "force-selection", Action::configure),
    userdata(kProgrammer, 8, "modify-variable", Action::write),
    userdata(kProgrammer, 9, "force", Action::configure),
    userdata(kProgrammer, 10, "breakpoint", Action::configure),
    userdata(kProgrammer, 11, "exit-hold", Action::start),
    userdata(kProgrammer, 12, "memory-reset", Action::program),
    userdata(kProgrammer, 13, "disable-job", Action::configure),
    userdata(kProgrammer, 14, "enable-job", Action::configure),
    userdata(kProgrammer, 15, "delete-job", Action::configure),
    userdata(kProgrammer, 16, "read-job-list", Action::diagnose),
    userdata(kProgrammer, 17, "read-job", Action::diagnose),
    userdata(kProgrammer, 18, "replace-job", Action::configure),
    userdata(kProgrammer, 19, "block-status-2", Action::diagnose),
    userdata(kProgrammer, 22, "flash-led", Action::diagnose),
    userdata(kCyclic, 1, "cyclic-transfer", Action::read),
    userdata(kCyclic, 4, "unsubscribe", Action::session),
    userdata(kCyclic, 5, "change-driven-transfer", Action::read),
    userdata(kCyclic, 7, "change-driven-modify", Action::read),
    userdata(kCyclic, 8, "read-record", Action::read),
    userdata(kBlocks, 1, "list-blocks", Action::identify),
    userdata(kBlocks, 2, "list-blocks-of-type", Action::identify),
    userdata(kBlocks, 3, "block-information", Action::identify),
    userdata(kCpu, 1, "read-szl", Action::identify),
    userdata(kCpu, 2, "message-service", Action::session),
    userdata(kCpu, 3, "diagnostic-message", Action::diagnose),
    userdata(kCpu, 5, "alarm-8", Action::diagnose),
    userdata(kCpu, 6, "notify", Action::diagnose),
    userdata(kCpu, 7, "alarm-lock", Action::configure),
    userdata(kCpu, 8, "alarm-unlock", Action::configure),
    userdata(kCpu, 9, "scan", Action::diagnose),
    userdata(kCpu, 11, "alarm-acknowledge", Action::operate),
    userdata(kCpu, 12, "alarm-acknowledged", Action::diagnose),
    userdata(kCpu, 13, "alarm-locked", Action::diagnose),
    userdata(kCpu, 14, "alarm-unlocked", Action::diagnose),
    userdata(kCpu, 17, "alarm-sq", Action::diagnose),
    userdata(kCpu, 18, "alarm-s", Action::diagnose),
    userdata(kCpu, 19, "alarm-query", Action::diagnose),
    userdata(kCpu, 22, "notify-8", Action::diagnose),
    userdata(kSecurity, 1, "plc-password", Action::session),
    userdata(kSecurity, 2, "end-legitimation", Action::session),
    userdata(kBlockSend, 1, "block-send", Action::write),
    userdata(kBlockSend, 2, "block-send-continued", Action::write),
    userdata(kClock, 1, "read-clock", Action::time),
    userdata(kClock, 2, "set-clock", Action::time),
    userdata(kClock, 3, "read-clock-following", Action::time),
    userdata(kClock, 4, "set-clock-following", Action::time),
    userdata(kNcProgram, 1, "nc-request-download", Action::program),
    userdata(kNcProgram, 2, "nc-download-block", Action::program),
    userdata(kNcProgram, 3, "nc-continue-download", Action::program),
    userdata(kNcProgram, 4, "nc-download-ended", Action::program),
    userdata(kNcProgram, 6, "nc-start-upload", Action::program),
    userdata(kNcProgram, 7, "nc-upload", Action::program),
    userdata(kNcProgram, 8, "nc-continue-upload", Action::program),
};

constexpr std::array kModes = {
    userdata(kModeTransition, 0x0, "mode-stop", Action::diagnose),
    userdata(kModeTransition, 0x1, "mode-warm-restart", Action::diagnose),
    userdata(kModeTransition, 0x2, "mode-run", Action::diagnose),
    userdata(kModeTransition, 0x3, "mode-hot-restart", Action::diagnose),
    userdata(kModeTransition, 0x4, "mode-hold", Action::diagnose),
    userdata(kModeTransition, 0x6, "mode-cold-restart", Action::diagnose),
    userdata(kModeTransition, 0x9, "mode-run-redundant", Action::diagnose),
    userdata(kModeTransition, 0xb, "mode-link-up", Action::diagnose),
    userdata(kModeTransition, 0xc, "mode-update", Action::diagnose),
    userdata(kModeTransition, 0xd, "mode-defective", Action::diagnose),
    userdata(kModeTransition, 0xe, "mode-self-test", Action::diagnose),
    userdata(kModeTransition, 0xf, "mode-no-power", Action::diagnose),
};

constexpr Service kConnect{{kConnectCode, "cotp-connect"}, Action::session};
constexpr Service kDisconnect{{kDisconnectCode, "cotp-disconnect"}, Action::session};

/// kUserdataPlaces: group * 32 + subfunction to the place in kUserdataServices plus one.
constexpr auto kUserdataPlaces = [] {
  std::array<uint8_t, 16 * 32> places{};
  for (size_t i = 0; i < kUserdataServices.size(); ++i) {
    const uint32_t code = kUserdataServices[i].function.code & 0xffff;
    places[(code >> 8) * 32 + (code & 0xff)] = static_cast<uint8_t>(i + 1);
  }
  return places;
}();
constexpr auto kJobPlaces = [] {
  std::array<uint8_t, 256> places{};
  for (size_t i = 0; i < kJobs.size(); ++i) places[kJobs[i].function.code] = static_cast<uint8_t>(i + 1);
  return places;
}();

constexpr auto kFunctions = [] {
  std::array<Function, kJobs.size() + kProgramServices.size() + kUserdataServices.size() + kModes.size() + 2> all{};
  size_t used = 0;
  for (const Service& service : kJobs) all[used++] = service.function;
  for (const Service& service : kProgramServices) all[used++] = service.function;
  for (const Service& service : kUserdataServices) all[used++] = service.function;
  for (const Service& service : kModes) all[used++] = service.function;
  all[used++] = kConnect.function;
  all[used++] = kDisconnect.function;
  return all;
}();

struct Named {
  uint16_t code;
  std::string_view name;
};

constexpr std::array kReturnCodes = {
    Named{0x00, "reserved"},           Named{0x01, "hardware error"},
    Named{0x03, "access denied"},      Named{0x05, "invalid address"},
    Named{0x06, "type not supported"}, Named{0x07, "type inconsistent"},
    Named{0x0a, "no such object"},     Named{0xff, "success"},
};

constexpr std::array kErrors = {
    Named{0x0110, "invalid block number"},
    Named{0x0111, "invalid request length"},
    Named{0x0112, "invalid parameter"},
    Named{0x0113, "invalid block type"},
    Named{0x0114, "block not found"},
    Named{0x0115, "block already exists"},
    Named{0x0116, "block is write-protected"},
    Named{0x0117, "block too large"},
    Named{0x0118, "invalid block number"},
    Named{0x0119, "wrong password"},
    Named{0x011a, "programmer resource error"},
    Named{0x011b, "controller resource error"},
    Named{0x011c, "protocol error"},
    Named{0x011d, "too many blocks"},
    Named{0x0120, "end of block list"},
    Named{0x0140, "not enough memory"},
    Named{0x0141, "not enough resources"},
    Named{0x8001, "not possible in this state of the block"},
    Named{0x8003, "block transfer error"},
    Named{0x8100, "service unknown"},
    Named{0x8104, "service not implemented"},
    Named{0x8204, "type of object inconsistent"},
    Named{0x8205, "copied block exists"},
    Named{0x8301, "not enough memory"},
    Named{0x8302, "not enough resources"},
    Named{0x8304, "no further upload possible"},
    Named{0x8305, "function not available"},
    Named{0x8306, "not enough work memory"},
    Named{0x8307, "not enough retentive memory"},
    Named{0x8401, "wrong order of services"},
    Named{0x8402, "not possible in this state of the object"},
    Named{0x8404, "function cannot be performed"},
    Named{0x8405, "remote block disabled"},
    Named{0x8500, "wrong frames"},
    Named{0x8503, "cancelled by module"},
    Named{0x8701, "invalid address"},
    Named{0x8702, "service not supported"},
    Named{0x8703, "access to object refused"},
    Named{0x8704, "object damaged"},
    Named{0xd001, "illegal job number"},
    Named{0xd002, "illegal job variant"},
    Named{0xd003, "debugging not supported"},
    Named{0xd004, "illegal job status"},
    Named{0xd041, "illegal status list"},
    Named{0xd042, "illegal address"},
    Named{0xd043, "job not found"},
    Named{0xd044, "illegal value"},
    Named{0xd061, "no memory for job"},
    Named{0xd062, "job list full"},
    Named{0xd063, "trigger in use"},
    Named{0xd081, "not permitted in this mode"},
    Named{0xd082, "cannot leave hold"},
    Named{0xd0a1, "not permitted at this protection level"},
    Named{0xd0a2, "memory is being changed"},
    Named{0xd0a4, "forcing in force already"},
    Named{0xd0a5, "job not found"},
    Named{0xd0ad, "mode set already"},
    Named{0xd0c2, "change to stop or hold"},
    Named{0xd201, "syntax error in block name"},
    Named{0xd202, "syntax error in parameters"},
    Named{0xd205, "linked block exists in RAM"},
    Named{0xd206, "linked block exists in ROM"},
    Named{0xd208, "too many copied blocks"},
    Named{0xd209, "block not found"},
    Named{0xd20a, "too many blocks linked in one job"},
    Named{0xd20b, "too many blocks deleted in one job"},
    Named{0xd20c, "no priority class for this OB"},
    Named{0xd20d, "system data block not understood"},
    Named{0xd20e, "no further block"},
    Named{0xd20f, "block too large for module"},
    Named{0xd210, "invalid block number"},
    Named{0xd212, "wrong header attribute"},
    Named{0xd213, "too many system data blocks"},
    Named{0xd217, "protection level not permitted"},
    Named{0xd219, "wrong block lengths"},
    Named{0xd21b, "memory cannot be compressed"},
    Named{0xd226, "structural error in block"},
    Named{0xd231, "block number illegal"},
    Named{0xd235, "block loaded twice"},
    Named{0xd240, "coordination rules violated"},
    Named{0xd241, "not permitted at this protection level"},
    Named{0xd242, "protection of fail-safe blocks violated"},
    Named{0xd2a1, "another block function is active"},
    Named{0xd2a3, "block in use"},
    Named{0xd401, "information not available"},
    Named{0xd402, "information not available"},
    Named{0xd403, "already logged on or off"},
    Named{0xd404, "too many subscribers"},
    Named{0xd405, "service not supported"},
    Named{0xd406, "information not available now"},
    Named{0xd407, "diagnostics error"},
    Named{0xd408, "update aborted"},
    Named{0xd409, "error on DP bus"},
    Named{0xd601, "syntax error in parameters"},
    Named{0xd602, "wrong password"},
    Named{0xd603, "already legitimised"},
    Named{0xd604, "already enabled"},
    Named{0xd605, "no password set"},
    Named{0xd801, "invalid address"},
    Named{0xd802, "job does not exist"},
    Named{0xd803, "illegal job status"},
    Named{0xd804, "illegal cycle time"},
    Named{0xd805, "no further cyclic job"},
    Named{0xd806, "not possible in this state of the job"},
    Named{0xd807, "aborted by overload"},
    Named{0xdc01, "date or time invalid"},
    Named{0xe201, "already master"},
    Named{0xef01, "protocol error"},
    Named{0xef02, "resources do not exist"},
};
static_assert(std::is_sorted(kErrors.begin(), kErrors.end(),
                             [](const Named& a, const Named& b) { return a.code < b.code; }));

}  // namespace

Service job_service(uint8_t code) {
  if (const uint8_t place = kJobPlaces[code]; place != 0) return kJobs[place - 1u];
  return {{code, "unknown-job"}, Action::configure};
}

Service userdata_service(uint8_t group, uint8_t subfunction) {
  if (group < 16 && subfunction < 32) {
    if (const uint8_t place = kUserdataPlaces[group * 32u + subfunction]; place != 0) {
      return kUserdataServices[place - 1u];
    }
  }
  return {{code_of_userdata(group, subfunction), "unknown-userdata"}, Action::configure};
}

Service mode_service(uint8_t mode) {
  for (const Service& service : kModes) {
    if ((service.function.code & 0xff) == mode) return service;
  }
  return {{code_of_userdata(kModeTransition, mode), "mode-unknown"}, Action::diagnose};
}

Service program_service(std::string_view name, std::string_view argument) {
  const auto named = [](std::string_view function) {
    return *std::find_if(kProgramServices.begin(), kProgramServices.end(),
                         [&](const Service& service) { return service.function.name == function; });
  };
  if (name == "P_PROGRAM") return named(argument.starts_with('C') ? "plc-cold-start" : "plc-start");
  if (name == "_INSE" || name == "_INS2") return named("insert-block");
  if (name == "_DELE") return named("delete-block");
  if (name == "_MODU") return named("copy-ram-to-rom");
  if (name == "_GARB") return named("compress-memory");
  if (name.starts_with("_N_LOG")) return named("nc-login");
  if (name.starts_with("_N_F_")) return named("nc-file");
  if (name.starts_with("_N_SELECT")) return named("nc-select-program");
  if (name.starts_with("_N_")) return named("nc-service");
  return job_service(kProgramService);
}

Service connect_service() { return kConnect; }
Service disconnect_service() { return kDisconnect; }

std::string_view return_code_name(uint8_t code) {
  for (const Named& named : kReturnCodes) {
    if (named.code == code) return named.name;
  }
  return "unknown return code";
}

std::string_view error_name(uint16_t code) {
  const auto found = std::lower_bound(kErrors.begin(), kErrors.end(), code,
                                      [](const Named& named, uint16_t wanted) { return named.code < wanted; });
  if (found != kErrors.end() && found->code == code) return found->name;
  switch (code >> 8) {
    case 0x81:
      return "application relationship error";
    case 0x82:
      return "object definition error";
    case 0x83:
      return "no resources available";
    case 0x84:
      return "service processing error";
    case 0x85:
      return "supplies error";
    case 0x87:
      return "access error";
    default:
      return "unknown error";
  }
}

std::string_view disconnect_reason(uint8_t reason) {
  switch (reason) {
    case 1:
      return "congestion";
    case 2:
      return "session entity not attached";
    case 3:
      return "address unknown";
    case 128:
      return "normal disconnect";
    case 129:
      return "remote congestion";
    case 130:
      return "connection negotiation failed";
    case 131:
      return "duplicate source reference";
    case 133:
      return "protocol error";
    case 136:
      return "connection refused";
    default:
      return "disconnected";
  }
}

std::span<const Function> functions() { return kFunctions; }

}  // namespace rampart::protocols::s7comm
