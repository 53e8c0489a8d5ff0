#include "apps/warden.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

#include "apps/socket_helper.h"
#include "base/text.h"
#include "firewall/helper/programs.h"

namespace rampart::apps {
namespace {

using What = SocketHelper::News::What;

constexpr const char* kNft = "/usr/sbin/nft";
constexpr int64_t kSilence = 2'000;  // milliseconds
constexpr size_t kMostSaid = size_t{64} << 10;
constexpr std::chrono::seconds kLongest{5};

int64_t steady_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

bool nft(const std::vector<std::string>& words, const std::string& input, std::string& said) {
  std::vector<std::string> all = {kNft};
  all.insert(all.end(), words.begin(), words.end());
  firewall::Ran ran = firewall::run_program(all, input, kMostSaid, kLongest);
  said = ran.status == 0 ? std::move(ran.out) : std::move(ran.error);
  return ran.status == 0;
}

/// dated is the rules of failure with the moment in them.
std::string dated(std::string text, int64_t since) {
  const size_t at = text.find(gateway::kSince);
  if (at != std::string::npos) text.replace(at, gateway::kSince.size(), std::to_string(since));
  return text;
}

/// running_since reads from the kernel since when rules of failure run; 0: none do.
int64_t running_since() {
  std::string said;
  if (!nft({"list", "chains", "inet"}, {}, said)) return 0;
  constexpr std::string_view kMark = "chain since_";
  const size_t at = said.find(kMark);
  if (at == std::string::npos) return 0;
  const size_t begin = at + kMark.size();
  const auto number =
      parse_number(std::string_view(said).substr(begin, said.find_first_not_of("0123456789", begin) - begin));
  return number ? static_cast<int64_t>(*number) : 0;
}

}  // namespace

bool Warden::check(std::string& wrong) const {
  return !arms() ||
         (nft({"-c", "-f", "-"}, rules_.standing, wrong) && nft({"-c", "-f", "-"}, dated(rules_.failed, 1), wrong));
}

int Warden::wait() const {
  if (!watching_ || failed_ || tried_) return -1;
  return static_cast<int>(std::clamp<int64_t>(last_beat_ + kSilence - steady_ms(), 0, kSilence));
}

void Warden::beaten() {
  if (!arms()) return;
  last_beat_ = steady_ms();
  tried_ = false;
  // The gateway before this one may have left the rules of failure behind.
  const int64_t left = watching_ ? 0 : running_since();
  if (watching_ && !failed_) return;
  std::string said;
  if (!nft({"-f", "-"}, rules_.standing, said)) {
    // Told once; tried again at each beat.
    if (!std::exchange(complained_, true)) tell(static_cast<uint64_t>(What::not_loaded), 0);
    return;
  }
  watching_ = true;
  complained_ = false;
  if (std::exchange(failed_, false)) {
    tell(static_cast<uint64_t>(What::recovered), since_);
  } else if (left != 0) {
    tell(static_cast<uint64_t>(What::recovered), left);
  }
}

void Warden::look() {
  if (wait() == 0) fail();
}

void Warden::gateway_ended() {
  if (arms() && !failed_) fail();
}

void Warden::fail() {
  since_ = std::time(nullptr);
  std::string said;
  tried_ = true;
  failed_ = nft({"-f", "-"}, dated(rules_.failed, since_), said);
  tell(static_cast<uint64_t>(failed_ ? What::failed : What::not_loaded), since_);
}

void Warden::tell(uint64_t what, int64_t since) const {
  const Word word{what, since};
  send(pulse_, &word, sizeof word, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace rampart::apps
