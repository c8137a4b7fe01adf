// Finds ports for tests that listen.
//
//   job.master_port = FreePort();
#ifndef CALDERA_SSL_DISTRIBUTED_FREE_PORT_TESTING_H_
#define CALDERA_SSL_DISTRIBUTED_FREE_PORT_TESTING_H_

#include <cstdint>

namespace caldera::ssl {

// Returns a port on which nothing listens.
uint16_t FreePort();

// Listens at a port of this machine until the end of its scope, and answers
// nothing.
class Listener {
 public:
  explicit Listener(uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  const int fd_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_FREE_PORT_TESTING_H_
