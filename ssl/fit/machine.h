// Describes the machine as far as the sizes of a run depend on it.
//
//   const Machine machine = MachineOf(device);
//   machine.cuda;  // false: a CPU trains
//
// Caveat: only what stays the same between two starts is counted, so that the
// same command chooses the same sizes: all memory, and not what is free.
#ifndef CALDERA_SSL_FIT_MACHINE_H_
#define CALDERA_SSL_FIT_MACHINE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

struct Machine {
  bool cuda = false;
  int64_t cores = 1;   // that this program may use
  int64_t memory = 0;  // bytes: of the GPU, or of the machine
};

// Returns the machine that `device` is a part of. A GPU that does not say how
// much memory it has counts as one of 16 GB.
Machine MachineOf(const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_FIT_MACHINE_H_
