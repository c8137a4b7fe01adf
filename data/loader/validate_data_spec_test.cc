#include "data/loader/validate_data_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/spec_fields.h"

namespace caldera::data {
namespace {

using ::testing::StartsWith;

DataSpec Parse(const std::string& text) {
  DataSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec));
  return spec;
}

TEST(ValidateDataSpec, AcceptsDefaultsAndBounds) {
  EXPECT_TRUE(Validate(DataSpec()).ok());
  for (const char* text :
       {"augment { random_resized_crop {} }",
        "augment { horizontal_flip: 0 random_resized_crop { min_scale: 1 } }",
        "augment { horizontal_flip: 1 }", "loader { workers: 0 prefetch: 1 }",
        "augment { random_resized_crop { min_ratio: 1 max_ratio: 1 } }",
        "split: 'train+unlabeled'", "mean: 0 std: 1",
        "mean: [0.5, 0.4, 0.3] std: [0.1, 0.2, 0.3] class_list: 'a.txt'",
        "shuffle_buffer: 1 decode { max_pixels: 1 } png_bits: 16",
        "augment { random_crop { padding: 0 } three_augment {} }",
        "augment { center_crop { share: 1 } rand_augment {} }",
        "augment { gaussian_blur { kernel_size: 23 } random_erasing {} }",
        // SimCLR: two views alike. VICReg's may differ.
        "view { count: 2 random_resized_crop {} color_jitter {} }",
        "view { gaussian_blur {} } view { solarize {} grayscale: 0.2 }",
        "augment { custom { name: 'posterize' option: 'bits=2' } }",
        "view { random_resized_crop {} } view { random_resized_crop {} "
        "inside_view: 0 }",
        "loader { on_device: true } augment { random_resized_crop {} equalize: "
        "0 "
        "}",
        "loader { repeats: 3 on_bad_image: SKIP }"}) {
    EXPECT_TRUE(Validate(Parse(text)).ok()) << text;
  }
}

TEST(ValidateDataSpec, NamesTheFieldAndItsValue) {
  const std::pair<const char*, const char*> cases[] = {
      {"dataset: ''", "dataset: ''"},
      {"augment { horizontal_flip: 1.5 }",
       "augment.horizontal_flip: 1.5 is not in [0, 1]"},
      {"augment { horizontal_flip: nan }", "augment.horizontal_flip: nan"},
      {"augment { random_resized_crop {} inside_view: 0 }",
       "augment.inside_view: 0 is no earlier view, of which there are 0"},
      {"view { count: 2 random_resized_crop {} } view { random_resized_crop {} "
       "inside_view: 2 }",
       "view[1].inside_view: 2 is no earlier view, of which there are 2"},
      {"view { random_resized_crop {} } view { inside_view: 0 }",
       "view[1].inside_view: 0 cuts one random_resized_crop out of another, "
       "which this one does not have"},
      {"view { random_crop {} } view { random_resized_crop {} inside_view: 0 }",
       "view[1].inside_view: 0 cuts one random_resized_crop out of another, "
       "which that view does not have"},
      {"augment { random_resized_crop { min_scale: 0 } }",
       "augment.random_resized_crop.min_scale: 0 is not in (0, 1]"},
      {"augment { random_resized_crop { max_scale: 1.1 } }",
       "augment.random_resized_crop.max_scale: 1.1 is not in (0, 1]"},
      {"augment { random_resized_crop { min_scale: 0.9 max_scale: 0.5 } }",
       "augment.random_resized_crop.min_scale: 0.9 is above max_scale, 0.5"},
      {"augment { random_resized_crop { min_ratio: -1 } }",
       "augment.random_resized_crop.min_ratio: -1 is not above 0"},
      {"augment { random_resized_crop { max_ratio: inf } }",
       "augment.random_resized_crop.max_ratio: inf is not finite"},
      {"augment { random_resized_crop { min_ratio: 2 } }",
       "augment.random_resized_crop.min_ratio: 2 is above max_ratio"},
      {"split: 'valid'", "split: 'valid' is no split; did you mean"},
      {"class_list: ''", "class_list: '' names no file"},
      {"mean: 0.5", "std: has 0 values and mean has 1"},
      {"mean: [0.5, 0.5] std: [0.5, 0.5]", "mean: has 2 values"},
      {"mean: 127.5 std: 0.5", "mean[0]: 127.5 is not in [0, 1]"},
      {"mean: [0, 0, nan] std: [1, 1, 1]", "mean[2]: nan is not in [0, 1]"},
      {"mean: 0.5 std: 0", "std[0]: 0 is not in (0, 1]"},
      {"shuffle_buffer: 0", "shuffle_buffer: 0 is not in [1, "},
      {"decode { max_pixels: 0 }", "decode.max_pixels: 0 is not at least 1"},
      {"png_bits: 17", "png_bits: 17 is not in [0, 16]; it counts bits"},
      {"png_bits: -1", "png_bits: -1 is not in [0, 16]; it counts bits"},
      {"augment { random_crop { padding: -1 } }",
       "augment.random_crop.padding: -1 is not in [0, 4096]"},
      {"augment { center_crop { share: 0 } }",
       "augment.center_crop.share: 0 is not in [0.01, 1]"},
      {"augment { color_jitter { hue: 0.6 } }",
       "augment.color_jitter.hue: 0.6 is not in [0, 0.5]"},
      {"augment { color_jitter { brightness: -1 } }",
       "augment.color_jitter.brightness: -1 is not in"},
      {"augment { grayscale: 2 }", "augment.grayscale: 2 is not in [0, 1]"},
      {"augment { gaussian_blur { kernel_size: 4 } }",
       "augment.gaussian_blur.kernel_size: 4 is neither 0 nor odd"},
      {"augment { gaussian_blur { min_sigma: 0 } }",
       "augment.gaussian_blur.min_sigma: 0 is not in (0, 1000]"},
      {"augment { gaussian_blur { min_sigma: 3 } }",
       "augment.gaussian_blur.min_sigma: 3 is above max_sigma, 2"},
      {"augment { solarize { threshold: 257 } }",
       "augment.solarize.threshold: 257 is not in [0, 256]"},
      {"augment { equalize: nan }", "augment.equalize: nan"},
      {"augment { rand_augment { magnitude: 11 } }",
       "augment.rand_augment.magnitude: 11 is not in [0, 10]"},
      {"augment { random_erasing { max_area: 0 } }",
       "augment.random_erasing.max_area: 0 is not in (0, 1]"},
      {"augment { custom { name: 'posterise' } }",
       "augment.custom[0].name: \"posterise\" is not a registered part of this "
       "kind; did you mean \"posterize\"?"},
      {"view { custom { name: 'invert' } custom { name: 'rotate' option: "
       "'max=181' } }",
       "view[0].custom[1].option[0]: max=181 is not in [0, 180]"},
      {"augment { count: 2 }", "augment.count: 2 is not 1; for several"},
      {"augment {} view {}", "augment: is given beside `view`"},
      {"view {} view { horizontal_flip: 7 }", "view[1].horizontal_flip: 7"},
      {"view { count: 0 }", "view[0].count: 0 is not in [1, 256]"},
      {"view { count: 200 } view { count: 57 }", "view: 257 views are more"},
      {"loader { on_device: true } augment { color_jitter {} }",
       "loader.on_device: true, but a view has color_jitter"},
      {"loader { on_device: true } augment { equalize: 0.1 }",
       "loader.on_device: true, but a view has equalize"},
      {"loader { on_device: true } augment { custom { name: 'invert' } }",
       "loader.on_device: true, but a view has custom"},
      {"loader { on_device: true } view { random_crop {} }",
       "loader.on_device: true, but a view has random_crop"},
      {"loader { repeats: 0 }", "loader.repeats: 0 is not in [1, 255]"},
      {"loader { workers: -1 }", "loader.workers: -1 is not in [0, 256]"},
      {"loader { prefetch: 0 }", "loader.prefetch: 0 is not in [1, 1024]"},
  };
  for (const auto& [text, message] : cases) {
    const absl::Status status = Validate(Parse(text));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), StartsWith(message));
  }
}

}  // namespace
}  // namespace caldera::data
