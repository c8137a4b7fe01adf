#include "ssl/distributed/gather.h"

#include <torch/csrc/autograd/custom_function.h>

namespace caldera::ssl {
namespace {

class GatherFunction : public torch::autograd::Function<GatherFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& rows,
                            const Processes* processes) {
    context->saved_data["processes"] =
        static_cast<int64_t>(reinterpret_cast<intptr_t>(processes));
    return processes->Gather(rows);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      const torch::autograd::variable_list& gradients) {
    const auto* processes = reinterpret_cast<const Processes*>(
        static_cast<intptr_t>(context->saved_data["processes"].toInt()));
    const at::Tensor sum = processes->Sum(gradients[0]);  // [P b, ...]
    const int64_t rows = sum.size(0) / processes->size();
    return {sum.narrow(0, processes->rank() * rows, rows), at::Tensor()};
  }
};

}  // namespace

at::Tensor GatherRows(const at::Tensor& rows, const Processes& processes) {
  return processes.single() ? rows : GatherFunction::apply(rows, &processes);
}

magma::Exchange MakeExchange(const Processes& processes) {
  magma::Exchange exchange;
  exchange.rank = processes.rank();
  exchange.size = processes.size();
  exchange.gather = [&processes](const at::Tensor& rows) {
    return processes.Gather(rows);
  };
  exchange.sum = [&processes](const at::Tensor& part) {
    return processes.Sum(part);
  };
  return exchange;
}

}  // namespace caldera::ssl
