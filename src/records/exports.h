// Records in the words of others: RFC 5424 syslog, ArcSight CEF, OCSF. Each appends one record; described in
// docs/formats/export.md. Nothing that came from a wire can break a line or add a field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "records/stored.h"

namespace rampart::records {

/// Origin says who tells: host name and journal.
struct Origin {
  std::string_view host{}, journal{}, version{};
};

/// append_syslog writes one RFC 5424 message without frame or line end: facility 13 (log audit) or 10 (security),
/// structured data with the private enterprise number for documentation (32473), the words as UTF-8 with BOM.
void append_syslog(std::string& out, const Stored& stored, uint64_t number, const Origin& origin);
/// append_cef writes one CEF:0 line without its end.
void append_cef(std::string& out, const Stored& stored, uint64_t number, const Origin& origin);
/// append_ocsf writes one OCSF 1.x event as a line of JSON: Detection Finding, Network Activity, Authentication,
/// Entity Management, Device Inventory Info, Application Lifecycle, Base Event, whichever fits the kind.
void append_ocsf(std::string& out, const Stored& stored, uint64_t number, const Origin& origin);

}  // namespace rampart::records
