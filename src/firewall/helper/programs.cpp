#include "firewall/helper/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "firewall/messages.h"

namespace rampart::firewall {
namespace {

constexpr const char* kNft = "/usr/sbin/nft";
constexpr const char* kConntrack = "/usr/sbin/conntrack";
constexpr std::chrono::seconds kLongest{60};
constexpr size_t kMostError = size_t{64} << 10;

struct Pipe {
  FileDescriptor read, write;
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read.reset(ends[0]);
    write.reset(ends[1]);
    return true;
  }
};

/// become_program is the child's side: never returns.
[[noreturn]] void become_program(const std::vector<std::string>& words, const Pipe& in, const Pipe& out,
                                 const Pipe& error) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  char locale[] = "LC_ALL=C";
  char* environment[] = {locale, nullptr};
  if (dup2(in.read.get(), 0) >= 0 && dup2(out.write.get(), 1) >= 0 && dup2(error.write.get(), 2) >= 0) {
    execve(arguments[0], arguments.data(), environment);
  }
  _exit(127);
}

void take(FileDescriptor& from, std::string& into, size_t most, bool& cut) {
  char buffer[65536];
  const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) return from.reset();
  const size_t room = most - std::min(most, into.size());
  cut = cut || static_cast<size_t>(got) > room;
  into.append(buffer, std::min(room, static_cast<size_t>(got)));
}

void give(FileDescriptor& to, const std::string& input, size_t& given) {
  const ssize_t put = ::write(to.get(), input.data() + given, input.size() - given);
  if (put < 0 && errno != EINTR && errno != EAGAIN) return to.reset();
  if (put > 0) given += static_cast<size_t>(put);
  if (given == input.size()) to.reset();
}

/// talk feeds a program and hears it until it closes both outputs; false where it takes too long or says too much.
bool talk(Pipe& in, Pipe& out, Pipe& error, const std::string& input, size_t most, std::chrono::seconds longest,
          Ran& ran) {
  using Steady = std::chrono::steady_clock;
  const auto until = Steady::now() + longest;
  size_t given = 0;
  if (input.empty()) in.write.reset();
  while (out.read || error.read) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
    if (left <= 0 || ran.cut) return false;
    std::array<pollfd, 3> ends = {pollfd{in.write.get(), POLLOUT, 0}, pollfd{out.read.get(), POLLIN, 0},
                                  pollfd{error.read.get(), POLLIN, 0}};
    if (poll(ends.data(), ends.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (ends[0].revents != 0) give(in.write, input, given);
    if (ends[1].revents != 0) take(out.read, ran.out, most, ran.cut);
    bool ignored = false;  // what it complains of beyond the bound
    if (ends[2].revents != 0) take(error.read, ran.error, kMostError, ignored);
  }
  return true;
}

bool absent(const Ran& ran) { return ran.error.find("No such file or directory") != std::string::npos; }

std::string said(const char* program, const Ran& ran) {
  if (ran.cut) return std::string(program) + " says more than there is room for";
  if (!ran.error.empty()) return ran.error.substr(0, 2'000);
  return std::string(program) + (ran.status == 127 ? " is not installed" : " did not end by itself");
}

}  // namespace

Ran run_program(const std::vector<std::string>& words, const std::string& input, size_t most,
                std::chrono::seconds longest) {
  Ran ran;
  Pipe in, out, error;
  if (!in.open() || !out.open() || !error.open()) {
    ran.error = std::strerror(errno);
    return ran;
  }
  const pid_t child = fork();
  if (child < 0) {
    ran.error = std::strerror(errno);
    return ran;
  }
  if (child == 0) become_program(words, in, out, error);
  in.read.reset();
  out.write.reset();
  error.write.reset();
  fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  if (!talk(in, out, error, input, most, longest, ran)) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) ran.status = WEXITSTATUS(status);
  return ran;
}

bool NftKernel::load(const std::string& json, std::string& error) {
  const Ran ran = run_program({kNft, "-j", "-f", "-"}, json, kMostError, kLongest);
  if (ran.status == 0) return true;
  error = said("nft", ran);
  return false;
}

std::optional<std::string> NftKernel::listing(std::string& error) {
  Ran ran = run_program({kNft, "-j", "-p", "list", "table", "inet", "rampart"}, {}, kMostAnswer, kLongest);
  if (ran.status == 0 && !ran.cut) return std::move(ran.out);
  if (ran.status == 1 && absent(ran)) return std::string();
  error = said("nft", ran);
  return {};
}

std::optional<std::string> NftKernel::flows(std::string& error) {
  std::string text;
  if (tracked_ && lseek(tracked_.get(), 0, SEEK_SET) == 0) {
    char buffer[65536];
    ssize_t got = 0;
    while (text.size() < kMostAnswer && (got = ::read(tracked_.get(), buffer, sizeof buffer)) > 0) {
      text.append(buffer, static_cast<size_t>(got));
    }
    if (got == 0) return text;
  }
  text.clear();
  for (const char* family : {"ipv4", "ipv6"}) {
    const Ran ran = run_program({kConntrack, "-L", "-o", "extended", "-f", family}, {}, kMostAnswer, kLongest);
    if (ran.status != 0 || ran.cut) {
      error = said("conntrack", ran);
      return {};
    }
    text += ran.out;
  }
  return text;
}

}  // namespace rampart::firewall
