// A Modbus RTU device on libmodbus for tests of the gateway: `libmodbus_rtu_server DEVICE UNIT` serves until it is ended.
// Holding register 0 has its unit.
#include <modbus/modbus.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  modbus_t* server = modbus_new_rtu(argv[1], 19'200, 'E', 8, 1);
  modbus_mapping_t* memory = modbus_mapping_new(100, 100, 200, 200);
  const int unit = std::atoi(argv[2]);
  if (server == nullptr || memory == nullptr || modbus_set_slave(server, unit) != 0 || modbus_connect(server) != 0) return 1;
  memory->tab_registers[0] = static_cast<uint16_t>(unit);
  std::puts("ready");
  std::fflush(stdout);
  while (true) {
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    const int size = modbus_receive(server, request);
    if (size > 0) modbus_reply(server, request, size, memory);
  }
}
