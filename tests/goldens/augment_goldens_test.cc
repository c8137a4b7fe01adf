// Compares augmentations with Pillow and torchvision. Every tensor of the files
// is checked; an unknown name fails.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "data/augment/augment.h"
#include "data/augment/augment_on_device.h"
#include "data/augment/normalize.h"
#include "data/augment/pixel_op/pixel_op_part.h"
#include "nlohmann/json.hpp"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

at::Tensor Done(const at::Tensor& input, const data::PixelOp& op) {
  const at::Tensor out = input.clone();
  op.ApplyTo(
      {out.mutable_data_ptr<uint8_t>(), out.size(0), out.size(1), out.size(2)});
  return out;
}

data::AugmentPlan CropPlan(const at::Tensor& box, bool cubic, int64_t size) {
  data::AugmentPlan plan;
  const int64_t* edge = box.const_data_ptr<int64_t>();
  plan.crop = {edge[0], edge[1], edge[2], edge[3]};
  plan.filter = cubic ? data::Filter::kBicubic : data::Filter::kBilinear;
  plan.resized_height = plan.resized_width = size;
  return plan;
}

// Views are square: the left square of the image, which comes out on the right.
void CheckFlip(const at::Tensor& input, const at::Tensor& golden) {
  const int64_t side = std::min(input.size(1), input.size(2));
  data::AugmentPlan plan;
  plan.crop = {0, 0, side, side};
  plan.resized_height = plan.resized_width = side;
  plan.flip = true;
  const at::Tensor out = data::ApplyAugmentPlan(plan, input, side);
  EXPECT_TRUE(out.equal(
      golden.narrow(1, 0, side).narrow(2, golden.size(2) - side, side)));
}

// A golden is in float, in grey levels where it is not bytes.
double LargestDifference(const at::Tensor& a, const at::Tensor& golden) {
  return (a.to(at::kDouble) - golden.to(at::kDouble).clamp(0, 255))
      .abs()
      .max()
      .item<double>();
}

// Returns `name` without its last "_<number>", and that number in `number`; 0
// without one.
std::string TakeNumber(const std::string& name, double* number) {
  const size_t end = name.rfind('_');
  *number = 0;
  if (end == std::string::npos ||
      !absl::SimpleAtod(name.substr(end + 1), number)) {
    return name;
  }
  return name.substr(0, end);
}

// Applies a transform to `input` by its name in the files; returns an undefined
// tensor for an unknown name.
at::Tensor Transformed(const at::Tensor& input, const std::string& name) {
  double x;
  const std::string kind = TakeNumber(name, &x);
  const auto done = [&](absl::string_view op, double amount, double more = 0) {
    return Done(input, data::PixelOpPart::Make(op, amount, more));
  };
  for (const char* op :
       {"brightness", "contrast", "saturation", "hue", "grayscale"}) {
    if (kind == op) return done(op, x);
  }
  int number;  // at the end of the name
  if (absl::StartsWith(kind, "solarize")) {
    if (absl::SimpleAtoi(kind.substr(8), &number)) {
      return done("solarize", number);
    }
  } else if (kind == "pil_blur") {
    return done("gaussian_blur", x);
  } else if (kind == "pil_equalize") {
    return done("equalize", 0);
  } else if (absl::StartsWith(kind, "blur_k")) {
    if (absl::SimpleAtoi(kind.substr(6), &number)) {
      return done("gaussian_blur", x, number);
    }
  }
  return {};
}

// Returns the tolerance between torchvision's float results and ours on bytes,
// in grey levels.
double FloatTolerance(const std::string& name) {
  // There is one rounding, at the end.
  if (absl::StartsWith(name, "blur_")) return 0.5 + 1e-3;
  // The hue and its shift are truncated to 255ths of a turn, in which a channel
  // moves by up to 6 levels.
  if (absl::StartsWith(name, "hue_")) return 12;
  // The result is truncated to a byte (1); the mean or the luma is rounded
  // (0.5) and then weighed by up to |1 - factor| = 0.6; luma weights have three
  // digits (0.03).
  return 1.4;
}

void CheckNormalize(const GoldenFile& file, const at::Tensor& input,
                    const std::string& of, const at::Tensor& golden) {
  const auto norm = nlohmann::json::parse(file.content().metadata.at("norm"));
  const std::vector<double> mean = norm[of][0], std = norm[of][1];
  const at::Tensor out = data::Normalize(input.unsqueeze(0), mean, std)[0];
  // Values up to 2.7, computed in another order in float32.
  EXPECT_LT((out - golden).abs().max().item<double>(), 1e-6);
}

void CheckTensor(const GoldenFile& file, const std::string& full_name) {
  const std::vector<std::string> parts = absl::StrSplit(full_name, '.');
  const std::string image = parts[0];
  std::string name = full_name.substr(image.size() + 1);
  const at::Tensor input =  // [C, H, W]
      file[image + ".input"].permute({2, 0, 1}).contiguous();
  at::Tensor golden = file[full_name];
  if (name == "input" || absl::EndsWith(name, ".box")) return;
  if (golden.scalar_type() == at::kByte) golden = golden.permute({2, 0, 1});
  if (name == "hflip") return CheckFlip(input, golden);
  if (absl::StartsWith(name, "normalize_")) {
    return CheckNormalize(file, input, name.substr(10), golden);
  }

  if (absl::StartsWith(name, "crop")) {
    const int64_t size = file.Size("crop_size");
    const bool cubic = absl::EndsWith(name, "_bicubic");
    ASSERT_TRUE(cubic || absl::EndsWith(name, "_bilinear"));
    const data::AugmentPlan plan =
        CropPlan(file[image + "." + parts[1] + ".box"], cubic, size);
    if (absl::StrContains(name, ".pil_")) {
      const at::Tensor out = data::ApplyAugmentPlan(plan, input, size);
      EXPECT_EQ(LargestDifference(out, golden), 0);
    } else {
      // On floats, as here, nothing is rounded in between.
      const at::Tensor out = data::AugmentOnDevice(
          {plan}, input.unsqueeze(0).to(at::kFloat), size)[0];
      EXPECT_LT((out - golden).abs().max().item<double>(), 1e-3);
    }
    return;
  }
  const bool exact = !absl::StartsWith(name, "tensor_f32_");
  if (!exact) name = name.substr(11);
  const at::Tensor out = Transformed(input, name);
  ASSERT_TRUE(out.defined()) << "a transform that this test does not know";
  if (!exact) golden = golden * 255;
  EXPECT_LE(LargestDifference(out, golden), exact ? 0 : FloatTolerance(name));
}

TEST(AugmentGoldens, EveryTensor) {
  for (const GoldenFile& file : GoldenFamily("augment")) {
    for (const auto& [name, unused] : file.content().tensors) {
      SCOPED_TRACE(file.name() + ": " + name);
      CheckTensor(file, name);
    }
  }
}

}  // namespace
}  // namespace caldera
