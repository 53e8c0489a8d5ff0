// A Modbus server on libmodbus for tests of the gateway: `libmodbus_server ADDRESS PORT` serves until it is ended.
#include <modbus/modbus.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  modbus_t* server = modbus_new_tcp(argv[1], std::atoi(argv[2]));
  modbus_mapping_t* memory = modbus_mapping_new(100, 100, 200, 200);
  int listener = modbus_tcp_listen(server, 64);
  if (memory == nullptr || listener < 0) return 1;
  std::puts("ready");
  std::fflush(stdout);
  std::set<int> open{listener};
  while (true) {
    fd_set ready;
    FD_ZERO(&ready);
    for (const int one : open) FD_SET(one, &ready);
    if (select(*open.rbegin() + 1, &ready, nullptr, nullptr, nullptr) < 0) return 1;
    const std::set<int> now = open;
    for (const int one : now) {
      if (!FD_ISSET(one, &ready)) continue;
      if (one == listener) {
        open.insert(modbus_tcp_accept(server, &listener));
        continue;
      }
      modbus_set_socket(server, one);
      uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
      const int size = modbus_receive(server, request);
      if (size > 0) {
        modbus_reply(server, request, size, memory);
      } else if (size < 0) {
        close(one);
        open.erase(one);
      }
    }
  }
}
