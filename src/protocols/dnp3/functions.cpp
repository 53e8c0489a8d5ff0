#include "protocols/dnp3/functions.h"

#include <array>

#include "protocols/dnp3/link.h"
#include "protocols/dnp3/objects.h"

namespace rampart::protocols::dnp3 {
namespace {

constexpr uint32_t asking(Primary code) { return function::kLink + static_cast<uint32_t>(code); }
constexpr uint32_t answering(Secondary code) { return function::kLinkAnswer + static_cast<uint32_t>(code); }

// The application's requests stand at the place of their code.
constexpr std::array kFunctions = {
    Function{0, "confirm"},
    Function{1, "read"},
    Function{2, "write"},
    Function{3, "select"},
    Function{4, "operate"},
    Function{5, "direct-operate"},
    Function{6, "direct-operate-no-answer"},
    Function{7, "immediate-freeze"},
    Function{8, "immediate-freeze-no-answer"},
    Function{9, "freeze-and-clear"},
    Function{10, "freeze-and-clear-no-answer"},
    Function{11, "freeze-at-time"},
    Function{12, "freeze-at-time-no-answer"},
    Function{13, "cold-restart"},
    Function{14, "warm-restart"},
    Function{15, "initialize-data"},
    Function{16, "initialize-application"},
    Function{17, "start-application"},
    Function{18, "stop-application"},
    Function{19, "save-configuration"},
    Function{20, "enable-unsolicited"},
    Function{21, "disable-unsolicited"},
    Function{22, "assign-class"},
    Function{23, "delay-measurement"},
    Function{24, "record-current-time"},
    Function{25, "open-file"},
    Function{26, "close-file"},
    Function{27, "delete-file"},
    Function{28, "get-file-information"},
    Function{29, "authenticate-file"},
    Function{30, "abort-file"},
    Function{31, "activate-configuration"},
    Function{32, "authentication-request"},
    Function{33, "authentication-request-no-answer"},
    Function{129, "response"},
    Function{130, "unsolicited-response"},
    Function{131, "authentication-response"},
    Function{asking(Primary::reset_link), "reset-link"},
    Function{asking(Primary::reset_user_process), "reset-user-process"},
    Function{asking(Primary::test_link), "test-link"},
    Function{asking(Primary::request_link_status), "request-link-status"},
    Function{answering(Secondary::acknowledge), "link-acknowledge"},
    Function{answering(Secondary::not_acknowledged), "link-not-acknowledged"},
    Function{answering(Secondary::link_status), "link-status"},
    Function{answering(Secondary::not_supported), "link-not-supported"},
};

constexpr Action kActions[function::kLastRequest + 1] = {
    Action::session,    // confirm
    Action::read,       // read
    Action::write,      // write
    Action::operate,    // select
    Action::operate,    // operate
    Action::operate,    // direct operate
    Action::operate,    // direct operate, no answer
    Action::configure,  // the freezes change what later reads of frozen points return; freeze and clear sets counters
                        // to 0
    Action::configure,
    Action::configure,
    Action::configure,
    Action::configure,
    Action::configure,
    Action::stop,       // cold restart
    Action::stop,       // warm restart
    Action::configure,  // initialize data
    Action::start,      // initialize application
    Action::start,      // start application
    Action::stop,       // stop application
    Action::program,    // save configuration: RAM to permanent memory
    Action::configure,  // enable unsolicited
    Action::configure,  // disable unsolicited
    Action::configure,  // assign class
    Action::time,       // delay measurement
    Action::time,       // record current time
    Action::file,       // open
    Action::file,       // close
    Action::file,       // delete
    Action::file,       // information
    Action::file,       // authenticate
    Action::file,       // abort
    Action::program,    // activate configuration
    Action::session,    // authentication
    Action::session,
};

struct Status {
  uint8_t code;
  std::string_view name;
};
// IEEE 1815-2012 table A-37 (control status).
constexpr Status kCommandStatus[] = {
    {1, "timeout"},
    {2, "no-select"},
    {3, "format-error"},
    {4, "not-supported"},
    {5, "already-active"},
    {6, "hardware-error"},
    {7, "local"},
    {8, "too-many-operations"},
    {9, "not-authorized"},
    {10, "automation-inhibit"},
    {11, "processing-limited"},
    {12, "out-of-range"},
    {13, "downstream-local"},
    {14, "already-complete"},
    {15, "blocked"},
    {16, "cancelled"},
    {17, "blocked-other-master"},
    {18, "downstream-fail"},
    {126, "non-participating"},
    {127, "undefined"},
};
constexpr Status kFileStatus[] = {
    {1, "permission-denied"},
    {2, "invalid-mode"},
    {3, "file-not-found"},
    {4, "file-locked"},
    {5, "too-many-open"},
    {6, "invalid-handle"},
    {7, "write-block-size"},
    {8, "communication-lost"},
    {9, "cannot-abort"},
    {16, "not-opened"},
    {17, "handle-expired"},
    {18, "buffer-overrun"},
    {19, "fatal"},
    {20, "block-sequence"},
    {255, "undefined"},
};

template <size_t Count>
Outcome find_status(const Status (&table)[Count], uint8_t status, uint32_t base, uint16_t indications) {
  Outcome outcome{.indications = indications};
  if (status == 0) return outcome;
  outcome.kind = Outcome::Kind::refused;
  outcome.code = base | status;
  outcome.name = "reserved-status";
  for (const Status& row : table) {
    if (row.code == status) outcome.name = row.name;
  }
  return outcome;
}

}  // namespace

std::span<const Function> functions() { return kFunctions; }

Function name_function(uint32_t code) {
  if (code <= function::kLastRequest) return kFunctions[code];
  for (size_t i = function::kLastRequest + 1u; i < kFunctions.size(); ++i) {
    if (kFunctions[i].code == code) return kFunctions[i];
  }
  return {code, "unknown"};
}

bool expects_answer(uint8_t code) {
  switch (code) {
    case 0:   // confirm
    case 6:   // direct operate, no answer
    case 8:   // immediate freeze, no answer
    case 10:  // freeze and clear, no answer
    case 12:  // freeze at time, no answer
    case 33:  // authentication request, no answer
      return false;
    default:
      return true;
  }
}

bool carries_objects(uint8_t code, uint8_t group) {
  if (group == group::kAuthentication) return true;  // secure authentication puts g120 into any message
  if (code == function::kRead) return false;
  // Freeze at time carries the time (g50v2), and then counters by range only.
  if (code >= function::kImmediateFreeze && code <= function::kFreezeAtTimeNoAnswer) return group == group::kTime;
  return code < function::kEnableUnsolicited || code > function::kAssignClass;
}

Action action_of(uint8_t code, uint8_t group, uint8_t variation) {
  if (!known_request(code)) return Action::configure;
  if (group == group::kAuthentication) return Action::session;
  if (code == function::kRead) {
    if (group == group::kAttribute) return Action::identify;
    return group == group::kFile ? Action::file : Action::read;
  }
  if (code != function::kWrite) return kActions[code];
  switch (group) {
    case group::kTime:
      return variation == 4 ? Action::configure : Action::time;  // g50v4 is a schedule
    case group::kCommonTime:
    case group::kDelay:
      return Action::time;
    case group::kAttribute:
    case group::kDeadband:
    case group::kClass:
    case group::kIndications:
    case group::kDatasetPrototype:
    case group::kDatasetDescriptor:
      return Action::configure;
    case group::kFile:
      return Action::file;
    default:
      return Action::write;
  }
}

Action action_of_answer(uint8_t group) {
  switch (group) {
    case group::kCommand:
    case group::kAnalogCommand:
      return Action::operate;
    case group::kAttribute:
      return Action::identify;
    case group::kDelay:
      return Action::time;
    case group::kFile:
      return Action::file;
    case group::kAuthentication:
      return Action::session;
    default:
      return Action::read;
  }
}

Outcome read_indications(uint16_t indications) {
  static constexpr struct {
    uint8_t bit;
    std::string_view name;
  } kRefusals[] = {
      {0, "function-not-supported"}, {1, "object-unknown"}, {2, "parameter-error"}, {4, "already-executing"}};
  Outcome outcome{.indications = indications};
  if ((indications & 0x17) == 0) return outcome;
  for (const auto& refusal : kRefusals) {
    if ((indications >> refusal.bit & 1) == 0) continue;
    outcome.kind = Outcome::Kind::refused;
    outcome.code = 0x200u | refusal.bit;
    outcome.name = refusal.name;
    break;
  }
  return outcome;
}

Outcome command_status(uint8_t status, uint16_t indications) {
  return find_status(kCommandStatus, status, 0, indications);
}

Outcome file_status(uint8_t status, uint16_t indications) {
  return find_status(kFileStatus, status, 0x300, indications);
}

}  // namespace rampart::protocols::dnp3
