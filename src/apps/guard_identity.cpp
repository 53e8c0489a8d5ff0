#include "apps/guard_identity.h"

#include "base/threads.h"

namespace rampart::apps {

Identity::Identity(std::string folder) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  stamp_ = read_ = net::stamp_of(folder_);
  context_ = net::TlsContext::read(folder_);
}

bool Identity::is_new(bool asked) {
  if (folder_.empty()) return false;
  std::string stamp = net::stamp_of(folder_);
  const bool settled = stamp == stamp_;
  stamp_ = std::move(stamp);
  if (!asked && (!settled || stamp_ == read_)) return false;
  read_ = stamp_;
  return true;
}

std::future<std::shared_ptr<const net::TlsContext>> Identity::read() const {
  return std::async(std::launch::async, [folder = folder_] {
    give_way();
    return net::TlsContext::read(folder);
  });
}

}  // namespace rampart::apps
