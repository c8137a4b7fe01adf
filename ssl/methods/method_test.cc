#include "ssl/methods/method.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

// Returns a batch of 4 samples in which every tensor is defined, with two masks
// an image.
DeviceBatch FullBatch() {
  DeviceBatch batch;
  batch.views.resize(2);
  batch.draws.emplace();
  ForEachTensor(batch, [](at::Tensor& tensor) {
    tensor = at::arange(12).view({4, 3});
  });
  ForEachTensor(batch.draws->mask.mask, [](at::Tensor& tensor) {
    tensor = at::arange(24).view({8, 3});
  });
  return batch;
}

TEST(DeviceBatch, ASliceHasTheRowsOfEveryTensor) {
  DeviceBatch batch = FullBatch();
  DeviceBatch slice = SliceBatch(batch, 1, 3);
  const auto all = RowTensors(batch), sliced = RowTensors(slice);
  // Two views, labels, index and targets; 6 draws of the mask, 3 of the
  // corruption, 2 of the drop path; 3 of the corrupted images.
  ASSERT_EQ(all.size(), 2 + 3 + 6 + 3 + 2 + 3);
  ASSERT_EQ(sliced.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    const int64_t rows = all[i]->size(0) / 4;
    EXPECT_TRUE(at::equal(*sliced[i], all[i]->slice(0, rows, 3 * rows))) << i;
  }
  EXPECT_EQ(slice.draws->mask.mask.ids_keep.size(0), 4);
  EXPECT_EQ(batch.index.size(0), 4);
}

TEST(DeviceBatch, TensorsThatAreUndefinedHaveNoRows) {
  DeviceBatch batch;
  batch.index = at::arange(4);
  EXPECT_EQ(RowTensors(batch).size(), 1);
  EXPECT_FALSE(SliceBatch(batch, 0, 2).draws.has_value());
  batch.draws.emplace().drop_path = at::arange(4);
  EXPECT_EQ(RowTensors(batch).size(), 2);
}

// Draws the samples' numbers, and counts how often.
class Counting : public Method {
 public:
  Counting() : Method({}) {}
  Draws Draw(const DeviceBatch& batch,
             const base::Streams& /*streams*/) const override {
    ++count;
    Draws draws;
    draws.drop_path = batch.index;
    return draws;
  }
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& /*streams*/) override {
    StepOutput out;
    out.embedding = batch.draws.value().drop_path;
    return out;
  }
  vit::Encoder& encoder() override { return *encoder_; }
  vit::StateDict NamedState() const override { return {}; }

  mutable int count = 0;

 private:
  std::shared_ptr<vit::Encoder> encoder_;
};

TEST(Method, DrawsOnceAndKeepsWhatWasDrawn) {
  Counting method;
  DeviceBatch batch;
  batch.index = at::arange(4);
  batch.views = {at::arange(4)};
  EXPECT_TRUE(at::equal(method.Step(batch, {}).embedding, batch.index));
  EXPECT_EQ(method.count, 1);
  batch.draws.emplace().drop_path = at::arange(5, 9);
  EXPECT_TRUE(at::equal(method.Step(batch, {}).embedding, at::arange(5, 9)));
  EXPECT_EQ(method.count, 1);
}

}  // namespace
}  // namespace caldera::ssl
