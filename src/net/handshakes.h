// Handshakes of TLS, worked beside the loop. Signing and checking certificates takes about a millisecond, and where the
// key lies in a token a hundred times that: who is connected waits for neither. One thread, begun with the first
// handshake; it gives way to the loop's. All calls and all answers belong to the loop's thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "net/event_loop.h"
#include "net/tls.h"

namespace rampart::net {

class Handshakes final : private Watcher {
 public:
  /// Step is a session on its way to and fro, with its socket, which nobody watches meanwhile.
  struct Step {
    Descriptor socket;
    std::unique_ptr<TlsSession> session;
    TlsSession::Did did = TlsSession::Did::again;
  };
  /// User is given back what it gave, by a turn of the loop.
  class User {
   public:
    virtual void shaken(Step step) = 0;

   protected:
    ~User() = default;
  };
  /// Errand is a step that is away. Letting go of it abandons the step: its user hears nothing, and its socket is
  /// closed, where it is worked on just now once it is back. None may outlive its Handshakes.
  class Errand {
   public:
    Errand() = default;
    ~Errand();
    Errand(Errand&&) noexcept = default;
    Errand& operator=(Errand&& other) noexcept;
    explicit operator bool() const { return body_ != nullptr; }

   private:
    friend class Handshakes;
    struct Body {
      Handshakes& owner;
      Step step;
      User* user;  // for the loop's thread alone; null: abandoned
    };
    void abandon();
    std::shared_ptr<Body> body_;
  };

  /// The loop must outlive it. Errors: throws Error where the system has no more descriptors.
  explicit Handshakes(EventLoop& loop);
  ~Handshakes();
  Handshakes(const Handshakes&) = delete;
  Handshakes& operator=(const Handshakes&) = delete;

  /// go_on has the session shake hands once more. The socket must not be watched. How many are away at once is for
  /// users to bound: also where a token hangs, so that none comes back.
  [[nodiscard]] Errand go_on(Step step, User& user);

 private:
  void ready(uint32_t events) override;
  void work(const std::stop_token& stop);

  EventLoop& loop_;
  Descriptor bell_;  // rung where something is done
  std::mutex mutex_;
  std::condition_variable_any more_;
  std::deque<std::shared_ptr<Errand::Body>> asked_;
  std::vector<std::shared_ptr<Errand::Body>> done_;
  std::jthread thread_;  // last: it is joined before what it uses goes
};

}  // namespace rampart::net
