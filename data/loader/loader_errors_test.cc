#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "data/loader/bad_images.h"
#include "data/loader/loader.h"
#include "data/sets/dataset_testing.h"
#include "data/sets/subset.h"

namespace caldera::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

LoaderOptions Options(int workers) {
  LoaderOptions options;
  options.batch_size = 4;
  options.image_size = 8;
  options.workers = workers;
  return options;
}

std::shared_ptr<MadeUpDataset> MadeUp(int64_t size) {
  return std::make_shared<MadeUpDataset>(size, 1, 8, 8);
}

std::string Refusal(std::shared_ptr<const Dataset> dataset,
                    const LoaderOptions& options) {
  const auto loader = Loader::Create(std::move(dataset), options);
  EXPECT_EQ(loader.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(loader.status().message());
}

TEST(LoaderCreate, RefusesBadOptions) {
  LoaderOptions options = Options(1);
  options.batch_size = 0;
  EXPECT_THAT(Refusal(MadeUp(9), options), StartsWith("batch_size: 0"));
  options = Options(1);
  options.image_size = 0;
  EXPECT_THAT(Refusal(MadeUp(9), options), StartsWith("image_size: 0"));
  EXPECT_THAT(Refusal(MadeUp(9), Options(-1)), StartsWith("workers: -1"));
  options = Options(1);
  options.prefetch = 0;
  EXPECT_THAT(Refusal(MadeUp(9), options), StartsWith("prefetch: 0"));
  options = Options(1);
  options.views.resize(2);
  options.views[1].set_horizontal_flip(2);
  EXPECT_THAT(Refusal(MadeUp(9), options),
              StartsWith("views[1].horizontal_flip: 2"));
  EXPECT_THAT(Refusal(MadeUp(0), Options(1)),
              StartsWith("dataset: made_up holds no images"));
}

TEST(LoaderCreate, PlansAloneNeedImagesOfOneSize) {
  LoaderOptions options = Options(0);
  options.plans_only = true;
  options.views.resize(1);
  EXPECT_TRUE(Loader::Create(MadeUp(9), options).ok());
  const auto wide = std::make_shared<MadeUpDataset>(9, 1, 8, 12);
  EXPECT_THAT(Refusal(wide, options),
              StartsWith("on_device: made_up does not have square images"));
  options.views[0].mutable_random_resized_crop();
  EXPECT_TRUE(Loader::Create(wide, options).ok());
  EXPECT_THAT(Refusal(std::make_shared<MadeUpDataset>(9, 1, 0, 0), options),
              StartsWith("on_device: made_up"));
}

TEST(LoaderCreate, RefusesABatchThatCannotBeFilled) {
  LoaderOptions options = Options(1);
  options.drop_last = true;
  EXPECT_THAT(Refusal(MadeUp(3), options),
              AllOf(StartsWith("batch_size: 4 is more than the 3 images of "
                               "made_up"),
                    HasSubstr("make it 3 or less")));
  options.drop_last = false;
  EXPECT_TRUE(Loader::Create(MadeUp(3), options).ok());
}

TEST(LoaderNext, SurfacesAnErrorAtItsStepAndStays) {
  for (const int workers : {0, 1, 3}) {
    const auto dataset = MadeUp(20);
    dataset->bad_image = 9;  // in step 2
    auto loader = *Loader::Create(dataset, Options(workers));
    EXPECT_EQ(loader->Next()->step, 0);
    EXPECT_EQ(loader->Next()->step, 1);
    for (int again = 0; again < 2; ++again) {
      const auto batch = loader->Next();
      EXPECT_EQ(batch.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_EQ(batch.status().message(),
                "made_up, image 9: images.bin: checksum differs");
    }
    loader->Seek(0, 3);
    EXPECT_EQ(loader->Next()->step, 3);
  }
}

// A machine that has no memory left when image 1 is decoded.
class WithoutMemory : public MadeUpDataset {
 public:
  explicit WithoutMemory(bool throws)
      : MadeUpDataset(20, 1, 8, 8), throws_(throws) {}

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    if (i != 1) return MadeUpDataset::Image(i);
    if (throws_) throw std::bad_alloc();
    return absl::ResourceExhaustedError("WebP: not enough memory");
  }

 private:
  bool throws_;
};

TEST(LoaderNext, AMachineWithoutMemoryMakesNoImageBad) {
  for (const bool throws : {false, true}) {
    for (const bool leave_out : {false, true}) {
      LoaderOptions options = Options(2);
      options.on_bad_image = LoaderSpec::SKIP;
      options.leave_out = leave_out;
      options.bad_images = std::make_shared<BadImages>();
      auto loader =
          *Loader::Create(std::make_shared<WithoutMemory>(throws), options);
      EXPECT_EQ(loader->Next().status().code(),
                absl::StatusCode::kResourceExhausted);
      EXPECT_EQ(options.bad_images->count(), 0);
    }
  }
}

TEST(LoaderNext, TurnsExceptionsAndOddImagesIntoErrors) {
  for (const int workers : {0, 2}) {
    const auto dataset = MadeUp(20);
    dataset->throwing_image = 1;
    dataset->odd_image = 5;
    auto loader = *Loader::Create(dataset, Options(workers));
    auto batch = loader->Next();
    EXPECT_EQ(batch.status().code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(batch.status().message()),
                AllOf(HasSubstr("made_up"), HasSubstr("thrown by Image")));
    loader->Seek(0, 1);
    batch = loader->Next();
    EXPECT_THAT(
        std::string(batch.status().message()),
        StartsWith("made_up, image 5: has shape [2, 2] of Byte, expected"));
  }
}

TEST(LoaderSkip, PutsTheSameOtherInTheBadOnesPlace) {
  std::vector<std::vector<int64_t>> orders;
  for (const int workers : {0, 1, 3}) {
    const auto dataset = MadeUp(20);
    dataset->bad_image = 9;
    LoaderOptions options = Options(workers);
    options.on_bad_image = LoaderSpec::SKIP;
    auto loader = *Loader::Create(dataset, options);
    std::vector<int64_t>& order = orders.emplace_back();
    for (int step = 0; step < 10; ++step) {  // two epochs
      const auto batch = loader->Next();
      ASSERT_TRUE(batch.ok()) << batch.status();
      for (int64_t b = 0; b < 4; ++b) {
        const int64_t index = batch->index.const_data_ptr<int64_t>()[b];
        order.push_back(index);
        EXPECT_EQ(batch->labels.const_data_ptr<int64_t>()[b], index % 4 - 1);
        EXPECT_TRUE(batch->views[0][b].equal(*dataset->Image(index)));
      }
    }
    EXPECT_EQ(loader->bad_images(), 1);
    for (int64_t i = 0; i < 40; ++i) {
      EXPECT_NE(order[i], 9);
      if (i % 20 != 9) {
        EXPECT_EQ(order[i], i % 20);
      }
    }
    EXPECT_EQ(order, orders[0]);
  }
}

TEST(LoaderSkip, ReportsEachOnceByItsName) {
  const auto dataset = MadeUp(20);
  dataset->bad_image = 9;
  LoaderOptions options = Options(0);
  options.on_bad_image = LoaderSpec::SKIP;
  auto loader = *Loader::Create(dataset, options);
  ::testing::internal::CaptureStderr();
  for (int step = 0; step < 15; ++step) ASSERT_TRUE(loader->Next().ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  const std::string name = "made_up, image 9: images.bin: checksum differs";
  const size_t first = log.find(name);
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find(name, first + 1), std::string::npos) << log;
}

TEST(LoaderLeaveOut, TheBatchHasFewerRows) {
  for (const int workers : {0, 3}) {
    const auto dataset = MadeUp(11);
    dataset->bad_image = 5;
    LoaderOptions options = Options(workers);
    options.on_bad_image = LoaderSpec::SKIP;
    options.leave_out = true;
    options.bad_images = std::make_shared<BadImages>();
    std::vector<int64_t> order;
    for (int round = 0; round < 2; ++round) {  // two loaders of one set
      auto loader = *Loader::Create(dataset, options);
      for (int step = 0; step < 3; ++step) {
        const auto batch = loader->Next();
        ASSERT_TRUE(batch.ok()) << batch.status();
        const int64_t rows = batch->index.numel();
        EXPECT_EQ(rows, step == 0 ? 4 : 3);
        EXPECT_EQ(batch->views[0].size(0), rows);
        EXPECT_EQ(batch->labels.numel(), rows);
        EXPECT_EQ(batch->plans[0].size(), rows);
        for (int64_t b = 0; b < rows; ++b) {
          const int64_t index = batch->index.const_data_ptr<int64_t>()[b];
          EXPECT_TRUE(batch->views[0][b].equal(*dataset->Image(index)));
          order.push_back(index);
        }
      }
    }
    EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 0,
                                              1, 2, 3, 4, 6, 7, 8, 9, 10));
    EXPECT_EQ(options.bad_images->count(), 1);
  }
}

TEST(LoaderLeaveOut, ABatchMayBeEmptyAndFailStillFails) {
  const auto dataset = MadeUp(8);
  dataset->all_bad_but = 7;
  LoaderOptions options = Options(0);
  options.leave_out = true;
  EXPECT_FALSE((*Loader::Create(dataset, options))->Next().ok());
  options.on_bad_image = LoaderSpec::SKIP;
  auto loader = *Loader::Create(dataset, options);
  EXPECT_EQ(loader->Next()->index.numel(), 0);
  EXPECT_EQ(loader->Next()->index.numel(), 1);
  EXPECT_EQ(loader->bad_images(), 7);
}

// A subset names its images by their numbers in the complete set.
TEST(LoaderNext, NamesTheImageOfTheCompleteSet) {
  const auto dataset = MadeUp(20);
  dataset->bad_image = 9;
  auto loader = *Loader::Create(Subset(dataset, {8, 9}), Options(0));
  EXPECT_EQ(loader->Next().status().message(),
            "made_up, image 9: images.bin: checksum differs");
}

// The disk fails in the midst of an epoch: an error, not an endless search.
TEST(LoaderSkip, GivesUpWhereNothingCanBeRead) {
  for (const int workers : {0, 2}) {
    const auto dataset = MadeUp(5000);
    LoaderOptions options = Options(workers);
    options.on_bad_image = LoaderSpec::SKIP;
    dataset->all_bad_but = 0;
    auto loader = *Loader::Create(dataset, options);
    const auto batch = loader->Next();
    EXPECT_EQ(batch.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(batch.status().message()),
                AllOf(HasSubstr("images.bin: checksum differs"),
                      HasSubstr("check the data set")));
  }
}

// Every state that a loader can be left in; a hang fails by the test's timeout.
TEST(LoaderDestructor, NeverHangs) {
  for (int round = 0; round < 20; ++round) {
    const auto dataset = MadeUp(1000);
    dataset->slow = true;
    if (round % 3 == 1) dataset->bad_image = 2;
    auto loader = *Loader::Create(dataset, Options(4));
    if (round % 4 == 0) continue;  // not started
    (void)loader->Next();
    if (round % 2 == 0) loader->Seek(1, round);  // in the midst of making
  }
}

}  // namespace
}  // namespace caldera::data
