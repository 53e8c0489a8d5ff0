// What the helper does with requests: it loads rule sets, waits for their confirmation, goes back without it. It owns
// the state folder; the kernel is handed in. One thread. Of rule sets it knows addresses and names, nothing else.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "firewall/messages.h"

namespace rampart::firewall {

/// Kernel is where the rules are: nft, or a test's own.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// load gives nft one transaction; false, and in `error` what nft says, where nothing was changed.
  virtual bool load(const std::string& json, std::string& error) = 0;
  /// listing is our table as nft lists it; empty where it is not there, nothing where nft fails.
  virtual std::optional<std::string> listing(std::string& error) = 0;
  /// flows is what the kernel tracks; nothing where that cannot be read.
  virtual std::optional<std::string> flows(std::string& error) = 0;
};

/// Keeper keeps in its folder: `rules`, the last rule set that was confirmed with its digest, and `waiting` while
/// another one waits. Where the helper ended during the wait, the next one finds `waiting` and goes back at once.
class Keeper {
 public:
  /// `folder` exists and is ours. `kernel` and `clock` must outlive it. Errors: throws Error where the folder's files
  /// cannot be read.
  Keeper(std::string folder, Kernel& kernel, const Clock& clock);

  /// start goes back where a wait was interrupted, and loads the confirmed rules where none are there, as after a boot.
  void start();
  /// answer does what one request asks. Never throws.
  Answer answer(Ask kind, Bytes body);
  /// tick goes back where the time to confirm is over. Call it at least once a second.
  void tick();

 private:
  struct Loaded {
    Digest digest{};
    std::vector<uint8_t> rules;
  };

  Answer load(Bytes body);
  Answer confirm(Bytes body);
  Answer status() const;
  Answer in_force() const;
  bool there(std::string& error);
  /// go_back restores what was confirmed, or takes the table away; tried again by tick() until it works.
  void go_back(const std::string& why);
  std::optional<Loaded> read(const std::string& name) const;
  void keep(const Loaded& loaded);
  std::string path(const char* name) const { return folder_ + "/" + name; }

  std::string folder_;
  Kernel& kernel_;
  const Clock& clock_;
  std::optional<Loaded> confirmed_, waiting_;
  Duration until_{};        // on the steady clock
  std::string going_back_;  // why, until it has worked
  std::string last_;
};

}  // namespace rampart::firewall
