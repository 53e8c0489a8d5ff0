#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "registers.h"

namespace demo {
namespace {

constexpr int kUnitOne = 1;

sockaddr_in address_of(const std::string& ip, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) != 1) throw std::runtime_error("not an IPv4 address: " + ip);
  return address;
}

}  // namespace

Client::Client(std::string source_ip, std::string server_ip, int port)
    : context_(modbus_new_tcp(server_ip.c_str(), port)),
      source_ip_(std::move(source_ip)),
      server_ip_(std::move(server_ip)),
      port_(port) {
  if (context_ == nullptr) throw std::runtime_error("no memory for a client");
  set_unit(kUnitOne);
}

Client::~Client() {
  if (connected_) modbus_close(context_);
  modbus_free(context_);
}

void Client::set_unit(int unit) {
  unit_ = unit;
  modbus_set_slave(context_, unit);
}

bool Client::connect() {
  if (connected_) return true;
  const sockaddr_in source = address_of(source_ip_, 0);
  const sockaddr_in server = address_of(server_ip_, port_);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&source), sizeof(source)) != 0 ||
      ::connect(socket, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) {
    ::close(socket);
    return false;
  }
  modbus_set_socket(context_, socket);
  connected_ = true;
  return true;
}

bool Client::done(int result) {
  if (result >= 0) return true;
  const bool refused = errno > MODBUS_ENOBASE && errno < EMBBADCRC;
  if (!refused) {
    modbus_close(context_);
    connected_ = false;
  }
  return false;
}

std::vector<uint16_t> Client::read_holding(int first, int count) {
  std::vector<uint16_t> values(static_cast<size_t>(count));
  if (!connect() || !done(modbus_read_registers(context_, first, count, values.data()))) values.clear();
  return values;
}

std::vector<uint16_t> Client::read_input(int first, int count) {
  std::vector<uint16_t> values(static_cast<size_t>(count));
  if (!connect() || !done(modbus_read_input_registers(context_, first, count, values.data()))) values.clear();
  return values;
}

bool Client::read_coils(int first, int count) {
  std::vector<uint8_t> bits(static_cast<size_t>(count));
  return connect() && done(modbus_read_bits(context_, first, count, bits.data()));
}

bool Client::read_discrete(int first, int count) {
  std::vector<uint8_t> bits(static_cast<size_t>(count));
  return connect() && done(modbus_read_input_bits(context_, first, count, bits.data()));
}

std::optional<float> Client::read_holding_float(int first) {
  const std::vector<uint16_t> registers = read_holding(first, 2);
  if (registers.empty()) return std::nullopt;
  return float_of(registers[0], registers[1]);
}

bool Client::write_register(int address, uint16_t value) {
  return connect() && done(modbus_write_register(context_, address, value));
}

bool Client::write_float(int first, float value) {
  const std::array<uint16_t, 2> registers = registers_of(value);
  return connect() && done(modbus_write_registers(context_, first, 2, registers.data()));
}

bool Client::write_coil(int address, bool on) {
  return connect() && done(modbus_write_bit(context_, address, on ? 1 : 0));
}

bool Client::ask(std::vector<uint8_t> pdu) {
  pdu.insert(pdu.begin(), static_cast<uint8_t>(unit_));
  if (!connect() || !done(modbus_send_raw_request(context_, pdu.data(), static_cast<int>(pdu.size())))) return false;
  // libmodbus would leave the body of an answer unread whose function it does not know: read the one answer here.
  const int socket = modbus_get_socket(context_);
  uint8_t answer[MODBUS_TCP_MAX_ADU_LENGTH];
  pollfd readable{socket, POLLIN, 0};
  if (::poll(&readable, 1, 500) == 1 && ::recv(socket, answer, sizeof(answer), MSG_DONTWAIT) > 0) return true;
  errno = ETIMEDOUT;
  return done(-1);
}

}  // namespace demo
