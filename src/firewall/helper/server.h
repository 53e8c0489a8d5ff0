// The helper's socket: one connection at a time, one request each, bounded in size and time, from users who are named.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "base/files.h"
#include "firewall/helper/keeper.h"

namespace rampart::firewall {

class Server {
 public:
  /// Listens at `path` (mode 0660); what lay there before is taken away. Peers with a user id of `allowed` are heard.
  /// Errors: throws Error.
  Server(std::string path, std::vector<unsigned> allowed, Keeper& keeper);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// run answers until `stop` is set. Rules stay as they are when it ends.
  void run(const volatile std::sig_atomic_t& stop);

 private:
  void serve(FileDescriptor peer);
  bool is_allowed(const FileDescriptor& peer) const;
  /// read and write move exactly so many octets before the deadline of the connection; the keeper's time goes on.
  bool read(const FileDescriptor& peer, uint8_t* into, size_t octets);
  bool write(const FileDescriptor& peer, const std::vector<uint8_t>& bytes);
  bool wait(const FileDescriptor& peer, short what);

  std::string path_;
  std::vector<unsigned> allowed_;
  Keeper& keeper_;
  FileDescriptor listening_;
  int left_ = 0;  // turns of waiting that the connection still has
};

}  // namespace rampart::firewall
