// Launches the arithmetic of add_norm_row.h on a GPU, a warp for each row.
//
//   C10_CUDA_CHECK(LaunchAddNorm(arguments, stream));
//
// Caveat: D is at most kMostAddNormDim; else the calls return
// cudaErrorInvalidValue.
#ifndef CALDERA_VIT_OPS_ADD_NORM_KERNELS_H_
#define CALDERA_VIT_OPS_ADD_NORM_KERNELS_H_

#include <cuda_runtime_api.h>

#include "vit/ops/add_norm_row.h"

namespace caldera::vit {

cudaError_t LaunchAddNorm(const AddNormForwardArguments& arguments,
                          cudaStream_t stream);

// Returns the number of blocks of threads of the backward pass on this device.
int64_t AddNormParts(int64_t rows, int64_t dim, int multiprocessors);

// gain_parts, shift_parts: [parts, D], the summand of each block of threads in
// these gradients; the caller adds them up in a fixed order. parts: the result
// of AddNormParts.
cudaError_t LaunchAddNormBackward(const AddNormBackwardArguments& arguments,
                                  float* gain_parts, float* shift_parts,
                                  int64_t parts, cudaStream_t stream);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ADD_NORM_KERNELS_H_
