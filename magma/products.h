// Runs matrix products on all threads, and the work between them on one.
//
//   SmallWork small(numel <= kSmallWork);  // ATen's operations: this thread
//   w.exp_();
//   at::Tensor z = Product(w, y);          // all threads
//
// The loss makes about fifty passes over its matrices between four products. At
// a few hundred kilobytes a pass takes less time than waking a team of threads.
//
// Caveats: SmallWork sets OpenMP's number of threads for the calling thread
// alone and restores it. On a GPU it has no effect.
#ifndef CALDERA_MAGMA_PRODUCTS_H_
#define CALDERA_MAGMA_PRODUCTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::magma {

// Up to this many numbers in a matrix, one thread is faster
// (docs/performance.md).
inline constexpr int64_t kSmallWork = int64_t{1} << 18;

class SmallWork {
 public:
  explicit SmallWork(bool small);
  ~SmallWork();
  SmallWork(const SmallWork&) = delete;
  SmallWork& operator=(const SmallWork&) = delete;

 private:
  const int outer_;  // the threads before; 0: nothing was changed
};

// Returns a b: [m, k], [k, n] -> [m, n].
at::Tensor Product(const at::Tensor& a, const at::Tensor& b);

// Computes out = beta out + alpha a b in place; returns `out`.
at::Tensor& AddProduct(at::Tensor& out, const at::Tensor& a,
                       const at::Tensor& b, double beta, double alpha);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_PRODUCTS_H_
