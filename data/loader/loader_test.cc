#include "data/loader/loader.h"

#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/spec_fields.h"
#include "data/loader/batch_testing.h"
#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

LoaderOptions Training(int workers) {
  LoaderOptions options;
  options.batch_size = 4;
  options.seed = 11;
  options.image_size = 8;
  options.shuffle = true;
  options.workers = workers;
  options.prefetch = 3;
  AugmentSpec& view = options.views.emplace_back();
  EXPECT_TRUE(base::ParseSpec("random_resized_crop {} color_jitter {}", &view));
  return options;
}

std::unique_ptr<Loader> Make(const LoaderOptions& options, int64_t size = 22,
                             int64_t height = 12, int64_t width = 10) {
  auto dataset = std::make_shared<MadeUpDataset>(size, 3, height, width);
  dataset->slow = options.workers > 0;
  auto loader = Loader::Create(dataset, options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  return *std::move(loader);
}

std::vector<Batch> Take(Loader& loader, int count) {
  std::vector<Batch> batches;
  for (int i = 0; i < count; ++i) {
    auto batch = loader.Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    batches.push_back(*std::move(batch));
  }
  return batches;
}

void ExpectEqual(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.step, b.step);
  EXPECT_TRUE(at::equal(a.index, b.index));
  EXPECT_TRUE(at::equal(a.labels, b.labels));
  EXPECT_TRUE(at::equal(CropsOf(a, 8), CropsOf(b, 8)));
  ASSERT_EQ(a.views.size(), b.views.size());
  for (size_t v = 0; v < a.views.size(); ++v) {
    EXPECT_TRUE(at::equal(a.views[v], b.views[v]));
  }
}

TEST(Loader, BatchesAreTheSameForAnyNumberOfWorkers) {
  const std::vector<Batch> expected = Take(*Make(Training(0)), 15);
  for (const int workers : {1, 2, 8}) {
    const std::vector<Batch> batches = Take(*Make(Training(workers)), 15);
    for (int i = 0; i < 15; ++i) ExpectEqual(batches[i], expected[i]);
  }
}

TEST(Loader, SeekContinuesAsIfUndisturbed) {
  const std::vector<Batch> expected = Take(*Make(Training(0)), 20);
  for (const int workers : {0, 2}) {
    const auto used = Make(Training(workers));
    for (int64_t i = 17; i >= 0; --i) {
      used->Seek(i / 6, i % 6);
      for (int k = 0; k < 3; ++k) ExpectEqual(*used->Next(), expected[i + k]);
      const auto fresh = Make(Training(workers));
      fresh->Seek(0, i);  // counts on past the epoch's end
      ExpectEqual(*fresh->Next(), expected[i]);
    }
  }
}

TEST(Loader, CoversAnEpochExactly) {
  for (const bool shuffle : {false, true}) {
    for (const bool drop_last : {false, true}) {
      LoaderOptions options = Training(2);
      options.shuffle = shuffle;
      options.drop_last = drop_last;
      const auto loader = Make(options);
      ASSERT_EQ(loader->steps_per_epoch(), drop_last ? 5 : 6);
      for (int64_t epoch = 0; epoch < 3; ++epoch) {
        std::multiset<int64_t> seen;
        for (int64_t step = 0; step < loader->steps_per_epoch(); ++step) {
          const Batch batch = *loader->Next();
          EXPECT_EQ(batch.epoch, epoch);
          EXPECT_EQ(batch.step, step);
          const int64_t count = step == 5 ? 2 : 4;
          EXPECT_EQ(batch.views[0].sizes(), (at::IntArrayRef{count, 3, 8, 8}));
          EXPECT_EQ(batch.labels.sizes(), at::IntArrayRef{count});
          EXPECT_EQ(batch.index.sizes(), at::IntArrayRef{count});
          for (int64_t b = 0; b < count; ++b) {
            const int64_t index = batch.index.const_data_ptr<int64_t>()[b];
            EXPECT_EQ(batch.labels.const_data_ptr<int64_t>()[b], index % 4 - 1);
            if (!shuffle) {
              EXPECT_EQ(index, step * 4 + b);
            }
            seen.insert(index);
          }
        }
        EXPECT_EQ(seen.size(), drop_last ? 20 : 22);
        EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(),
                  seen.size());
      }
    }
  }
}

TEST(Loader, StepsAreCountedAtTheEdges) {
  for (const auto& [size, batch, drop, steps] :
       std::vector<std::tuple<int, int, bool, int>>{{8, 4, false, 2},
                                                    {8, 4, true, 2},
                                                    {9, 4, false, 3},
                                                    {7, 4, true, 1},
                                                    {4, 4, true, 1},
                                                    {1, 4, false, 1}}) {
    LoaderOptions options = Training(1);
    options.batch_size = batch;
    options.drop_last = drop;
    EXPECT_EQ(Make(options, size)->steps_per_epoch(), steps);
  }
}

TEST(Loader, EvaluationOnlyResizes) {
  LoaderOptions options = Training(1);
  options.shuffle = false;
  options.views.clear();
  const auto loader = Make(options, 22, 8, 8);
  const MadeUpDataset dataset(22, 3, 8, 8);
  for (const Batch& batch : Take(*loader, 6)) {
    for (int64_t b = 0; b < batch.index.size(0); ++b) {
      EXPECT_TRUE(
          at::equal(batch.views[0][b],
                    *dataset.Image(batch.index.const_data_ptr<int64_t>()[b])));
    }
  }
}

TEST(Loader, AugmentationFollowsTheImageAndTheEpoch) {
  LoaderOptions options = Training(2);
  const std::vector<Batch> shuffled = Take(*Make(options), 12);
  options.shuffle = false;
  options.batch_size = 22;
  const std::vector<Batch> plain = Take(*Make(options), 2);
  // An image's view is the same at any position of any batch.
  for (const Batch& batch : shuffled) {
    for (int64_t b = 0; b < batch.index.size(0); ++b) {
      const int64_t index = batch.index.const_data_ptr<int64_t>()[b];
      EXPECT_TRUE(
          at::equal(batch.views[0][b], plain[batch.epoch].views[0][index]));
    }
  }
  EXPECT_FALSE(at::equal(plain[0].views[0], plain[1].views[0]));
}

TEST(Loader, GivesOrdinaryTensorsAndLeavesTheCallersThreads) {
  const int threads = at::get_num_threads();
  const Batch batch = *Make(Training(2))->Next();
  EXPECT_EQ(at::get_num_threads(), threads);
  EXPECT_FALSE(batch.views[0].is_inference());
  EXPECT_TRUE(batch.views[0].is_contiguous());
  EXPECT_TRUE(batch.views[0].to(at::kFloat).requires_grad_().requires_grad());
}

int64_t ThreadsOfThisProcess() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

TEST(Loader, WorkersStartNoTeamsOfTheirOwn) {
  const int threads = at::get_num_threads();
  at::set_num_threads(4);  // what a trainer on many cores has
  const int64_t before = ThreadsOfThisProcess();
  // Large enough that ATen would split the copy of a crop over its threads.
  const auto loader = Make(Training(2), 22, 500, 500);
  Take(*loader, 4);
  EXPECT_EQ(ThreadsOfThisProcess(), before + 2);
  at::set_num_threads(threads);
}

}  // namespace
}  // namespace caldera::data
