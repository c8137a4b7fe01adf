// The arithmetic of add_norm.h on one row, forward and backward, by the lanes
// of a warp. How the lanes add up what each of them holds is a template
// argument, so that the kernel's arithmetic and indices also run, and are
// tested, on a CPU (add_norm_row_test.cc).
//
//   AddNormRow<8>(arguments, row, WarpLanes());  // D <= 8 * 64
//
// `Lanes` has
//   int index() const;             // 0 to 31
//   float Sum(float value) const;  // over the lanes, the same bits in each
//
// Lane l holds the row's pairs l, l + 32, ..., so that neighbouring lanes read
// neighbouring addresses.
#ifndef CALDERA_VIT_OPS_ADD_NORM_ROW_H_
#define CALDERA_VIT_OPS_ADD_NORM_ROW_H_

#include <c10/macros/Macros.h>
#include <c10/util/BFloat16.h>

#include <cmath>
#include <cstdint>

namespace caldera::vit {

inline constexpr int kLanes = 32;
inline constexpr int64_t kMostAddNormDim = 1280;

// All tensors are contiguous, with rows of `dim` numbers, `dim` even; the
// address of a pair of numbers is a multiple of its size.
struct AddNormForwardArguments {
  const float* x;
  const c10::BFloat16* branch;  // null: no branch, and sum is not written
  const float *gain, *shift;    // [dim]
  float* sum;
  c10::BFloat16* normed;
  float *mean, *rstd;  // [rows]
  int64_t rows, dim;
  float eps;
};

struct AddNormBackwardArguments {
  const c10::BFloat16* grad_normed;
  const float* grad_sum;  // null: zeros
  const float* sum;
  const float *mean, *rstd;  // [rows]
  const float* gain;         // [dim]
  float* grad_x;
  c10::BFloat16* grad_branch;  // null: not written
  int64_t rows, dim;
};

template <typename T>
struct alignas(2 * sizeof(T)) Pair {
  T first, second;
};

template <typename T>
C10_HOST_DEVICE inline Pair<T> LoadPair(const T* from) {
  return *reinterpret_cast<const Pair<T>*>(from);
}

template <typename T>
C10_HOST_DEVICE inline void StorePair(T* to, float first, float second) {
  *reinterpret_cast<Pair<T>*>(to) = {static_cast<T>(first),
                                     static_cast<T>(second)};
}

// Calls use(k, column) for each pair k of this lane within the row: numbers 2k
// and 2k + 1 of the lane are columns `column` and `column + 1` of the row.
template <int kPairs, class Use>
C10_HOST_DEVICE inline void ForEachPair(int lane, int64_t dim, const Use& use) {
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
  for (int k = 0; k < kPairs; ++k) {
    const int column = 2 * (lane + k * kLanes);
    if (column < dim) use(k, column);
  }
}

template <int kPairs, class Lanes>
C10_HOST_DEVICE inline void AddNormRow(const AddNormForwardArguments& a,
                                       int64_t row, const Lanes& lanes) {
  const int64_t start = row * a.dim;
  const float scale = 1.0f / static_cast<float>(a.dim);
  float value[2 * kPairs] = {};
  // All loads come before the stores: a load that follows a store waits for it.
  ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
    const Pair<float> v = LoadPair(a.x + start + column);
    value[2 * k] = v.first;
    value[2 * k + 1] = v.second;
  });
  if (a.branch != nullptr) {
    ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
      const Pair<c10::BFloat16> b = LoadPair(a.branch + start + column);
      value[2 * k] += static_cast<float>(b.first);
      value[2 * k + 1] += static_cast<float>(b.second);
    });
    ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
      StorePair(a.sum + start + column, value[2 * k], value[2 * k + 1]);
    });
  }
  float total = 0;
  ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int) {
    total += value[2 * k] + value[2 * k + 1];
  });
  const float mean = lanes.Sum(total) * scale;
  float squares = 0;
  ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int) {
    const float first = value[2 * k] - mean, second = value[2 * k + 1] - mean;
    squares += first * first + second * second;
  });
  const float rstd = 1.0f / std::sqrt(lanes.Sum(squares) * scale + a.eps);
  ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
    const Pair<float> gain = LoadPair(a.gain + column);
    const Pair<float> shift = LoadPair(a.shift + column);
    StorePair(a.normed + start + column,
              (value[2 * k] - mean) * rstd * gain.first + shift.first,
              (value[2 * k + 1] - mean) * rstd * gain.second + shift.second);
  });
  if (lanes.index() == 0) {
    a.mean[row] = mean;
    a.rstd[row] = rstd;
  }
}

// With n = (sum - mean) rstd and g = gain * grad_normed, computes
//   grad_x = rstd (g - mean(g) - n mean(g n)) + grad_sum,
// and adds the row's summands in the gradients of gain (grad_normed n) and
// shift (grad_normed), at this lane's numbers, to the last two arguments.
template <int kPairs, class Lanes>
C10_HOST_DEVICE inline void AddNormBackwardRow(
    const AddNormBackwardArguments& a, int64_t row, const Lanes& lanes,
    float (&gain_grad)[2 * kPairs], float (&shift_grad)[2 * kPairs]) {
  const int64_t start = row * a.dim;
  const float scale = 1.0f / static_cast<float>(a.dim);
  const float mean = a.mean[row], rstd = a.rstd[row];
  float n[2 * kPairs] = {}, g[2 * kPairs] = {};
  float total = 0, total_n = 0;
  ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
    const Pair<float> v = LoadPair(a.sum + start + column);
    const Pair<c10::BFloat16> up = LoadPair(a.grad_normed + start + column);
    const Pair<float> gain = LoadPair(a.gain + column);
    const float first = static_cast<float>(up.first);
    const float second = static_cast<float>(up.second);
    n[2 * k] = (v.first - mean) * rstd;
    n[2 * k + 1] = (v.second - mean) * rstd;
    gain_grad[2 * k] += first * n[2 * k];
    gain_grad[2 * k + 1] += second * n[2 * k + 1];
    shift_grad[2 * k] += first;
    shift_grad[2 * k + 1] += second;
    g[2 * k] = first * gain.first;
    g[2 * k + 1] = second * gain.second;
    total += g[2 * k] + g[2 * k + 1];
    total_n += g[2 * k] * n[2 * k] + g[2 * k + 1] * n[2 * k + 1];
  });
  const float mean_g = lanes.Sum(total) * scale;
  const float mean_gn = lanes.Sum(total_n) * scale;
  ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
    g[2 * k] = rstd * (g[2 * k] - mean_g - n[2 * k] * mean_gn);
    g[2 * k + 1] = rstd * (g[2 * k + 1] - mean_g - n[2 * k + 1] * mean_gn);
    if (a.grad_sum != nullptr) {
      const Pair<float> above = LoadPair(a.grad_sum + start + column);
      g[2 * k] += above.first;
      g[2 * k + 1] += above.second;
    }
  });
  ForEachPair<kPairs>(lanes.index(), a.dim, [&](int k, int column) {
    StorePair(a.grad_x + start + column, g[2 * k], g[2 * k + 1]);
    if (a.grad_branch != nullptr) {
      StorePair(a.grad_branch + start + column, g[2 * k], g[2 * k + 1]);
    }
  });
}

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ADD_NORM_ROW_H_
