#include "apps/pki_serve.h"

#include <cstdio>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/pki_journal.h"
#include "apps/stop_signal.h"
#include "net/tls_server.h"
#include "pki/service.h"

namespace rampart::apps {
namespace {

constexpr std::chrono::milliseconds kTurn{200};
constexpr std::chrono::minutes kCare{10};  // between looks at what ends soon

class Serving {
 public:
  Serving(const PkiServe& options, const Clock& clock)
      : options_(options),
        clock_(clock),
        plant_(plant::require(plant::load(options.plant))),
        journal_(options.journal, &plant_, clock),
        authority_(options.folder, journal_.tell()) {
    authority_.service_certificate(clock.now());
    const HostPort place = require_listen("--listen", options.listen);
    const auto ip = IpAddress::parse(place.host);
    if (!ip) throw UsageError("--listen needs an address of this machine", "as in 10.1.0.5:14444");
    server_ = std::make_unique<net::TlsServer>(
        net::Place{*ip, place.port}, files(), [this](const net::TlsPeer& peer, std::string_view question) {
          return pki::answer(authority_, plant_, peer, question, clock_.now(), say);
        });
  }

  int run() {
    const StopSignal stop;
    const ReloadSignal reload;
    std::fprintf(stderr, "rampart: the authority answers at %s\n", to_text(server_->place()).c_str());
    Duration next{};
    while (!stop.asked()) {
      server_->turn(kTurn);
      if (reload.asked()) take_plant();
      if (clock_.steady() < next) continue;
      next = clock_.steady() + kCare;
      care();
    }
    server_.reset();
    journal_.close();
    return 0;
  }

 private:
  static void say(const std::string& problem) { std::fprintf(stderr, "rampart: %s\n", problem.c_str()); }

  net::TlsIdentity files() const {
    return {authority_.path("service.pem"), authority_.path("service-key.pem"), authority_.path("authority.pem")};
  }

  /// care looks after the service's own certificate, the list, and what ends soon. What fails is tried again.
  void care() {
    try {
      if (authority_.service_certificate(clock_.now())) server_->take(files());
      authority_.list(clock_.now());
      authority_.tell_alarms(clock_.now());
    } catch (const std::exception& error) {
      say(error.what());
    }
  }

  void take_plant() {
    try {
      plant_ = plant::require(plant::load(options_.plant));
      say("the plant was read anew and is in force");
    } catch (const std::exception& error) {
      say(std::string(error.what()) + "\nthe plant is not taken; the one before stays in force");
    }
  }

  const PkiServe& options_;
  const Clock& clock_;
  plant::Plant plant_;
  PkiJournal journal_;
  pki::Authority authority_;
  std::unique_ptr<net::TlsServer> server_;
};

}  // namespace

int pki_serve(const PkiServe& options, const Clock& clock) { return Serving(options, clock).run(); }

}  // namespace rampart::apps
