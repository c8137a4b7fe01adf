#include "magma/products.h"

#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <omp.h>

namespace caldera::magma {
namespace {

// The number of threads outside the enclosing SmallWork; 0 where there is none.
thread_local int team = 0;

// Runs with all threads, inside a SmallWork too.
class AllThreads {
 public:
  AllThreads() {
    if (team > 0) omp_set_num_threads(team);
  }
  ~AllThreads() {
    if (team > 0) omp_set_num_threads(1);
  }
};

}  // namespace

SmallWork::SmallWork(bool small)
    : outer_(small && team == 0 && at::get_num_threads() > 1
                 ? at::get_num_threads()
                 : 0) {
  if (outer_ == 0) return;
  team = outer_;
  omp_set_num_threads(
      1);  // for this thread; at::set_num_threads sets it for all
}

SmallWork::~SmallWork() {
  if (outer_ == 0) return;
  omp_set_num_threads(outer_);
  team = 0;
}

at::Tensor Product(const at::Tensor& a, const at::Tensor& b) {
  const AllThreads all_threads;
  return at::mm(a, b);
}

at::Tensor& AddProduct(at::Tensor& out, const at::Tensor& a,
                       const at::Tensor& b, double beta, double alpha) {
  const AllThreads all_threads;
  return out.addmm_(a, b, beta, alpha);
}

}  // namespace caldera::magma
