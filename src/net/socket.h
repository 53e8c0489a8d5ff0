// Sockets as values: addresses, and how sockets are made. No state, no threads. What
// peers do is told by values; what ends a command (a port that is taken) is an Error.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/files.h"

namespace rampart::net {

using Descriptor = FileDescriptor;

/// Place is an address and a port.
struct Place {
  IpAddress ip;
  uint16_t port = 0;
  auto operator<=>(const Place&) const = default;
};
std::string to_text(const Place& place);
/// to_socket fills `out`; result: its length. from_socket reads one; IPv4 addresses in IPv6 form become IPv4.
socklen_t to_socket(const Place& place, sockaddr_storage& out);
std::optional<Place> from_socket(const sockaddr_storage& address);

enum class Kind : uint8_t { tcp, udp };

/// SocketMaker makes a non-blocking socket of one family, which may be transparent: that takes a right which this
/// process may have given up. Invalid where it cannot.
using SocketMaker = std::function<Descriptor(Kind kind, bool six)>;
/// plain_socket is the maker of ordinary sockets, transparent_socket of those that may have other hosts' addresses.
Descriptor plain_socket(Kind kind, bool six);
Descriptor transparent_socket(Kind kind, bool six);

/// listen_at makes a socket of `maker` that accepts connections, or takes datagrams, at `place`.
/// Errors: throws Error where it cannot, with the reason.
Descriptor listen_at(const Place& place, Kind kind, const SocketMaker& maker);

/// begin_connect connects a socket of `maker` to `place`, from `from` where that is given. The connection is there once
/// the socket can be written; connect_error says then whether it is. Invalid where it cannot even begin: errno.
Descriptor begin_connect(const Place& place, Kind kind, const std::optional<Place>& from, const SocketMaker& maker);
/// connect_error is the errno of a connection that was begun; 0: it is there.
int connect_error(int descriptor);

/// no_delay sends what is written at once. abort_on_close makes close() a reset.
void no_delay(int descriptor);
void abort_on_close(int descriptor);
/// local_place is where a socket is bound: of a connection that came by a transparent listener, whom the client meant.
std::optional<Place> local_place(int descriptor);

}  // namespace rampart::net
