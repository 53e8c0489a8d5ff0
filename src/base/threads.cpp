#include "base/threads.h"

#include <sys/resource.h>
#include <unistd.h>

namespace rampart {
namespace {

constexpr int kNice = 10;

}  // namespace

void give_way() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice); }

}  // namespace rampart
