// What the plant says of an operation, and what follows from it at a gateway: pass or refuse, by the mode of the rule
// or conduit; counters; findings and records. It does no I/O and knows no protocol's bytes. One thread.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/candidates.h"
#include "gateway/ledger.h"
#include "gateway/talk.h"
#include "policy/situation.h"
#include "records/findings.h"

namespace rampart::gateway {

/// Ruling is a verdict and what is done: `pass` is true where it is allowed, and where the mode only learns or tests.
struct Ruling {
  policy::Verdict verdict{};
  policy::Parties parties{};
  plant::Mode mode = plant::Mode::enforce;
  bool pass = false;
};

/// First is what becomes of an operation that may have to be on record before it is let through: it need not be, it is
/// written down under a number, or it cannot be and is refused.
struct First {
  enum class State : uint8_t { not_needed, written, refused };
  State state = State::not_needed;
  uint64_t number = 0;
};

/// Counts of one rule, or of what no rule of a conduit is about.
struct Counts {
  uint64_t passed = 0, refused = 0, would_refuse = 0;
};

/// Successor is what a judge needs to go on by another policy, made ready beside it, in any thread: with 10,000 rules
/// that takes milliseconds, for which no message should wait.
class Successor {
 public:
  Successor(std::shared_ptr<const policy::Policy> before, std::shared_ptr<const policy::Policy> policy);
  const std::shared_ptr<const policy::Policy>& policy() const { return policy_; }

 private:
  friend class Judge;
  struct Same {
    plant::Index conduit = plant::kNone;  // of the plant before
    std::vector<plant::Index> rules;      // of that conduit, by rule
  };
  std::shared_ptr<const policy::Policy> before_, policy_;
  std::unique_ptr<policy::Situation> situation_;
  policy::Succession succession_;
  std::vector<std::vector<Counts>> counts_;
  std::vector<Same> same_;  // by conduit
};

class Judge {
 public:
  /// `gateway` is the id under which conduits name it; the sink must outlive the judge.
  Judge(std::shared_ptr<const policy::Policy> policy, std::string gateway, records::Sink& sink);
  ~Judge();

  const plant::Plant& plant() const { return policy::plant_of(*policy_); }
  const policy::Policy& policy() const { return *policy_; }
  const std::shared_ptr<const policy::Policy>& shared_policy() const { return policy_; }

  /// place finds who the ends of `talk` are, and which conduit it goes through. Again after take().
  void place(Talk& talk) const;
  /// admit judges that a conversation begins; a refusal is a finding. `decoded`: its operations will be judged.
  bool admit(Talk& talk, bool decoded, TimePoint now);
  /// rule judges one operation and changes nothing.
  Ruling rule(Talk& talk, Direction direction, const protocols::Operation& operation, TimePoint now) const;
  /// may_have is true where `answer`, which nobody asked for, is something that a rule lets its receiver have.
  bool may_have(Talk& talk, Direction direction, const protocols::Answer& answer, TimePoint now) const;
  /// may_deviate is true where the plant lists the deviation `name` for who sends in `direction`.
  bool may_deviate(const Talk& talk, Direction direction, std::string_view name) const;

  /// write_first writes down an operation that passes where its rule says `journal: before`, or says nothing and it
  /// loads, stops or changes what a controller runs. Where it cannot: not needed of an essential rule, or where the
  /// mode only tests, else refused; a finding both ways. not_durable is the same of what was written and does not get
  /// to the disk: true where it is let through all the same.
  First write_first(Talk& talk, Direction direction, const protocols::Operation& operation, const Ruling& ruling,
                    TimePoint now);
  bool not_durable(Talk& talk, Direction direction, const protocols::Operation& operation, const Ruling& ruling,
                   TimePoint now);
  bool durable(uint64_t number) const { return ledger_ == nullptr || ledger_->durable(number); }
  /// write_to gives the judge a ledger, which must outlive it.
  void write_to(Ledger& ledger) { ledger_ = &ledger; }

  /// forwarded: the operation was let through. asked_only: it expects no answer, and is told at once.
  void forwarded(Talk& talk, Direction direction, const protocols::Operation& operation, const Ruling& ruling,
                 TimePoint now);
  void asked_only(Talk& talk, Direction direction, const protocols::Operation& operation, const Asked& asked,
                  TimePoint now);
  /// refused: it was not, since of the message that it is part of something is refused.
  void refused(Talk& talk, Direction direction, const protocols::Operation& operation, const Ruling& ruling,
               TimePoint now);
  /// answered takes what the matcher joined.
  void answered(Talk& talk, const Transaction& transaction);
  /// found makes a finding that is about no single operation; `words` end a sentence that begins with both ends.
  void found(const records::FindingKind& kind, Talk& talk, Direction direction, std::string_view words, TimePoint now);
  /// goes_on is true where a sequence is open and its last step is not long ago.
  static bool goes_on(const Sequence& sequence, TimePoint now);
  /// ended tells that the conversation is over.
  void ended(Talk& talk, std::string_view end, TimePoint now);

  /// take judges by another policy from here on. Values and rates that are the same thing in both are carried over.
  /// Every live Talk is to be placed anew. The policy before is kept for what it still judged, until forget().
  void take(Successor successor, TimePoint now);
  /// forget lets go of policies that nobody waits for any more, beside the traffic; once a second or so.
  void forget(TimePoint now);
  /// forget_values makes all values unknown.
  void forget_values() { situation_->forget(); }
  /// shift: the wall's clock was set by `step`; rates count what was asked, however late it is now.
  void shift(Duration step) { situation_->shift(step); }
  /// flush tells the findings that were only counted.
  void flush() { keeper_->flush(); }

  bool guards(const plant::Conduit& conduit) const { return conduit.guarded_by(gateway_); }
  /// essential is true where a rule that is essential lets the client of `talk` ask its server.
  bool essential(const Talk& talk) const;

  /// counts_of gives what rule `rule` of `conduit` did; kNone: what no rule was about; conduit kNone: none was.
  const Counts& counts_of(plant::Index conduit, plant::Index rule) const;
  bool take_candidates_changed() { return candidates_.take_changed(); }
  const Candidates& candidates() const { return candidates_; }
  uint64_t findings() const { return findings_before_ + keeper_->occurrences(); }
  uint64_t operations() const { return operations_; }
  uint64_t refusals() const { return refusals_; }

 private:
  /// Retired is what was in force before, in the hands of its successor.
  struct Retired {
    std::unique_ptr<Successor> held;
    TimePoint since{};
  };
  const plant::Rule* rule_of(const policy::Verdict& verdict) const;
  bool goes_unrecorded(Talk& talk, Direction direction, const protocols::Operation& operation, const Ruling& ruling,
                       std::string_view why, TimePoint now);
  policy::Party party_of(const std::string& id) const;
  /// leads_to is true where `asset` is behind the serial line that `talk` goes to.
  bool leads_to(const Talk& talk, plant::Index asset) const;
  policy::Parties parties_of(Talk& talk, Direction direction, const protocols::Operation& operation) const;
  plant::Mode mode_of(const Talk& talk, const policy::Verdict& verdict) const;
  bool finishes(const Talk& talk, const protocols::Operation& operation, const policy::Verdict& verdict,
                TimePoint now) const;
  void follow(Talk& talk, const protocols::Operation& operation, TimePoint now) const;
  Counts& counts(const policy::Verdict& verdict);
  void tell(Talk& talk, Direction direction, const protocols::Operation& operation, const Ruling& ruling,
            TimePoint now);
  void write(const records::FindingKind& kind, uint64_t key, Talk& talk, Direction direction, std::string_view message,
             const protocols::Operation* operation, const policy::Verdict* verdict, TimePoint now);
  void describe(Talk& talk) const;

  std::shared_ptr<const policy::Policy> policy_;
  std::string gateway_;
  records::Sink& sink_;
  Ledger* ledger_ = nullptr;
  std::unique_ptr<policy::Situation> situation_;
  std::unique_ptr<records::RepeatKeeper> keeper_;
  std::vector<std::vector<Counts>> counts_;  // by conduit and rule; behind the last rule: what none was about
  Counts nowhere_;
  Candidates candidates_;
  std::vector<Retired> retired_;
  std::future<void> letting_go_;
  uint64_t findings_before_ = 0, operations_ = 0, refusals_ = 0, exchange_ = 0;
};

/// recorded is a verdict as records have it.
records::Verdict recorded(const plant::Plant& plant, const policy::Verdict& verdict);
/// pair_key is for findings between the two ends of a conversation.
uint64_t pair_key(const records::Conversation& conversation);

}  // namespace rampart::gateway
