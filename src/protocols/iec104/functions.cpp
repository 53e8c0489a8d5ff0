#include "protocols/iec104/functions.h"

#include <algorithm>
#include <array>

#include "protocols/iec104/apci.h"

namespace rampart::protocols::iec104 {
namespace {

constexpr uint32_t calling(uint8_t qualifier) { return type::kCall | uint32_t{qualifier} << function::kQualifierShift; }
constexpr uint32_t acknowledging(uint8_t qualifier) {
  return type::kAcknowledge | uint32_t{qualifier} << function::kQualifierShift;
}
constexpr uint32_t selecting(uint32_t type) { return function::kSelect | type; }
constexpr uint32_t giving_up(uint32_t type) { return function::kDeactivate | type; }
constexpr uint32_t frame(uint8_t control) { return function::kFrame | control; }

// In the order of their codes.
constexpr std::array kFunctions = {
    Function{1, "single-point"},
    Function{2, "single-point-with-short-time"},
    Function{3, "double-point"},
    Function{4, "double-point-with-short-time"},
    Function{5, "step-position"},
    Function{6, "step-position-with-short-time"},
    Function{7, "bitstring"},
    Function{8, "bitstring-with-short-time"},
    Function{9, "measured-normalized"},
    Function{10, "measured-normalized-with-short-time"},
    Function{11, "measured-scaled"},
    Function{12, "measured-scaled-with-short-time"},
    Function{13, "measured-float"},
    Function{14, "measured-float-with-short-time"},
    Function{15, "integrated-totals"},
    Function{16, "integrated-totals-with-short-time"},
    Function{17, "protection-event-with-short-time"},
    Function{18, "protection-start-events-with-short-time"},
    Function{19, "protection-output-circuits-with-short-time"},
    Function{20, "packed-single-points"},
    Function{21, "measured-normalized-without-quality"},
    Function{30, "single-point-with-time"},
    Function{31, "double-point-with-time"},
    Function{32, "step-position-with-time"},
    Function{33, "bitstring-with-time"},
    Function{34, "measured-normalized-with-time"},
    Function{35, "measured-scaled-with-time"},
    Function{36, "measured-float-with-time"},
    Function{37, "integrated-totals-with-time"},
    Function{38, "protection-event-with-time"},
    Function{39, "protection-start-events-with-time"},
    Function{40, "protection-output-circuits-with-time"},
    Function{41, "security-statistics"},
    Function{45, "single-command"},
    Function{46, "double-command"},
    Function{47, "step-command"},
    Function{48, "set-point-normalized"},
    Function{49, "set-point-scaled"},
    Function{50, "set-point-float"},
    Function{51, "bitstring-command"},
    Function{58, "single-command-with-time"},
    Function{59, "double-command-with-time"},
    Function{60, "step-command-with-time"},
    Function{61, "set-point-normalized-with-time"},
    Function{62, "set-point-scaled-with-time"},
    Function{63, "set-point-float-with-time"},
    Function{64, "bitstring-command-with-time"},
    Function{70, "end-of-initialization"},
    Function{81, "authentication-challenge"},
    Function{82, "authentication-reply"},
    Function{83, "authentication-aggressive-mode"},
    Function{84, "authentication-session-key-status-request"},
    Function{85, "authentication-session-key-status"},
    Function{86, "authentication-session-key-change"},
    Function{87, "authentication-error"},
    Function{90, "authentication-user-status-change"},
    Function{91, "authentication-update-key-change-request"},
    Function{92, "authentication-update-key-change-reply"},
    Function{93, "authentication-update-key-change-symmetric"},
    Function{94, "authentication-update-key-change-asymmetric"},
    Function{95, "authentication-update-key-change-confirmation"},
    Function{100, "interrogation"},
    Function{101, "counter-interrogation"},
    Function{102, "read"},
    Function{103, "clock-synchronization"},
    Function{104, "test"},
    Function{105, "reset-process"},
    Function{106, "delay-acquisition"},
    Function{107, "test-with-time"},
    Function{110, "parameter-normalized"},
    Function{111, "parameter-scaled"},
    Function{112, "parameter-float"},
    Function{113, "parameter-activation"},
    Function{120, "file-ready"},
    Function{121, "section-ready"},
    Function{122, "call-directory"},
    Function{123, "last-segment"},
    Function{124, "acknowledge"},
    Function{125, "segment"},
    Function{126, "directory"},
    Function{127, "query-log"},
    Function{selecting(45), "select-single-command"},
    Function{selecting(46), "select-double-command"},
    Function{selecting(47), "select-step-command"},
    Function{selecting(48), "select-set-point-normalized"},
    Function{selecting(49), "select-set-point-scaled"},
    Function{selecting(50), "select-set-point-float"},
    Function{selecting(58), "select-single-command-with-time"},
    Function{selecting(59), "select-double-command-with-time"},
    Function{selecting(60), "select-step-command-with-time"},
    Function{selecting(61), "select-set-point-normalized-with-time"},
    Function{selecting(62), "select-set-point-scaled-with-time"},
    Function{selecting(63), "select-set-point-float-with-time"},
    Function{giving_up(45), "deactivate-single-command"},
    Function{giving_up(46), "deactivate-double-command"},
    Function{giving_up(47), "deactivate-step-command"},
    Function{giving_up(48), "deactivate-set-point-normalized"},
    Function{giving_up(49), "deactivate-set-point-scaled"},
    Function{giving_up(50), "deactivate-set-point-float"},
    Function{giving_up(51), "deactivate-bitstring-command"},
    Function{giving_up(58), "deactivate-single-command-with-time"},
    Function{giving_up(59), "deactivate-double-command-with-time"},
    Function{giving_up(60), "deactivate-step-command-with-time"},
    Function{giving_up(61), "deactivate-set-point-normalized-with-time"},
    Function{giving_up(62), "deactivate-set-point-scaled-with-time"},
    Function{giving_up(63), "deactivate-set-point-float-with-time"},
    Function{giving_up(64), "deactivate-bitstring-command-with-time"},
    Function{giving_up(100), "deactivate-interrogation"},
    Function{giving_up(101), "deactivate-counter-interrogation"},
    Function{giving_up(113), "deactivate-parameter"},
    Function{frame(unnumbered::kStartAct), "start-data-transfer"},
    Function{frame(unnumbered::kStopAct), "stop-data-transfer"},
    Function{frame(unnumbered::kTestAct), "test-frame"},
    Function{calling(call::kSelectFile), "select-file"},
    Function{acknowledging(acknowledge::kFile), "acknowledge-file"},
    Function{calling(call::kRequestFile), "request-file"},
    Function{acknowledging(acknowledge::kRejectFile), "reject-file"},
    Function{calling(call::kDeactivateFile), "deactivate-file"},
    Function{acknowledging(acknowledge::kSection), "acknowledge-section"},
    Function{calling(call::kDeleteFile), "delete-file"},
    Function{acknowledging(acknowledge::kRejectSection), "reject-section"},
    Function{calling(call::kSelectSection), "select-section"},
    Function{calling(call::kRequestSection), "request-section"},
    Function{calling(call::kDeactivateSection), "deactivate-section"},
};
static_assert(std::is_sorted(kFunctions.begin(), kFunctions.end(),
                             [](const Function& a, const Function& b) { return a.code < b.code; }));

constexpr uint32_t kPrivate = 128;

}  // namespace

std::span<const Function> functions() { return kFunctions; }

Function name_function(uint32_t code) {
  const auto found = std::lower_bound(kFunctions.begin(), kFunctions.end(), code,
                                      [](const Function& one, uint32_t wanted) { return one.code < wanted; });
  if (found != kFunctions.end() && found->code == code) return *found;
  return {code, (code & 0xff) >= kPrivate && code <= 0xff ? "private" : "unknown"};
}

Action action_of(uint8_t type, bool freeze) {
  switch (kind_of(type)) {
    case Kind::monitored:
      return Action::read;
    case Kind::command:
      return Action::operate;
    case Kind::parameter:
      return Action::configure;
    case Kind::file:
      return Action::file;
    case Kind::authentication:
      return Action::session;
    case Kind::unknown:
    case Kind::private_use:
      return Action::configure;  // what the device will do is anyone's guess, so somebody must be able to forbid it
    case Kind::system:
      break;
  }
  switch (type) {
    case type::kCounterInterrogation:
      return freeze ? Action::configure : Action::read;
    case type::kClock:
    case type::kDelay:
      return Action::time;
    case type::kTest:
    case type::kTestWithTime:
      return Action::diagnose;
    case type::kReset:
      return Action::stop;
    default:
      return Action::read;
  }
}

std::string_view cause_name(uint8_t cause) {
  switch (cause) {
    case cause::kActivationConfirmation:
      return "negative-activation-confirmation";
    case cause::kDeactivationConfirmation:
      return "negative-deactivation-confirmation";
    case cause::kTermination:
      return "negative-activation-termination";
    case cause::kUnknownType:
      return "unknown-type";
    case cause::kUnknownCause:
      return "unknown-cause";
    case cause::kUnknownCommonAddress:
      return "unknown-common-address";
    case cause::kUnknownObjectAddress:
      return "unknown-object-address";
    default:
      return "negative";
  }
}

}  // namespace rampart::protocols::iec104
