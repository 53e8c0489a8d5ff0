// DNP3's application layer (IEEE 1815 clauses 4 to 6): whole fragments to operations and answers. One Application
// belongs to one decoder. What it remembers is bounded: the last requests, series of fragments, open files.
#pragma once

#include <array>
#include <cstdint>

#include "protocols/decoder.h"
#include "protocols/dnp3/link.h"
#include "protocols/dnp3/payload.h"
#include "protocols/dnp3/walker.h"

namespace rampart::protocols::dnp3 {

/// make_key ties a response to its request: both addresses, sequence, and whether it is about unsolicited responses.
TransactionKey make_key(uint16_t master, uint16_t outstation, uint8_t sequence, bool unsolicited);

class Application {
 public:
  explicit Application(Protocol self) : self_(self) {}

  /// feed decodes one fragment. Whether it asks or answers is said by its function code, not by the direction.
  Feed feed(const LinkHeader& link, Bytes fragment, Sink& sink);
  /// refuse builds the outstation's "no" to the request with `key`; empty where it is not known or has no answer.
  Refusal refuse(TransactionKey key, Reason reason) const;

 private:
  static constexpr size_t kRequests = 16;
  static constexpr size_t kCommands = 4;
  static constexpr size_t kSeries = 8;
  static constexpr size_t kCommandOctets = 240;

  /// Request is what an answer, or a refusal, must know of what was asked.
  struct Request {
    uint64_t match = ~uint64_t{0};
    uint64_t command = 0;  // serial number of the Command that holds its objects; 0: none
    uint16_t master = 0;
    uint16_t outstation = 0;
    uint8_t function = 0;
    uint8_t sequence = 0;
    bool expects_answer = false;
    Action action = Action::read;
  };
  /// Command holds the objects of a select, operate or direct operate: a refusal echoes them with a status.
  struct Command {
    uint64_t serial = 0;
    uint8_t size = 0;
    std::array<uint8_t, kCommandOctets> objects;
  };
  /// Series is a response of several fragments: the first one carries the request's sequence, the others count on.
  struct Series {
    bool open = false;
    uint16_t master = 0;
    uint16_t outstation = 0;
    uint8_t first = 0;
    uint8_t last = 0;
  };

  Feed request(const LinkHeader& link, Bytes fragment, Sink& sink);
  Feed response(const LinkHeader& link, Bytes fragment, Sink& sink);
  void give_objects(Operation& operation, ObjectWalker& walker, Sink& sink);
  Feed give_answers(Answer& answer, const Request* asked, Bytes objects, bool final, uint32_t unit, Sink& sink);
  void describe(Item& item, const Request* asked, Answer& answer, Sink& sink);
  void remember(const Operation& operation, const LinkHeader& link, uint8_t sequence, Bytes objects);
  const Request* find(uint64_t match) const;
  uint8_t sequence_of_request(const LinkHeader& link, uint8_t control, bool unsolicited, Sink& sink);

  Protocol self_;
  std::array<Request, kRequests> requests_{};
  size_t newest_ = 0;
  bool self_address_used_ = false;
  std::array<Command, kCommands> commands_{};
  uint64_t command_serial_ = 0;
  std::array<Series, kSeries> series_{};
  size_t open_series_ = 0;
  size_t next_series_ = 0;
  FileNames files_;
};

}  // namespace rampart::protocols::dnp3
