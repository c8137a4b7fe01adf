// The kernels of add_norm.h, a warp for each row. In a kernel a block is a
// block of threads.
#include <algorithm>
#include <type_traits>

#include "vit/ops/add_norm_kernels.h"

namespace caldera::vit {
namespace {

constexpr int kWarps = 4;  // warps of a block of threads
constexpr int kThreads = kWarps * kLanes;

struct WarpLanes {
  __device__ int index() const { return threadIdx.x % kLanes; }
  __device__ float Sum(float value) const {
#pragma unroll
    for (int offset = kLanes / 2; offset > 0; offset /= 2) {
      value += __shfl_xor_sync(0xffffffffu, value, offset);
    }
    return value;
  }
};

template <int kPairs>
__global__ void __launch_bounds__(kThreads)
    ForwardKernel(AddNormForwardArguments a) {
  const int64_t row =
      static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kLanes;
  if (row < a.rows) AddNormRow<kPairs>(a, row, WarpLanes());
}

// Launched with as many blocks as run at once, each with many rows: that leaves
// fewer partial sums to add up.
template <int kPairs>
__global__ void __launch_bounds__(kThreads)
    BackwardKernel(AddNormBackwardArguments a, float* gain_parts,
                   float* shift_parts) {
  const int warp = threadIdx.x / kLanes;
  const WarpLanes lanes;
  float gain[2 * kPairs] = {}, shift[2 * kPairs] = {};
  const int64_t step = static_cast<int64_t>(gridDim.x) * kWarps;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + warp;
       row < a.rows; row += step) {
    AddNormBackwardRow<kPairs>(a, row, lanes, gain, shift);
  }
  // The warps add one after the other, so that the order is fixed.
  __shared__ float gain_sum[2 * kPairs * kLanes],
      shift_sum[2 * kPairs * kLanes];
  for (int w = 0; w < kWarps; ++w) {
    if (w == warp) {
      ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const int at = column + i;
          gain_sum[at] = gain[2 * k + i] + (w == 0 ? 0.0f : gain_sum[at]);
          shift_sum[at] = shift[2 * k + i] + (w == 0 ? 0.0f : shift_sum[at]);
        }
      });
    }
    __syncthreads();
  }
  const int64_t start = static_cast<int64_t>(blockIdx.x) * a.dim;
  for (int column = threadIdx.x; column < a.dim; column += kThreads) {
    gain_parts[start + column] = gain_sum[column];
    shift_parts[start + column] = shift_sum[column];
  }
}

// Returns the number of blocks of kWarps rows each.
int64_t BlocksOf(int64_t rows) { return (rows + kWarps - 1) / kWarps; }

// Calls launch(std::integral_constant<int, pairs of a lane>).
template <class Launch>
cudaError_t WithPairs(int64_t dim, const Launch& launch) {
  const int64_t pairs = (dim / 2 + kLanes - 1) / kLanes;
  if (pairs <= 4) {
    launch(std::integral_constant<int, 4>());
  } else if (pairs <= 8) {
    launch(std::integral_constant<int, 8>());
  } else if (pairs <= 12) {
    launch(std::integral_constant<int, 12>());
  } else if (pairs <= 16) {
    launch(std::integral_constant<int, 16>());
  } else if (pairs <= kMostAddNormDim / (2 * kLanes)) {
    launch(std::integral_constant<int, kMostAddNormDim / (2 * kLanes)>());
  } else {
    return cudaErrorInvalidValue;
  }
  return cudaGetLastError();
}

}  // namespace

cudaError_t LaunchAddNorm(const AddNormForwardArguments& arguments,
                          cudaStream_t stream) {
  if (arguments.rows == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>(BlocksOf(arguments.rows));
  return WithPairs(arguments.dim, [&](auto pairs) {
    ForwardKernel<decltype(pairs)::value>
        <<<blocks, kThreads, 0, stream>>>(arguments);
  });
}

int64_t AddNormParts(int64_t rows, int64_t dim, int multiprocessors) {
  int at_once = 0;  // blocks on a multiprocessor
  WithPairs(dim, [&](auto pairs) {
    cudaOccupancyMaxActiveBlocksPerMultiprocessor(
        &at_once, BackwardKernel<decltype(pairs)::value>, kThreads,
        /*dynamicSMemSize=*/0);
  });
  return std::min(BlocksOf(rows),
                  int64_t{std::max(at_once, 1)} * multiprocessors);
}

cudaError_t LaunchAddNormBackward(const AddNormBackwardArguments& arguments,
                                  float* gain_parts, float* shift_parts,
                                  int64_t parts, cudaStream_t stream) {
  if (arguments.rows == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>(parts);
  return WithPairs(arguments.dim, [&](auto pairs) {
    BackwardKernel<decltype(pairs)::value>
        <<<blocks, kThreads, 0, stream>>>(arguments, gain_parts, shift_parts);
  });
}

}  // namespace caldera::vit
