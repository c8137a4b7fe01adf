// Launches add_norm_row.h on a GPU: a warp for each row. D <= kMostAddNormDim.
#ifndef CALDERA_VIT_OPS_ADD_NORM_KERNELS_H_
#define CALDERA_VIT_OPS_ADD_NORM_KERNELS_H_

#include <cuda_runtime_api.h>

#include "vit/ops/add_norm_row.h"

namespace caldera::vit {

cudaError_t LaunchAddNorm(const AddNormForwardArguments& arguments,
                          cudaStream_t stream);

// How many blocks of threads the backward pass takes on this device.
int64_t AddNormParts(int64_t rows, int64_t dim, int multiprocessors);

// gain_parts, shift_parts [parts, D]: what each block adds to the gradients, so
// that their sum has a fixed order. parts: AddNormParts.
cudaError_t LaunchAddNormBackward(const AddNormBackwardArguments& arguments,
                                  float* gain_parts, float* shift_parts,
                                  int64_t parts, cudaStream_t stream);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ADD_NORM_KERNELS_H_
