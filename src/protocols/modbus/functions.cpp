#include "protocols/modbus/functions.h"

#include <array>

namespace rampart::protocols::modbus {
namespace {

struct Known {
  uint32_t code;
  std::string_view name;
  Action action;
};

// Sources: MODBUS Application Protocol V1.1b3 sections 6 and annex A (codes 9 to 19, 40, 90 and 125 to 127 are
// Modicon's own, reserved there); UMAS has no public specification: its names follow published research on Unity Pro
// and M340.
constexpr std::array kKnown = {
    Known{1, "read-coils", Action::read},
    Known{2, "read-discrete-inputs", Action::read},
    Known{3, "read-holding-registers", Action::read},
    Known{4, "read-input-registers", Action::read},
    Known{5, "write-single-coil", Action::write},
    Known{6, "write-single-register", Action::write},
    Known{7, "read-exception-status", Action::diagnose},
    Known{9, "program-484", Action::program},
    Known{10, "poll-484", Action::program},
    Known{11, "get-comm-event-counter", Action::diagnose},
    Known{12, "get-comm-event-log", Action::diagnose},
    Known{13, "program-584", Action::program},
    Known{14, "poll-584", Action::program},
    Known{15, "write-multiple-coils", Action::write},
    Known{16, "write-multiple-registers", Action::write},
    Known{17, "report-server-id", Action::identify},
    Known{18, "program-884", Action::program},
    Known{19, "reset-communication-link", Action::stop},
    Known{20, "read-file-record", Action::read},
    Known{21, "write-file-record", Action::write},
    Known{22, "mask-write-register", Action::write},
    Known{23, "read-write-multiple-registers", Action::write},
    Known{24, "read-fifo-queue", Action::read},
    Known{40, "program-concept", Action::program},
    Known{125, "firmware-replacement", Action::firmware},
    Known{126, "program-984", Action::program},
    Known{127, "report-local-address", Action::identify},

    Known{0x080000, "return-query-data", Action::diagnose},
    Known{0x080001, "restart-communications", Action::stop},
    Known{0x080002, "return-diagnostic-register", Action::diagnose},
    Known{0x080003, "change-ascii-input-delimiter", Action::configure},
    Known{0x080004, "force-listen-only-mode", Action::stop},
    Known{0x08000a, "clear-counters", Action::configure},
    Known{0x08000b, "return-bus-message-count", Action::diagnose},
    Known{0x08000c, "return-bus-communication-error-count", Action::diagnose},
    Known{0x08000d, "return-bus-exception-error-count", Action::diagnose},
    Known{0x08000e, "return-server-message-count", Action::diagnose},
    Known{0x08000f, "return-server-no-response-count", Action::diagnose},
    Known{0x080010, "return-server-nak-count", Action::diagnose},
    Known{0x080011, "return-server-busy-count", Action::diagnose},
    Known{0x080012, "return-bus-character-overrun-count", Action::diagnose},
    Known{0x080013, "return-overrun-error-count", Action::diagnose},
    Known{0x080014, "clear-overrun-counter", Action::configure},
    Known{0x080015, "modbus-plus-statistics", Action::configure},  // its data word says get or clear

    Known{0x2b0d, "canopen-general-reference", Action::configure},
    Known{0x2b0e, "read-device-identification", Action::identify},

    Known{0x5a01, "umas-init-communication", Action::session},
    Known{0x5a02, "umas-read-id", Action::identify},
    Known{0x5a03, "umas-read-project-info", Action::identify},
    Known{0x5a04, "umas-read-plc-info", Action::diagnose},
    Known{0x5a05, "umas-read-loader-info", Action::identify},
    Known{0x5a06, "umas-read-card-info", Action::identify},
    Known{0x5a07, "umas-read-block-info", Action::diagnose},
    Known{0x5a0a, "umas-repeat", Action::diagnose},
    Known{0x5a10, "umas-take-reservation", Action::session},
    Known{0x5a11, "umas-release-reservation", Action::session},
    Known{0x5a12, "umas-keep-alive", Action::session},
    Known{0x5a20, "umas-read-memory-block", Action::read},
    Known{0x5a21, "umas-write-memory-block", Action::write},
    Known{0x5a22, "umas-read-variables", Action::read},
    Known{0x5a23, "umas-write-variables", Action::write},
    Known{0x5a24, "umas-read-coils-registers", Action::read},
    Known{0x5a25, "umas-write-coils-registers", Action::write},
    Known{0x5a26, "umas-data-dictionary", Action::identify},
    Known{0x5a27, "umas-data-dictionary-preload", Action::identify},
    Known{0x5a28, "umas-read-physical-address", Action::read},
    Known{0x5a29, "umas-write-physical-address", Action::write},
    Known{0x5a2a, "umas-browse-events", Action::diagnose},
    Known{0x5a30, "umas-initialize-upload", Action::program},
    Known{0x5a31, "umas-upload-block", Action::program},
    Known{0x5a32, "umas-end-upload", Action::program},
    Known{0x5a33, "umas-initialize-download", Action::program},
    Known{0x5a34, "umas-download-block", Action::program},
    Known{0x5a35, "umas-end-download", Action::program},
    Known{0x5a36, "umas-backup", Action::program},
    Known{0x5a37, "umas-preload-blocks", Action::program},
    Known{0x5a38, "umas-signed-message", Action::configure},
    Known{0x5a39, "umas-read-ethernet-master-data", Action::read},
    Known{0x5a40, "umas-start-plc", Action::start},
    Known{0x5a41, "umas-stop-plc", Action::stop},
    Known{0x5a42, "umas-init-plc", Action::stop},
    Known{0x5a43, "umas-swap-blocks", Action::program},
    Known{0x5a50, "umas-monitor-plc", Action::read},
    Known{0x5a51, "umas-get-auto-modifications", Action::diagnose},
    Known{0x5a52, "umas-get-forced-bits", Action::read},
    Known{0x5a53, "umas-get-selected-blocks", Action::diagnose},
    Known{0x5a58, "umas-check-plc", Action::diagnose},
    Known{0x5a60, "umas-set-breakpoint", Action::stop},
    Known{0x5a61, "umas-delete-breakpoint", Action::configure},
    Known{0x5a62, "umas-step-over", Action::start},
    Known{0x5a63, "umas-step-in", Action::start},
    Known{0x5a64, "umas-step-out", Action::start},
    Known{0x5a65, "umas-get-call-stack", Action::diagnose},
    Known{0x5a66, "umas-check-debug-allowed", Action::diagnose},
    Known{0x5a6c, "umas-process-message", Action::configure},
    Known{0x5a6d, "umas-private-message", Action::configure},
    Known{0x5a6e, "umas-reservation-nonces", Action::session},
    Known{0x5a70, "umas-read-io-object", Action::read},
    Known{0x5a71, "umas-write-io-object", Action::write},
    Known{0x5a72, "umas-read-rack", Action::identify},
    Known{0x5a73, "umas-get-module-status", Action::diagnose},
    Known{0x5a74, "umas-read-device-data", Action::read},

    // What has no name of its own; also sub-functions without one, with their own code.
    Known{8, "diagnostics", Action::configure},
    Known{43, "encapsulated-interface", Action::configure},
    Known{90, "umas", Action::configure},
    Known{65, "user-defined-function", Action::configure},
    Known{0, "unknown-function", Action::configure},
};

constexpr auto make_functions() {
  std::array<Function, kKnown.size()> result{};
  for (size_t i = 0; i < kKnown.size(); ++i) result[i] = {kKnown[i].code, kKnown[i].name};
  return result;
}
constexpr auto kFunctions = make_functions();

/// named fills a table of functions that share the octets above the last one.
template <size_t Size>
constexpr std::array<Meaning, Size> named(uint32_t base, std::string_view otherwise) {
  std::array<Meaning, Size> result{};
  for (uint32_t i = 0; i < Size; ++i) {
    result[i].function = {base | i, otherwise};
    for (const Known& known : kKnown) {
      if (known.code == (base | i)) result[i] = {{known.code, known.name}, known.action, true};
    }
  }
  return result;
}

/// User-defined codes: V1.1b3 section 5.1.
constexpr bool is_user_defined(size_t function) {
  return (function >= 65 && function <= 72) || (function >= 100 && function <= 110);
}

constexpr auto make_plain() {
  auto result = named<128>(0, "unknown-function");
  result[0].known = false;
  for (size_t i = 0; i < result.size(); ++i) {
    if (is_user_defined(i)) result[i] = {{static_cast<uint32_t>(i), "user-defined-function"}, Action::configure, false};
  }
  return result;
}

constexpr auto kPlain = make_plain();
constexpr auto kDiagnostics = named<0x16>(0x080000, "diagnostics");
constexpr auto kInterface = named<256>(0x2b00, "encapsulated-interface");
constexpr auto kUmas = named<256>(0x5a00, "umas");

constexpr std::array kSpaces = {
    Space{"coil", 1, true},
    Space{"discrete-input", 1, true},
    Space{"input-register", 16, true},
    Space{"holding-register", 16, true},
    Space{"file", 16, true},
    Space{"fifo", 16, false},
    Space{"exception-status", 8, false},
    Space{"diagnostics", 16, false},
    Space{"event-counter", 16, false},
    Space{"event-log", 8, false},
    Space{"server-identification", 8, false},
    Space{"device-identification", 8, false},
    Space{"canopen", 8, false},
    Space{"umas", 8, false},
};

constexpr std::array<std::string_view, 12> kExceptions = {
    "unknown-exception",     "illegal-function",  "illegal-data-address",     "illegal-data-value",
    "server-device-failure", "acknowledge",       "server-device-busy",       "negative-acknowledge",
    "memory-parity-error",   "unknown-exception", "gateway-path-unavailable", "gateway-target-failed-to-respond",
};

}  // namespace

std::span<const Space> spaces() { return kSpaces; }
std::span<const Function> functions() { return kFunctions; }

Meaning meaning_of(uint8_t function) { return kPlain[function & 0x7fu]; }

Meaning meaning_of_diagnostics(uint16_t sub_function) {
  if (sub_function < kDiagnostics.size()) return kDiagnostics[sub_function];
  return {{0x080000u | sub_function, "diagnostics"}, Action::configure, false};
}

Meaning meaning_of_interface(uint8_t mei_type) { return kInterface[mei_type]; }

Meaning meaning_of_umas(uint8_t umas_function) { return kUmas[umas_function]; }

Meaning meaning_of_code(uint32_t code) {
  if (code >= 0x080000) return meaning_of_diagnostics(static_cast<uint16_t>(code));
  if (code >> 8 == 0x5a) return meaning_of_umas(static_cast<uint8_t>(code));
  if (code >> 8 == 0x2b) return meaning_of_interface(static_cast<uint8_t>(code));
  return meaning_of(static_cast<uint8_t>(code));
}

std::string_view exception_name(uint8_t code) { return kExceptions[code < kExceptions.size() ? code : 0]; }

}  // namespace rampart::protocols::modbus
