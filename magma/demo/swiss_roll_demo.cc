#include "magma/demo/swiss_roll_demo.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/corrcoef.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/stack.h>

#include <string>
#include <tuple>

#include "absl/strings/str_format.h"
#include "magma/manifold_loss.h"

namespace caldera::magma {
namespace {

constexpr double kPi = 3.14159265358979323846;

struct Descent {
  at::Tensor points;  // [N, 2], drawn
  double first_loss, last_loss;
};

// Runs gradient descent on the loss with respect to y alone.
//
// The loss alone shrinks y, slowest along the directions that vary least
// between neighbours. The first of these is the root of the degrees, which
// carries no information; it is divided out, as in the loss itself. A column of
// ones, which descends together with y, turns into it. The rest is drawn along
// its two principal axes, each at unit variance.
Descent Descend(const at::Tensor& x, const at::Tensor& start,
                const ManifoldLossOptions& options, int64_t steps) {
  const int64_t count = x.size(0);
  at::Tensor y =
      at::cat({start, at::ones({count, 1}, start.options())}, 1);  // [N, 4]
  // The gradient is 2 / N^2 Lap y and Lap has eigenvalues from 0 to 2.
  const double rate = static_cast<double>(count) * count / 4;
  Descent result;
  result.first_loss = ManifoldLoss(x, start, options).item<double>();
  for (int64_t step = 0; step < steps; ++step) {
    y = y.detach().requires_grad_();
    ManifoldLoss(x, y, options).backward();
    y = y.detach() - rate * y.grad();
  }
  result.last_loss = ManifoldLoss(x, y.narrow(1, 0, 3), options).item<double>();
  at::Tensor z = y.narrow(1, 0, 3) / y.narrow(1, 3, 1);  // [N, 3]
  z = z - z.mean(0, /*keepdim=*/true);
  result.points =
      std::get<0>(at::linalg_svd(z, /*full_matrices=*/false)).narrow(1, 0, 2);
  return result;
}

// Returns the correlation over all pairs of the distances in `a` and `b`, [N,
// any].
double DistanceCorrelation(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor both =
      at::stack({at::cdist(a, a).flatten(), at::cdist(b, b).flatten()});
  return at::corrcoef(both)[0][1].item<double>();
}

std::vector<std::string> Notes(const Descent& descent, int64_t steps,
                               double correlation) {
  return {absl::StrFormat("%d steps, loss %.2g to %.2g", steps,
                          descent.first_loss, descent.last_loss),
          absl::StrFormat("distances correlate with the roll's: %.2f",
                          correlation)};
}

}  // namespace

SwissRollDemo RunSwissRollDemo(int64_t points, uint64_t seed) {
  at::Generator random = at::detail::createCPUGenerator(seed);
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor along = at::rand({points}, random, options);  // [N]
  const at::Tensor across = at::rand({points}, random, options);
  const at::Tensor angle = (1 + 2 * along) * (1.5 * kPi);
  const at::Tensor roll = at::stack(
      {angle * angle.cos(), angle * angle.sin(), across * 10}, 1);   // [N, 3]
  const at::Tensor sheet = at::stack({along * 80, across * 10}, 1);  // [N, 2]
  const at::Tensor shuffled =
      roll.index_select(0, at::randperm(points, random));

  constexpr int64_t kPublishedSteps = 25;
  const Descent published =
      Descend(roll, shuffled, ManifoldLossOptions(), kPublishedSteps);

  constexpr int64_t kLocalSteps = 500;
  ManifoldLossOptions local_options;
  local_options.bandwidth = BandwidthKind::kNearestNeighbours;
  local_options.kernel_neighbours = 10;
  const Descent local = Descend(roll, shuffled, local_options, kLocalSteps);

  SwissRollDemo demo;
  demo.before = DistanceCorrelation(roll, shuffled);
  demo.published = DistanceCorrelation(roll, published.points);
  demo.local = DistanceCorrelation(roll, local.points);
  demo.unrolled = DistanceCorrelation(sheet, local.points);
  std::vector<std::string> local_notes = Notes(local, kLocalSteps, demo.local);
  local_notes.push_back(
      absl::StrFormat("with those along the sheet: %.2f", demo.unrolled));
  demo.panels = {{"layer k: a Swiss roll",
                  {"seen from its end; colour: place along the sheet"},
                  roll.narrow(1, 0, 2),
                  along},
                 {"layer l: the points shuffled",
                  {"each point keeps its colour",
                   absl::StrFormat("distances correlate with the roll's: %.2f",
                                   demo.before)},
                  shuffled.narrow(1, 0, 2),
                  along},
                 {"after descent: the published kernel",
                  Notes(published, kPublishedSteps, demo.published),
                  published.points, along},
                 {"after descent: 10 nearest neighbours", local_notes,
                  local.points, along}};
  return demo;
}

}  // namespace caldera::magma
