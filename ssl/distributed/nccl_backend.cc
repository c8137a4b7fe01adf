// Registers NCCL as the backend for tensors on a GPU.
#include <chrono>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "ssl/distributed/processes.h"

namespace caldera::ssl {
namespace {

const bool kRegistered = [] {
  CudaBackendFactory() = [](const c10::intrusive_ptr<c10d::Store>& store,
                            int rank, int size) {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = std::chrono::hours(24);  // the watchdog decides
    return c10::intrusive_ptr<c10d::Backend>(
        c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size,
                                                    options));
  };
  return true;
}();

}  // namespace
}  // namespace caldera::ssl
