// The numbers of S7comm and what they mean to us: services with their action, errors, return codes. Immutable tables;
// any thread may read them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/operation.h"

namespace rampart::protocols::s7comm {

/// Rosctr is the kind of a message ("remote operating service control").
enum Rosctr : uint8_t { kJob = 1, kAcknowledge = 2, kAcknowledgeData = 3, kUserdata = 7 };

enum JobCode : uint8_t {
  kReadVar = 0x04,
  kWriteVar = 0x05,
  kRequestDownload = 0x1a,
  kDownloadBlock = 0x1b,
  kDownloadEnded = 0x1c,
  kStartUpload = 0x1d,
  kUpload = 0x1e,
  kEndUpload = 0x1f,
  kProgramService = 0x28,
  kPlcStop = 0x29,
  kSetup = 0xf0,
};

/// Groups of userdata.
enum Group : uint8_t {
  kModeTransition = 0,
  kProgrammer = 1,
  kCyclic = 2,
  kBlocks = 3,
  kCpu = 4,
  kSecurity = 5,
  kBlockSend = 6,
  kClock = 7,
  kNcProgram = 15,
};

/// Return codes of data items.
constexpr uint8_t kSuccess = 0xff;
constexpr uint8_t kUnchanged = 0xfe;
constexpr uint8_t kAccessDenied = 0x03;
constexpr uint8_t kNoObject = 0x0a;

struct Service {
  Function function{};
  Action action = Action::diagnose;
};

/// job_service, userdata_service: unknown codes give a service named "unknown-job" or "unknown-userdata" whose action
/// is configure, so that no rule for harmless things lets them through.
Service job_service(uint8_t code);
Service userdata_service(uint8_t group, uint8_t subfunction);
/// mode_service names the push that tells of a new operating mode of the CPU.
Service mode_service(uint8_t mode);
/// program_service tells the services of PLC-Control apart by name and argument: P_PROGRAM, _INSE, _MODU, _N_...
Service program_service(std::string_view name, std::string_view argument);
/// connect_service, disconnect_service are the requests of COTP.
Service connect_service();
Service disconnect_service();

/// code_of_userdata: the Function code of a userdata service.
constexpr uint32_t code_of_userdata(uint8_t group, uint8_t subfunction) {
  return 0x10000u | static_cast<uint32_t>(group) << 8 | subfunction;
}

std::string_view return_code_name(uint8_t code);
/// error_name names the error class and code of acknowledgements, and the error code of userdata.
std::string_view error_name(uint16_t code);
std::string_view disconnect_reason(uint8_t reason);

/// functions lists the names that rules may use.
std::span<const Function> functions();

}  // namespace rampart::protocols::s7comm
