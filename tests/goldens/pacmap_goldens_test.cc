// Compares PaCMAP with the Python package on scikit-learn's digits. PaCMAP is
// random, so ranges are compared: pacmap_digits.safetensors holds the digits
// and the quality of twelve of the package's planes (benchmarks/reference/
// pacmap_reference.py golden).
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <vector>

#include "eval/knn/nearest_neighbours.h"
#include "eval/pacmap/pacmap.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

// Returns the ten nearest other points of each point: [N, 10].
at::Tensor Nearest(const at::Tensor& points) {
  const at::Tensor found =
      eval::NearestNeighbours(points, points, 11, eval::KnnSpec::EUCLIDEAN)
          .index;
  const at::Tensor self =
      at::arange(points.size(0), found.options()).unsqueeze(1);
  // Where equal points come first, the last neighbour is dropped.
  const at::Tensor order = found.eq(self).to(at::kInt).argsort(
      /*stable=*/true, /*dim=*/1, /*descending=*/false);
  return found.gather(1, order).slice(1, 0, 10);
}

// Returns the triplets whose order of distances holds: bool [T].
at::Tensor Nearer(const at::Tensor& points, const at::Tensor& triplets) {
  const at::Tensor p = points.to(at::kDouble);
  const at::Tensor a = p.index_select(0, triplets[0]);
  return (a - p.index_select(0, triplets[1])).square().sum(1) <
         (a - p.index_select(0, triplets[2])).square().sum(1);
}

// Computes the same as pacmap_reference.py's quality().
at::Tensor Quality(const at::Tensor& x, const at::Tensor& y,
                   const at::Tensor& labels) {
  const at::Tensor in_plane = Nearest(y), in_space = Nearest(x);
  const at::Tensor votes = at::one_hot(labels.index({in_plane})).sum(1);
  const at::Tensor triplets = at::randint(
      0, x.size(0), {3, 400000}, at::detail::createCPUGenerator(0), at::kLong);
  const at::Tensor kept =
      in_plane.unsqueeze(2).eq(in_space.unsqueeze(1)).any(2);  // [N, 10]
  return at::stack(
      {votes.argmax(1).eq(labels).to(at::kDouble).mean(),
       (Nearer(x, triplets) == Nearer(y, triplets)).to(at::kDouble).mean(),
       kept.to(at::kDouble).mean()});
}

TEST(PacmapGoldens, QualityIsInThePackagesRange) {
  for (const GoldenFile& file : GoldenFamily("pacmap_")) {
    const at::Tensor x = file["features"].to(at::kFloat);
    const at::Tensor labels = file["labels"].to(at::kLong);
    const at::Tensor package = file["package"];  // [12, 3]
    const at::Tensor low = package.amin(0), high = package.amax(0);
    std::vector<at::Tensor> ours;
    for (const uint64_t seed : {0, 1, 2, 3, 4, 5}) {
      eval::PacmapOptions options;
      options.seed = seed;
      const auto plane = eval::Pacmap(x, options);
      ASSERT_TRUE(plane.ok()) << plane.status();
      ours.push_back(Quality(x, *plane, labels));
      // One plane is no further below the package's worst than its twelve are
      // apart.
      EXPECT_TRUE(ours.back().ge(low - (high - low)).all().item<bool>())
          << "seed " << seed << ":\n"
          << ours.back();
    }
    // The mean of all planes is within the range of the package's.
    const at::Tensor mean = at::stack(ours).mean(0);
    EXPECT_TRUE(mean.ge(low).all().item<bool>()) << mean << low;
  }
}

}  // namespace
}  // namespace caldera
