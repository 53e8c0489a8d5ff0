// Questions and answers between an authority and who asks it, and one-time tokens: whatever comes, what is read lies
// within what was given, and what we write we read back.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "pki/message.h"
#include "pki/ticket.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rampart;
  const std::string_view text = as_text({data, size});
  const auto within = [&](std::string_view part) {
    return part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
  };
  const pki::Reading reading = pki::read_question(text);
  if (reading.question) {
    const pki::Question& asked = *reading.question;
    if (reading.malformed || !within(asked.method) || !within(asked.path) || !within(asked.token) ||
        !within(asked.body) || asked.body.size() > pki::kMostQuestion) {
      std::abort();
    }
    const std::string again = pki::question_text(asked.method, asked.path, asked.token, asked.body);
    if (again.find("\r\n\r\n") < pki::kMostHead - 4) {
      const pki::Reading second = pki::read_question(again);
      if (!second.question || second.question->body != asked.body || second.question->token != asked.token ||
          second.question->path != asked.path) {
        std::abort();
      }
    }
  }
  if (const auto answer = pki::read_answer(text); answer && !within(answer->body)) std::abort();
  if (const auto ticket = pki::parse_ticket(text)) {
    const auto again = pki::parse_ticket(to_text(*ticket));
    if (!again || again->subject != ticket->subject || again->secret != ticket->secret ||
        again->authority != ticket->authority) {
      std::abort();
    }
  }
  return 0;
}
