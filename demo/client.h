// A Modbus client with a source address of its own, so that a recording of the loopback shows who asked. libmodbus
// does the protocol; the socket is made here because libmodbus cannot bind one. Owns the connection; one thread.
#pragma once

#include <modbus/modbus.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace demo {

class Client {
 public:
  Client(std::string source_ip, std::string server_ip, int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// set_unit chooses whom the next requests address behind the server.
  void set_unit(int unit);

  // Each call connects where needed. An answer that is an exception, or none at all, gives an empty result or false;
  // the connection is opened anew with the next request unless the server refused with an exception.
  std::vector<uint16_t> read_holding(int first, int count);
  std::vector<uint16_t> read_input(int first, int count);
  bool read_coils(int first, int count);
  bool read_discrete(int first, int count);
  std::optional<float> read_holding_float(int first);
  bool write_register(int address, uint16_t value);
  bool write_float(int first, float value);
  bool write_coil(int address, bool on);
  /// ask sends a request that libmodbus has no call for: function code and body.
  bool ask(std::vector<uint8_t> pdu);

 private:
  bool connect();
  bool done(int result);

  modbus_t* context_;
  std::string source_ip_;
  std::string server_ip_;
  int port_;
  int unit_ = 1;
  bool connected_ = false;
};

}  // namespace demo
