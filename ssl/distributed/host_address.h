// Names and addresses of hosts.
//
//   ASSIGN_OR_RETURN(const std::vector<HostAddress> found,
//                    ResolveHost("node01", 29500, std::chrono::seconds(10)));
//   AddressText(found[0]);  // "10.0.0.1"
#ifndef CALDERA_SSL_DISTRIBUTED_HOST_ADDRESS_H_
#define CALDERA_SSL_DISTRIBUTED_HOST_ADDRESS_H_

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

struct HostAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// Returns the addresses of `host` in the order in which to try them. A name
// without dots is also looked for in the domain of this machine, and one with
// dots by its first part: clusters know some of their nodes by one of them
// only. Returns NotFound if none is found within `timeout`, however long the
// system's resolver takes.
absl::StatusOr<std::vector<HostAddress>> ResolveHost(
    const std::string& host, uint16_t port, std::chrono::milliseconds timeout);

// Returns the address without its port: "10.0.0.1" (also for ::ffff:10.0.0.1),
// "fd00::1".
std::string AddressText(const HostAddress& address);

// Returns true for 127.x.x.x and ::1, which lead nowhere from another machine.
bool IsLoopback(const HostAddress& address);

// Returns true if a socket of this machine can have the address.
bool IsOfThisMachine(const HostAddress& address);

// Returns "node01:29500"; "[fd00::1]:29500".
std::string HostAndPort(const std::string& host, uint16_t port);

// Returns "127.0.0.1", or "::1" where there is no IPv4.
std::string LoopbackAddress();

// Returns the name of this machine.
std::string HostName();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_HOST_ADDRESS_H_
