#include "ssl/distributed/host_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

struct Lookup {
  std::vector<HostAddress> found;
  std::string error;
};

Lookup LookUp(const std::string& host, uint16_t port) {
  Lookup lookup;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &list);
  if (error != 0) {
    lookup.error = error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);
    return lookup;
  }
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    HostAddress address;
    std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    lookup.found.push_back(address);
  }
  freeaddrinfo(list);
  return lookup;
}

// Looks for the name and for its other form.
Lookup LookUpBoth(const std::string& host, uint16_t port) {
  Lookup lookup = LookUp(host, port);
  if (!lookup.found.empty() || host.find(':') != std::string::npos) {
    return lookup;
  }
  const size_t dot = host.find('.');
  const std::string own = HostName();
  const size_t own_dot = own.find('.');
  Lookup other;
  if (dot != std::string::npos) {
    // The first part of "10.0.0.300" is no name.
    const std::string first = host.substr(0, dot);
    if (first.find_first_not_of("0123456789") != std::string::npos) {
      other = LookUp(first, port);
    }
  } else if (own_dot != std::string::npos) {
    other = LookUp(host + own.substr(own_dot), port);
  }
  return other.found.empty() ? lookup : other;
}

}  // namespace

absl::StatusOr<std::vector<HostAddress>> ResolveHost(
    const std::string& host, uint16_t port, std::chrono::milliseconds timeout) {
  // getaddrinfo cannot be stopped: a thread that is left behind may wait for a
  // name server that does not answer.
  auto promise = std::make_shared<std::promise<Lookup>>();
  std::future<Lookup> future = promise->get_future();
  std::thread([promise, host, port] {
    promise->set_value(LookUpBoth(host, port));
  }).detach();
  if (future.wait_for(timeout) != std::future_status::ready) {
    return absl::NotFoundError(
        absl::StrCat("no name server answered within ",
                     std::chrono::duration<double>(timeout).count(), " s"));
  }
  Lookup lookup = future.get();
  if (lookup.found.empty()) return absl::NotFoundError(lookup.error);
  return std::move(lookup.found);
}

std::string AddressText(const HostAddress& address) {
  char text[NI_MAXHOST] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&address.bytes), address.size,
              text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
  const std::string numeric = text;
  const std::string mapped = "::ffff:";  // IPv4 at a socket of IPv6
  if (numeric.rfind(mapped, 0) == 0 && numeric.find('.') != std::string::npos) {
    return numeric.substr(mapped.size());
  }
  return numeric;
}

bool IsLoopback(const HostAddress& address) {
  const std::string text = AddressText(address);
  return text == "::1" || text.rfind("127.", 0) == 0;
}

bool IsOfThisMachine(const HostAddress& address) {
  const int fd = socket(address.bytes.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  HostAddress any_port = address;
  if (address.bytes.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&any_port.bytes)->sin6_port = 0;
  } else {
    reinterpret_cast<sockaddr_in*>(&any_port.bytes)->sin_port = 0;
  }
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&any_port.bytes),
                          any_port.size) == 0;
  close(fd);
  return bound;
}

std::string HostAndPort(const std::string& host, uint16_t port) {
  return host.find(':') != std::string::npos
             ? absl::StrCat("[", host, "]:", port)
             : absl::StrCat(host, ":", port);
}

std::string LoopbackAddress() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "::1";
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound =
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return bound ? "127.0.0.1" : "::1";
}

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

}  // namespace caldera::ssl
