#include "ssl/distributed/gradient_reducer.h"

#include <algorithm>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <unordered_map>
#include <utility>

namespace caldera::ssl {

GradientReducer::GradientReducer(const std::vector<at::Tensor>& parameters,
                                 const Processes& processes,
                                 const GradientReducerOptions& options)
    : processes_(processes), may_skip_parameters_(options.may_skip_parameters) {
  if (processes.single()) return;
  const std::vector<bool> dense(parameters.size(), false);
  auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(
      parameters,
      {static_cast<size_t>(options.first_bucket_bytes),
       static_cast<size_t>(options.bucket_bytes)},
      dense);
  std::reverse(buckets.begin(), buckets.end());  // the last layer comes first
  reducer_ = std::make_shared<c10d::Reducer>(
      parameters, std::move(buckets), processes.group(), dense,
      options.bucket_bytes,
      /*find_unused_parameters=*/options.may_skip_parameters,
      /*gradient_as_bucket_view=*/true,
      std::unordered_map<size_t, std::string>(), options.first_bucket_bytes,
      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
      /*bucket_bytes_cap_list=*/std::vector<int64_t>());
}

GradientReducer::~GradientReducer() = default;

void GradientReducer::Prepare() {
  if (reducer_ == nullptr) return;
  // After the first step the buckets follow the order of the gradients.
  processes_.Meet([this] { reducer_->rebuild_buckets(); });
}

void GradientReducer::Backward(const at::Tensor& loss) {
  if (reducer_ == nullptr) {
    loss.backward();
    return;
  }
  processes_.Meet([&] {
    reducer_->prepare_for_backward(may_skip_parameters_
                                       ? std::vector<at::Tensor>{loss}
                                       : std::vector<at::Tensor>());
    loss.backward();
  });
}

}  // namespace caldera::ssl
