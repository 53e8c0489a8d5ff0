#include "net/handshakes.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/threads.h"

namespace rampart::net {

Handshakes::Errand::~Errand() { abandon(); }

Handshakes::Errand& Handshakes::Errand::operator=(Errand&& other) noexcept {
  abandon();
  body_ = std::exchange(other.body_, nullptr);
  return *this;
}

void Handshakes::Errand::abandon() {
  if (!body_) return;
  if (body_->user != nullptr) {
    const std::lock_guard lock(body_->owner.mutex_);
    std::erase(body_->owner.asked_, body_);
    body_->user = nullptr;
  }
  body_.reset();
}

Handshakes::Handshakes(EventLoop& loop) : loop_(loop), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!bell_ || !loop_.add(bell_.get(), EPOLLIN, *this)) {
    throw Error(std::string("cannot work handshakes: eventfd: ") + std::strerror(errno));
  }
}

Handshakes::~Handshakes() { loop_.remove(bell_.get()); }

Handshakes::Errand Handshakes::go_on(Step step, User& user) {
  Errand errand;
  errand.body_ = std::make_shared<Errand::Body>(*this, std::move(step), &user);
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(errand.body_);
  }
  // Not before: a thread has the rights of when it began, and the program gives its own up before it serves anybody.
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  more_.notify_one();
  return errand;
}

void Handshakes::work(const std::stop_token& stop) {
  give_way();
  std::unique_lock lock(mutex_);
  while (more_.wait(lock, stop, [this] { return !asked_.empty(); }) && !stop.stop_requested()) {
    const std::shared_ptr<Errand::Body> body = std::move(asked_.front());
    asked_.pop_front();
    lock.unlock();
    body->step.did = body->step.session->shake_hands();
    lock.lock();
    done_.push_back(body);
    constexpr uint64_t kOnce = 1;
    [[maybe_unused]] const ssize_t rung = write(bell_.get(), &kOnce, sizeof kOnce);
  }
}

void Handshakes::ready(uint32_t) {
  uint64_t rung = 0;
  [[maybe_unused]] const ssize_t got = read(bell_.get(), &rung, sizeof rung);
  std::vector<std::shared_ptr<Errand::Body>> done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
  }
  for (const auto& body : done) {
    if (User* user = std::exchange(body->user, nullptr)) user->shaken(std::move(body->step));
  }
}

}  // namespace rampart::net
