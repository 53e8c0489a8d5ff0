#include "controller.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace demo {
namespace {

constexpr size_t kHeaderBytes = 7;  // transaction, protocol, length, unit
constexpr size_t kMaximumConnections = 64;
constexpr int kDiagnostics = 8;
constexpr int kEncapsulated = 43;
constexpr int kDeviceIdentification = 14;

// libmodbus answers these by itself. It leaves the body of any other request unread, and sleeps before it refuses.
bool libmodbus_knows(int function) {
  constexpr std::array kKnown{1, 2, 3, 4, 5, 6, 15, 16, 17, 22, 23};
  return std::find(kKnown.begin(), kKnown.end(), function) != kKnown.end();
}

void send_all(int socket, const std::vector<unsigned char>& bytes) {
  // A client that does not read loses its answer: the demonstration never waits for one.
  (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// The answer's header is the request's, with the length of the answer.
std::vector<unsigned char> with_header(const std::vector<unsigned char>& query, const std::vector<unsigned char>& pdu) {
  std::vector<unsigned char> adu(query.begin(), query.begin() + kHeaderBytes);
  const size_t length = pdu.size() + 1;
  adu[4] = static_cast<unsigned char>(length >> 8);
  adu[5] = static_cast<unsigned char>(length & 0xff);
  adu.insert(adu.end(), pdu.begin(), pdu.end());
  return adu;
}

}  // namespace

Controller::Controller(const std::string& ip, int port, Identity identity)
    : context_(modbus_new_tcp(ip.c_str(), port)), listening_(-1), identity_(std::move(identity)) {
  if (context_ != nullptr) {
    modbus_set_response_timeout(context_, 0, 1000);
    modbus_set_indication_timeout(context_, 0, 200000);
    listening_ = modbus_tcp_listen(context_, 16);
  }
  if (listening_ < 0) {
    const std::string why = std::strerror(errno);
    if (context_ != nullptr) modbus_free(context_);
    throw std::runtime_error("cannot listen on " + ip + " port " + std::to_string(port) + ": " + why);
  }
}

Controller::~Controller() {
  for (int socket : connections_) ::close(socket);
  ::close(listening_);
  for (auto& [unit, mapping] : units_) modbus_mapping_free(mapping);
  modbus_free(context_);
}

modbus_mapping_t& Controller::add_unit(int unit, int size) {
  modbus_mapping_t* mapping = modbus_mapping_new(size, size, size, size);
  if (mapping == nullptr) throw std::runtime_error("no memory for the registers");
  units_[unit] = mapping;
  return *mapping;
}

void Controller::watch(std::vector<pollfd>& sockets) const {
  sockets.push_back({listening_, POLLIN, 0});
  for (int socket : connections_) sockets.push_back({socket, POLLIN, 0});
}

void Controller::serve(int socket) {
  if (socket == listening_) {
    const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (connections_.size() >= kMaximumConnections) {
      ::close(connection);
    } else {
      connections_.push_back(connection);
    }
  } else if (std::find(connections_.begin(), connections_.end(), socket) != connections_.end()) {
    answer(socket);
  }
}

void Controller::answer(int socket) {
  std::vector<unsigned char> query(MODBUS_TCP_MAX_ADU_LENGTH);
  modbus_set_socket(context_, socket);
  const int length = modbus_receive(context_, query.data());
  if (length > 0) query.resize(static_cast<size_t>(length));
  if (length < static_cast<int>(kHeaderBytes) + 1 || !receive_rest(socket, query)) {
    ::close(socket);
    std::erase(connections_, socket);
    return;
  }
  reply(socket, query);
}

bool Controller::receive_rest(int socket, std::vector<unsigned char>& query) const {
  const size_t whole = 6 + (static_cast<size_t>(query[4]) << 8 | query[5]);
  if (libmodbus_knows(query[kHeaderBytes])) return true;
  if (whole > MODBUS_TCP_MAX_ADU_LENGTH) return false;
  const size_t had = query.size();
  if (whole <= had) return true;
  query.resize(whole);
  pollfd readable{socket, POLLIN, 0};
  if (::poll(&readable, 1, 200) != 1) return false;
  return ::recv(socket, query.data() + had, whole - had, MSG_DONTWAIT) == static_cast<ssize_t>(whole - had);
}

void Controller::reply(int socket, const std::vector<unsigned char>& query) {
  const int function = query[kHeaderBytes];
  modbus_mapping_t* mapping = unit_of(query[6]);
  if (mapping == nullptr) {
    modbus_reply_exception(context_, query.data(), MODBUS_EXCEPTION_GATEWAY_TARGET);
  } else if (libmodbus_knows(function)) {
    modbus_reply(context_, query.data(), static_cast<int>(query.size()), mapping);
  } else if (function == kEncapsulated && query.size() >= 11 && query[8] == kDeviceIdentification) {
    send_identity(socket, query);
  } else if (function == kDiagnostics && query.size() >= 12 && query[8] == 0 && query[9] == 0) {
    send_all(socket, query);  // "return query data" answers with the request itself
  } else {
    modbus_reply_exception(context_, query.data(), MODBUS_EXCEPTION_ILLEGAL_FUNCTION);
  }
}

void Controller::send_identity(int socket, const std::vector<unsigned char>& query) const {
  // Basic identification, conformity 1, nothing more follows, three objects of (number, length, text).
  std::vector<unsigned char> pdu{kEncapsulated, kDeviceIdentification, 1, 1, 0, 0, 3};
  unsigned char number = 0;
  for (const std::string* text : {&identity_.vendor, &identity_.product, &identity_.revision}) {
    pdu.push_back(number++);
    pdu.push_back(static_cast<unsigned char>(text->size()));
    pdu.insert(pdu.end(), text->begin(), text->end());
  }
  send_all(socket, with_header(query, pdu));
}

modbus_mapping_t* Controller::unit_of(int unit) {
  if (units_.size() == 1) return units_.begin()->second;
  const auto found = units_.find(unit);
  return found == units_.end() ? nullptr : found->second;
}

}  // namespace demo
