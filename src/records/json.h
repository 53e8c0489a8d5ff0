// The JSON form of records: one line each, in the layout of Suricata's EVE, our own data under "rampart". See
// docs/formats/events.md. Functions append to the caller's buffer and allocate nothing once it has grown.
#pragma once

#include <string>

#include "records/records.h"

namespace rampart::records {

void append_json(std::string& out, const Run& run);
void append_json(std::string& out, const Transaction& transaction);
void append_json(std::string& out, const Finding& finding);
void append_json(std::string& out, const AssetSeen& seen);
void append_json(std::string& out, const Loss& loss);
void append_json(std::string& out, const Flow& flow);
void append_json(std::string& out, const ReadSummary& summary);
void append_json(std::string& out, const Repeats& repeats);
void append_json(std::string& out, const NotKept& not_kept);
void append_json(std::string& out, const PlantChange& change);
void append_json(std::string& out, const RuleChange& change);
void append_json(std::string& out, const JournalEvent& event);
void append_json(std::string& out, const KeyChange& change);
void append_json(std::string& out, const JournalRead& read);
void append_json(std::string& out, const Login& login);
void append_json(std::string& out, const ProtectionSeen& seen);
void append_json(std::string& out, const Evidence& evidence);
void append_json(std::string& out, const Statement& statement);
void append_json(std::string& out, const LevelChange& change);
void append_json(std::string& out, const CertificateEvent& event);
void append_json(std::string& out, const GuardEvent& event);

}  // namespace rampart::records
