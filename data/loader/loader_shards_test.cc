// Processes that share the batches of one.
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "data/loader/loader.h"
#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

LoaderOptions Options(int rank, int world_size) {
  LoaderOptions options;
  options.batch_size = 12;
  options.seed = 11;
  options.image_size = 8;
  options.workers = 2;
  options.rank = rank;
  options.world_size = world_size;
  return options;
}

std::unique_ptr<Loader> Make(const LoaderOptions& options, int64_t size) {
  auto loader =
      Loader::Create(std::make_shared<MadeUpDataset>(size, 3, 12, 10), options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  return *std::move(loader);
}

// All processes' next batches, joined in the order of the ranks.
Batch Joined(const std::vector<std::unique_ptr<Loader>>& loaders) {
  std::vector<at::Tensor> index, labels, first, second, crops;
  for (const auto& loader : loaders) {
    const Batch batch = *loader->Next();
    index.push_back(batch.index);
    labels.push_back(batch.labels);
    crops.push_back(batch.crops);
    first.push_back(batch.views[0]);
    second.push_back(batch.views[1]);
  }
  Batch joined;
  joined.index = at::cat(index);
  joined.labels = at::cat(labels);
  joined.crops = at::cat(crops);
  joined.views = {at::cat(first), at::cat(second)};
  return joined;
}

TEST(LoaderShards, TrainingSeesTheGlobalBatchOfOneProcess) {
  for (const int world_size : {1, 2, 3, 4}) {
    std::vector<std::unique_ptr<Loader>> loaders;
    for (int rank = 0; rank < world_size; ++rank) {
      LoaderOptions options = Options(rank, world_size);
      options.shuffle = options.drop_last = true;
      options.views.resize(2);
      options.views[0].mutable_random_resized_crop();
      options.views[1].mutable_random_crop();
      loaders.push_back(Make(options, 40));
      loaders.back()->Seek(1, 1);
    }
    LoaderOptions options = Options(0, 1);
    options.shuffle = options.drop_last = true;
    options.views.resize(2);
    options.views[0].mutable_random_resized_crop();
    options.views[1].mutable_random_crop();
    const auto alone = Make(options, 40);
    alone->Seek(1, 1);
    for (int step = 0; step < 5; ++step) {
      const Batch expected = *alone->Next(), joined = Joined(loaders);
      EXPECT_TRUE(at::equal(joined.index, expected.index));
      EXPECT_TRUE(at::equal(joined.labels, expected.labels));
      EXPECT_TRUE(at::equal(joined.crops, expected.crops));
      EXPECT_TRUE(at::equal(joined.views[0], expected.views[0]));
      EXPECT_TRUE(at::equal(joined.views[1], expected.views[1]));
    }
  }
}

// Microbatch k of all processes, joined, is microbatch k of the batch.
TEST(LoaderShards, PartsAreThoseOfTheWholeBatch) {
  constexpr int kParts = 3, kRows = 12 / kParts / 2;  // of a rank in a part
  LoaderOptions options = Options(0, 1);
  options.shuffle = options.drop_last = true;
  const auto alone = Make(options, 40);
  options.microbatches = kParts;
  const auto cut = Make(options, 40);
  std::vector<std::unique_ptr<Loader>> ranks;
  for (options.rank = 0; options.rank < 2; ++options.rank) {
    options.world_size = 2;
    ranks.push_back(Make(options, 40));
  }
  for (int step = 0; step < 5; ++step) {
    const at::Tensor expected = (*alone->Next()).index;
    EXPECT_TRUE(at::equal((*cut->Next()).index, expected));
    const at::Tensor first = (*ranks[0]->Next()).index;
    const at::Tensor second = (*ranks[1]->Next()).index;
    std::vector<at::Tensor> parts;
    for (int k = 0; k < kParts; ++k) {
      parts.push_back(first.slice(0, k * kRows, (k + 1) * kRows));
      parts.push_back(second.slice(0, k * kRows, (k + 1) * kRows));
    }
    EXPECT_TRUE(at::equal(at::cat(parts), expected));
  }
}

// Sizes that leave a last batch smaller than the number of processes, too.
TEST(LoaderShards, EvaluationCoversEveryImageOnce) {
  for (const int64_t size : {1, 12, 25, 26, 40}) {
    for (int world_size = 1; world_size <= 5; ++world_size) {
      std::multiset<int64_t> seen;
      for (int rank = 0; rank < world_size; ++rank) {
        const auto loader = Make(Options(rank, world_size), size);
        ASSERT_EQ(loader->steps_per_epoch(), (size + 11) / 12);
        for (int64_t step = 0; step < loader->steps_per_epoch(); ++step) {
          const Batch batch = *loader->Next();
          const int64_t count = batch.index.numel();
          EXPECT_EQ(batch.views[0].size(0), count);
          const int64_t* index = batch.index.const_data_ptr<int64_t>();
          seen.insert(index, index + count);
        }
      }
      EXPECT_EQ(seen.size(), size);
      EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), size);
    }
  }
}

std::string Refusal(LoaderOptions options) {
  const auto loader =
      Loader::Create(std::make_shared<MadeUpDataset>(40, 3, 12, 10), options);
  return std::string(loader.status().message());
}

TEST(LoaderShards, RefusesBadRanks) {
  EXPECT_EQ(Refusal(Options(2, 2)),
            "rank: 2 is not in [0, world_size), 2; it is this process's "
            "number");
  EXPECT_EQ(Refusal(Options(-1, 2)).substr(0, 8), "rank: -1");
  EXPECT_EQ(Refusal(Options(0, 0)).substr(0, 13), "world_size: 0");
  LoaderOptions options = Options(0, 5);
  options.drop_last = true;
  EXPECT_EQ(Refusal(options),
            "batch_size: 12 does not divide into the 5 processes; make it a "
            "multiple");
  options = Options(0, 2);
  options.microbatches = 4;
  EXPECT_EQ(
      Refusal(options),
      "microbatches: 4 is not 1, or more together with drop_last; it cuts "
      "batches that are all of one size");
  options.drop_last = true;
  EXPECT_EQ(
      Refusal(options),
      "batch_size: 12 does not divide into the 2 processes x 4 microbatches; "
      "make it a multiple");
  options = Options(0, 1);
  options.repeats = 5;
  EXPECT_EQ(Refusal(options),
            "repeats: 5 does not divide batch_size, 12; change one of them");
}

}  // namespace
}  // namespace caldera::data
