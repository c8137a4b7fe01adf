#include "data/tools/contact_sheet.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "base/spec_fields.h"
#include "data/augment/augment.h"
#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

TEST(ContactSheet, HasTheImageAndItsViewsInARow) {
  const auto dataset = std::make_shared<MadeUpDataset>(5, 3, 64, 64);
  LoaderOptions options;
  options.image_size = 64;
  options.seed = 3;
  options.views.resize(2);
  ASSERT_TRUE(
      base::ParseSpec("solarize { probability: 1 }", &options.views[1]));
  const auto sheet = ContactSheet(dataset, options, /*rows=*/8, /*epoch=*/4);
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  // 5 rows of 3 images, twice as large, with gaps of 4.
  ASSERT_EQ(sheet->sizes(), (at::IntArrayRef{3, 5 * 132 - 4, 3 * 132 - 4}));
  for (int64_t b = 0; b < 5; ++b) {
    const at::Tensor image = *dataset->Image(b);
    for (int64_t column = 0; column < 3; ++column) {
      at::Tensor expected = image;
      if (column > 0) {
        base::RandomStream stream = AugmentStream(3, 4, b, column - 1);
        expected = ApplyAugmentPlan(
            DrawAugmentPlan(Augmentation(options.views[column - 1]), 64, 64,
                            {64, FillOf({0.5})}, stream),
            image, 64);
      }
      const at::Tensor cell = sheet->narrow(1, b * 132, 128)
                                  .narrow(2, column * 132, 128)
                                  .slice(1, 0, 128, 2)
                                  .slice(2, 0, 128, 2);
      EXPECT_TRUE(at::equal(cell, expected)) << b << ", " << column;
    }
  }
}

TEST(ContactSheet, GivesTheLoadersErrors) {
  const auto dataset = std::make_shared<MadeUpDataset>(5, 1, 8, 8);
  dataset->bad_image = 2;
  LoaderOptions options;
  options.image_size = 8;
  EXPECT_EQ(ContactSheet(dataset, options, 8, 0).status().message(),
            "made_up, image 2: images.bin: checksum differs");
}

}  // namespace
}  // namespace caldera::data
