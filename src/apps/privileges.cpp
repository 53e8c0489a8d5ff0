#include "apps/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "apps/commands.h"

namespace rampart::apps {
namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(std::string("cannot give up rights: ") + what + ": " + std::strerror(errno),
              "it does not go on with rights that it does not need");
}

void drop_capabilities() {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);  // older kernels have none
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0) fail("capset");
}

/// become makes root another user, with that user's groups.
void become(const passwd& user) {
  if (initgroups(user.pw_name, user.pw_gid) != 0) fail("initgroups");
  if (setresgid(user.pw_gid, user.pw_gid, user.pw_gid) != 0) fail("setresgid");
  if (setresuid(user.pw_uid, user.pw_uid, user.pw_uid) != 0) fail("setresuid");
  if (user.pw_uid != 0 && setuid(0) == 0) fail("root could be won back");
}

}  // namespace

std::string drop_rights(const std::string& user) {
  std::string now;
  if (geteuid() == 0) {
    const passwd* found = getpwnam(user.c_str());
    if (found == nullptr) {
      throw UsageError("--user: there is no user '" + user + "'",
                       "name one of this system, or make it: adduser --system --group " + user);
    }
    now = found->pw_name;
    become(*found);
  } else {
    const passwd* own = getpwuid(geteuid());
    now = own != nullptr ? own->pw_name : std::to_string(geteuid());
  }
  drop_capabilities();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS");
  return now;
}

void keep_net_admin(const std::string& user, bool lends) {
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) fail("PR_SET_KEEPCAPS");
  if (geteuid() == 0) {
    const passwd* found = getpwnam(user.c_str());
    if (found == nullptr) throw UsageError("--user: there is no user '" + user + "'", "name one of this system");
    become(*found);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct kept[2] = {};
  kept[0].effective = kept[0].permitted = 1u << CAP_NET_ADMIN;
  if (lends) kept[0].inheritable = kept[0].permitted;
  if (syscall(SYS_capset, &header, kept) != 0) fail("capset");
  if (lends && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) != 0) fail("CAP_NET_ADMIN for nft");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS");
}

std::string default_user(const std::string& journal) {
  struct stat about {};
  if (!journal.empty() && stat(journal.c_str(), &about) == 0 && about.st_uid != 0) {
    if (const passwd* owner = getpwuid(about.st_uid)) return owner->pw_name;
  }
  return getpwnam("rampart") != nullptr ? "rampart" : "nobody";
}

ServiceManager::ServiceManager() {
  const char* place = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (place == nullptr || (place[0] != '/' && place[0] != '@')) return;
  const size_t length = std::strlen(place);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, place, length);
  if (place[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  if (socket_ >= 0 && connect(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    close(socket_);
    socket_ = -1;
  }
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

void ServiceManager::leave(const std::string& name, int descriptor) const {
  if (socket_ < 0) return;
  std::string state = "FDSTORE=1\nFDNAME=" + name;
  iovec part{state.data(), state.size()};
  union {
    cmsghdr align;
    char octets[CMSG_SPACE(sizeof(int))];
  } control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.octets;
  message.msg_controllen = sizeof control.octets;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ServiceManager::say(const std::string& state) const {
  if (socket_ >= 0) send(socket_, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace rampart::apps
