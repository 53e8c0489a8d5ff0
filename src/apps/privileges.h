// Rights that a long-running command gives up once it has what it needed them for. Before any thread is made.
#pragma once

#include <string>

namespace rampart::apps {

/// drop_rights makes this process `user` where it is root, and takes every capability from it where it is not; nothing
/// that it starts can win any back. Root with `user` "root" stays so, without capabilities. Result: who it is now.
/// Errors: throws UsageError where there is no such user, Error where the system refuses.
std::string drop_rights(const std::string& user);

/// keep_net_admin is drop_rights for a process that goes on to need CAP_NET_ADMIN, and keeps that alone. `lends`: what
/// it runs gets it too.
void keep_net_admin(const std::string& user, bool lends = false);

/// default_user is whom root becomes: the owner of `journal` (may be empty) where that is not root, else `rampart`
/// where there is such a user, else `nobody`.
std::string default_user(const std::string& journal);

/// ServiceManager tells systemd that we are ready, alive, or ending: one datagram each, where $NOTIFY_SOCKET names a
/// place for them.
class ServiceManager {
 public:
  ServiceManager();
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  /// say sends `state` as in sd_notify(3): "READY=1". Never waits, never fails.
  void say(const std::string& state) const;
  /// leave hands `descriptor` to the manager, which gives it to who is started next, under `name`; take_back ends that.
  void leave(const std::string& name, int descriptor) const;
  void take_back(const std::string& name) const { say("FDSTOREREMOVE=1\nFDNAME=" + name); }

 private:
  int socket_ = -1;
};

}  // namespace rampart::apps
