// A controller of the demonstration: a libmodbus server on one loopback address, with one register map for each unit
// behind it. Single-threaded: the owner polls the sockets and calls serve(). The controller owns its sockets and maps.
#pragma once

#include <modbus/modbus.h>
#include <poll.h>

#include <map>
#include <string>
#include <vector>

namespace demo {

/// Identity is what a controller answers to "read device identification" (Modbus function 43/14).
struct Identity {
  std::string vendor;
  std::string product;
  std::string revision;
};

class Controller {
 public:
  /// Opens the listening socket on `ip`:`port`. Throws std::runtime_error where that cannot be.
  Controller(const std::string& ip, int port, Identity identity);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  /// add_unit makes the map of one unit: `size` of each kind, beginning at 0. An unknown unit answers
  /// "gateway target failed to respond" where the controller has more than one, else the only one answers for all.
  modbus_mapping_t& add_unit(int unit, int size);

  /// watch appends the sockets to poll.
  void watch(std::vector<pollfd>& sockets) const;
  /// serve accepts or answers on `socket` where it is one of ours.
  void serve(int socket);

 private:
  void answer(int socket);
  void reply(int socket, const std::vector<unsigned char>& query);
  bool receive_rest(int socket, std::vector<unsigned char>& query) const;
  void send_identity(int socket, const std::vector<unsigned char>& query) const;
  modbus_mapping_t* unit_of(int unit);

  modbus_t* context_;
  int listening_;
  Identity identity_;
  std::vector<int> connections_;
  std::map<int, modbus_mapping_t*> units_;
};

}  // namespace demo
