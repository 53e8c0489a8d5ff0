// One conversation as the judging side knows it: who the two ends are by the plant, what was asked and not yet
// answered. Belongs to a connection or a relayed pair of datagram ends, and to the gateway's thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"
#include "protocols/matcher.h"
#include "records/records.h"

namespace rampart::gateway {

using protocols::Direction;

/// Asked is what is kept with an operation until its answer comes. `policy` judged it, and outlives the waiting.
struct Asked {
  uint64_t serial = 0;  // of the message, in the order of forwarding
  const policy::Policy* policy = nullptr;
  policy::Verdict verdict{};
  policy::Parties parties{};
  std::string_view deviation{};
};

using Matcher = protocols::Matcher<Asked>;
using Transaction = protocols::Transaction<Asked>;

/// Sequence is something that is done in several steps and must not be cut half-way: a download, a file, a selection.
struct Sequence {
  bool open = false;
  protocols::Action action{};
  TimePoint began{}, last{};
};

struct Talk {
  records::Conversation conversation;
  policy::Endpoint client, server;
  policy::Party client_party, server_party;
  std::string role_word;                       // that the client's certificate proved; empty: none
  plant::Index role = plant::kNone;            // of the plant, where it has one of that id
  std::vector<std::string> behind;             // ids of the assets behind a serial line, which no address tells
  uint32_t unit = protocols::Object::kNoUnit;  // for which a party was looked up last,
  bool unit_of_server = true;                  // of which side
  policy::Party unit_party;
  // What holds where no rule says otherwise.
  plant::Index conduit = plant::kNone;
  plant::Mode mode = plant::Mode::enforce;
  plant::OnDeny on_deny = plant::OnDeny::exception;
  Sequence sequence;
  std::optional<Matcher> matcher;  // of protocols that are decoded
  bool described = false;
  bool admitted_by_learning = false;
  TimePoint began{};
  uint64_t operations = 0, refused = 0;
  uint64_t octets[2]{};  // forwarded, by direction
};

}  // namespace rampart::gateway
