#include "ssl/distributed/free_port_testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "glog/logging.h"

namespace caldera::ssl {
namespace {

// Returns a socket of this machine's loopback at the port; 0: at any.
int Bind(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  PCHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

}  // namespace

uint16_t FreePort() {
  const int fd = Bind(0);
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  PCHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

Listener::Listener(uint16_t port) : fd_(Bind(port)) {
  PCHECK(listen(fd_, 16) == 0);
}

Listener::~Listener() { close(fd_); }

}  // namespace caldera::ssl
