// Other people's programs, run with bounded input, output and time, and the kernel by way of them: nft and conntrack
// are GPL, so they are run, never linked.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/files.h"
#include "firewall/helper/keeper.h"

namespace rampart::firewall {

struct Ran {
  int status = -1;  // exit status; -1: it did not end by itself, or could not be run
  std::string out, error;
  bool cut = false;  // it wrote more than was wanted
};

/// run_program runs `words[0]`, a whole path, with an environment of its own, and gives it `input`. It is killed when
/// it takes longer than `longest` or writes more than `most` octets.
/// The caller ignores SIGPIPE: a program need not read what it is given.
Ran run_program(const std::vector<std::string>& words, const std::string& input, size_t most,
                std::chrono::seconds longest);

/// NftKernel is the kernel of this network namespace. `tracked` is /proc/net/nf_conntrack, opened while we could; where
/// it is none, conntrack is asked.
class NftKernel final : public Kernel {
 public:
  explicit NftKernel(FileDescriptor tracked) : tracked_(std::move(tracked)) {}
  bool load(const std::string& json, std::string& error) override;
  std::optional<std::string> listing(std::string& error) override;
  std::optional<std::string> flows(std::string& error) override;

 private:
  FileDescriptor tracked_;
};

}  // namespace rampart::firewall
