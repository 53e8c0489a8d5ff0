#include "gateway/serial_lines.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace rampart::gateway {
namespace {

constexpr std::chrono::seconds kTryAgain{1};
constexpr size_t kHeader = 6;  // of Modbus/TCP, up to and with the length
constexpr size_t kLengthLeast = 2;
constexpr size_t kLengthMost = 1'100;  // as long as any that the decoder lets through

speed_t speed_of(uint32_t baud) {
  switch (baud) {
    case 1'200:
      return B1200;
    case 2'400:
      return B2400;
    case 4'800:
      return B4800;
    case 9'600:
      return B9600;
    case 19'200:
      return B19200;
    case 38'400:
      return B38400;
    case 57'600:
      return B57600;
    case 115'200:
      return B115200;
    default:
      return B0;
  }
}

bool same(const plant::SerialLine& left, const plant::SerialLine& right) {
  return left.baud == right.baud && left.parity == right.parity && left.stop_bits == right.stop_bits;
}

/// set makes the line what the plant says; false where the device does not take it.
bool set(int descriptor, const plant::SerialLine& line) {
  termios mode{};
  if (tcgetattr(descriptor, &mode) != 0) return false;
  cfmakeraw(&mode);
  mode.c_iflag &= ~static_cast<tcflag_t>(IXOFF | IXANY | INPCK);
  mode.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS | HUPCL);
  mode.c_cflag |= CS8 | CLOCAL | CREAD;
  if (line.parity != plant::Parity::none) mode.c_cflag |= PARENB;
  if (line.parity == plant::Parity::odd) mode.c_cflag |= PARODD;
  if (line.stop_bits == 2) mode.c_cflag |= CSTOPB;
  mode.c_cc[VMIN] = 1;  // of none, an empty line would look like one that has gone
  mode.c_cc[VTIME] = 0;
  cfsetispeed(&mode, speed_of(line.baud));
  cfsetospeed(&mode, speed_of(line.baud));
  // It reports success where it could do only a part, and EINVAL where that part was so before: a pty has no parity.
  if (tcsetattr(descriptor, TCSANOW, &mode) != 0 && errno != EINVAL) return false;
  termios now{};
  return tcgetattr(descriptor, &now) == 0 && cfgetospeed(&now) == speed_of(line.baud);
}

}  // namespace

net::Descriptor open_serial(const plant::SerialLine& line, std::string& why) {
  net::Descriptor device(open(line.device.value.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!device) {
    why = std::strerror(errno);
  } else if (isatty(device.get()) == 0) {
    why = "it is no serial line";
  } else if (!set(device.get(), line)) {
    why = "it does not take the speed and form that the plant says";
  } else if (ioctl(device.get(), TIOCEXCL) != 0) {
    why = "it cannot be had alone";
  } else {
    tcflush(device.get(), TCIOFLUSH);
    return device;
  }
  return {};
}

/// Device is one line, its descriptor while it is there, and the ways of its clients.
class SerialLines::Device final : public net::Watcher, private SerialLine::Ends {
 public:
  Device(SerialLines& owner, const plant::SerialLine& said) : owner_(owner), said_(said), line_(said, *this) {
    try_open();
  }
  ~Device() {
    if (descriptor_) {
      ioctl(descriptor_.get(), TIOCNXCL);  // others may have it open, and then it would stay exclusive
      owner_.loop_.remove(descriptor_.get());
    }
    for (const auto& [id, port] : ports_) owner_.loop_.remove(port->socket.get());
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const plant::SerialLine& said() const { return said_; }
  const LineCounts& counts() const { return line_.counts(); }

  net::Descriptor connect() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return {};
    net::Descriptor theirs(pair[0]);
    auto port = std::make_unique<Port>(*this, ++last_id_);
    port->socket = net::Descriptor(pair[1]);
    if (!owner_.loop_.add(port->socket.get(), EPOLLIN, *port)) return {};
    ports_.emplace(port->id, std::move(port));
    return theirs;
  }

  void ready(uint32_t events) override {
    if (failed_ || !descriptor_) return;
    uint8_t octets[1024];
    const ssize_t got = read(descriptor_.get(), octets, sizeof octets);
    if (got > 0) {
      line_.received(Bytes(octets, static_cast<size_t>(got)), owner_.loop_.steady());
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      fail(got == 0 ? "it has gone" : std::strerror(errno));
    } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      fail("it has gone");
    }
  }

  void look() {
    const Duration now = owner_.loop_.steady();
    if (failed_) close_device(now);
    if (!descriptor_ && now >= try_at_) try_open();
    line_.tick(now);
    if (!std::exchange(sweep_, false)) return;
    std::erase_if(ports_, [&](const auto& one) {
      Port& port = *one.second;
      if (port.ended && !line_.owes(port.id)) port.over = true;
      sweep_ = sweep_ || (port.ended && !port.over);
      if (!port.over) return false;
      line_.forget(port.id);
      owner_.loop_.remove(port.socket.get());
      return true;
    });
  }

  Duration next() const { return failed_ ? Duration{} : descriptor_ ? line_.next() : try_at_; }

 private:
  /// Port is our end of one client's way. What it asks has been judged; it is held to the frames of Modbus/TCP all the
  /// same, for where the plant only tests, anything passes.
  struct Port final : net::Watcher {
    Port(Device& owner, uint64_t number) : device(owner), id(number) {}
    void ready(uint32_t events) override { device.ready(*this, events); }
    Device& device;
    const uint64_t id;
    net::Descriptor socket;
    std::vector<uint8_t> partial;
    bool ended = false;  // it asks nothing more, and still takes answers
    bool over = false;
  };

  void ready(Port& port, uint32_t events) {
    if (port.over) return;
    uint8_t octets[4096];
    const ssize_t got = port.ended ? 0 : recv(port.socket.get(), octets, sizeof octets, 0);
    if (got > 0) {
      port.partial.insert(port.partial.end(), octets, octets + got);
      cut(port);
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
      end(port);  // it has gone for good: what it asked and is not on the line yet is not asked
      line_.forget(port.id);
      owner_.loop_.change(port.socket.get(), 0, port);
    } else {
      port.ended = sweep_ = true;
      owner_.loop_.change(port.socket.get(), 0, port);
    }
  }

  void cut(Port& port) {
    Bytes rest = port.partial;
    while (rest.size() >= kHeader && !port.over) {
      const auto length = static_cast<size_t>(rest[4] << 8 | rest[5]);
      if (length < kLengthLeast || length > kLengthMost) end(port);
      if (port.over || rest.size() < kHeader + length) break;
      line_.ask(port.id, rest.first(kHeader + length), owner_.loop_.steady());
      rest = rest.subspan(kHeader + length);
    }
    port.partial.erase(port.partial.begin(), port.partial.end() - static_cast<ptrdiff_t>(rest.size()));
  }

  bool put(Bytes frame) override {
    const ssize_t put = descriptor_ && !failed_ ? write(descriptor_.get(), frame.data(), frame.size()) : -1;
    if (put == static_cast<ssize_t>(frame.size())) return true;
    fail(put < 0 && errno != EAGAIN ? std::strerror(errno) : "it takes nothing");
    return false;
  }

  /// answer: a client that takes nothing for so long that its socket is full loses its way.
  void answer(uint64_t client, Bytes frame) override {
    const auto at = ports_.find(client);
    if (at == ports_.end() || at->second->over) return;
    const ssize_t put = send(at->second->socket.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
    if (put != static_cast<ssize_t>(frame.size())) end(*at->second);
  }

  void end(Port& port) { port.over = sweep_ = true; }

  void fail(std::string_view why) {
    if (std::exchange(failed_, true)) return;
    why_ = why;
  }

  void close_device(Duration now) {
    failed_ = false;
    if (descriptor_) owner_.loop_.remove(descriptor_.get());
    descriptor_.reset();
    try_at_ = now + kTryAgain;
    line_.broken();
    owner_.told_(said_.device.value, false, why_);
  }

  void try_open() {
    const Duration now = owner_.loop_.steady();
    std::string why;
    descriptor_ = open_serial(said_, why);
    if (descriptor_ && !owner_.loop_.add(descriptor_.get(), EPOLLIN, *this)) {
      descriptor_.reset();
      why = "the system has no room to watch it";
    }
    if (!descriptor_) {
      try_at_ = now + kTryAgain;
      // While the gateway begins nobody keeps records yet: the next attempt tells.
      if (tried_) owner_.told_(said_.device.value, false, why);
      tried_ = true;
      return;
    }
    line_.mended(now);
    if (std::exchange(tried_, true)) owner_.told_(said_.device.value, true, {});
  }

  SerialLines& owner_;
  const plant::SerialLine said_;
  SerialLine line_;
  net::Descriptor descriptor_;
  std::map<uint64_t, std::unique_ptr<Port>> ports_;
  uint64_t last_id_ = 0;
  Duration try_at_{};
  bool sweep_ = false;   // some client has ended
  bool failed_ = false;  // closed when the turn is over
  bool tried_ = false;
  std::string why_;
};

SerialLines::SerialLines(net::EventLoop& loop, Told told) : loop_(loop), told_(std::move(told)) {}

SerialLines::~SerialLines() = default;

void SerialLines::take(const std::vector<plant::SerialLine>& wanted) {
  const auto said_of = [&](const std::string& device) {
    return std::find_if(wanted.begin(), wanted.end(),
                        [&](const plant::SerialLine& line) { return line.device.value == device; });
  };
  for (auto at = devices_.begin(); at != devices_.end();) {
    const auto said = said_of(at->first);
    if (said != wanted.end() && same(*said, at->second->said())) {
      ++at;
      continue;
    }
    at = devices_.erase(at);
  }
  for (const plant::SerialLine& line : wanted) {
    auto& device = devices_[line.device.value];
    if (!device) device = std::make_unique<Device>(*this, line);
  }
}

net::Descriptor SerialLines::connect(std::string_view device) {
  const auto at = devices_.find(device);
  return at == devices_.end() ? net::Descriptor() : at->second->connect();
}

void SerialLines::look() {
  for (const auto& [name, device] : devices_) device->look();
}

Duration SerialLines::next() const {
  Duration when = std::chrono::nanoseconds(std::numeric_limits<int64_t>::max());
  for (const auto& [name, device] : devices_) when = std::min(when, device->next());
  return when;
}

std::vector<std::pair<std::string, LineCounts>> SerialLines::counts() const {
  std::vector<std::pair<std::string, LineCounts>> all;
  for (const auto& [name, device] : devices_) all.emplace_back(name, device->counts());
  return all;
}

}  // namespace rampart::gateway
