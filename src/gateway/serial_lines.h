// The serial devices of a gateway, and the ends by which connections reach them: each connection to a door before a
// line has a socket pair in place of a server's socket, and speaks Modbus/TCP over it. All of it lives in the gateway's
// thread. A device that is not there, or goes, is tried again each second.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/serial_line.h"
#include "net/event_loop.h"

namespace rampart::gateway {

/// open_serial opens a device as `line` says, without echo, translation or flow control. Invalid where it cannot:
/// `why`.
net::Descriptor open_serial(const plant::SerialLine& line, std::string& why);

class SerialLines {
 public:
  /// Told is called when a line cannot be used any more (`there` false), and when it can again.
  using Told = std::function<void(std::string_view device, bool there, std::string_view why)>;

  /// `loop` must outlive it.
  SerialLines(net::EventLoop& loop, Told told);
  ~SerialLines();
  SerialLines(const SerialLines&) = delete;
  SerialLines& operator=(const SerialLines&) = delete;

  /// take opens what is wanted and is not open, and closes what is not wanted any more, with its connections. A device
  /// that is named twice has the settings that come first.
  void take(const std::vector<plant::SerialLine>& wanted);
  /// connect gives the client's end of a new way to `device`; invalid: there is no such line, or the system has no
  /// room.
  net::Descriptor connect(std::string_view device);
  /// look does what is due; after each turn of the loop. next is when there is something to do, by the steady clock.
  void look();
  Duration next() const;

  /// counts is what each line did, by device.
  std::vector<std::pair<std::string, LineCounts>> counts() const;

 private:
  class Device;
  net::EventLoop& loop_;
  Told told_;
  std::map<std::string, std::unique_ptr<Device>, std::less<>> devices_;
};

}  // namespace rampart::gateway
