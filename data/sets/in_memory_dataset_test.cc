#include "data/sets/in_memory_dataset.h"

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

namespace caldera::data {
namespace {

TEST(InMemoryDataset, ServesViewsOfItsBlocks) {
  DatasetInfo info;
  info.name = "mine";
  const at::Tensor all =  // [5, 1, 2, 3]
      at::arange(30, at::kByte).view({5, 1, 2, 3});
  const auto set = MakeInMemoryDataset(
      info, {{all.slice(0, 0, 2), {4, -1}}, {all.slice(0, 2), {7, 8, 9}}});
  ASSERT_EQ(set->size(), 5);
  const int64_t labels[] = {4, -1, 7, 8, 9};
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(set->Label(i), labels[i]);
    EXPECT_EQ(set->Image(i)->const_data_ptr<uint8_t>(),
              all.const_data_ptr<uint8_t>() + 6 * i);
  }
  EXPECT_EQ(set->info().channels, 1);
  EXPECT_EQ(set->info().height, 2);
  EXPECT_EQ(set->info().width, 3);
  EXPECT_EQ(set->info().mean, std::vector<double>{0.5});
}

TEST(InMemoryDataset, KeepsKnownStatistics) {
  DatasetInfo info;
  info.mean = info.std = {0.1, 0.2, 0.3};
  const at::Tensor image = at::arange(12, at::kByte).view({1, 3, 2, 2});
  EXPECT_EQ(MakeInMemoryDataset(info, {{image, {0}}})->info().mean, info.mean);
  EXPECT_EQ(MakeInMemoryDataset({}, {{image, {0}}})->info().mean,
            (std::vector<double>{0.485, 0.456, 0.406}));
}

}  // namespace
}  // namespace caldera::data
