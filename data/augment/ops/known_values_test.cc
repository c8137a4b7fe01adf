// The values of all operations, against those of Pillow, and what they have in
// common.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

constexpr int64_t kHeight = 7, kWidth = 8;

std::vector<uint8_t> Made(int64_t channels) {
  std::vector<uint8_t> bytes;
  for (int j = 0; j < channels * kHeight * kWidth; ++j) {
    bytes.push_back(static_cast<uint8_t>(31 + 7 * j + j * j));
  }
  return bytes;
}

std::vector<uint8_t> Done(const PixelOp& op, std::vector<uint8_t> bytes) {
  const auto channels = static_cast<int64_t>(bytes.size()) / (kHeight * kWidth);
  op.ApplyTo({bytes.data(), channels, kHeight, kWidth});
  return bytes;
}

PixelOp Bilinear(const char* name, double amount) {
  return PixelOpPart::Make(name, amount, /*more=*/1);
}

// Returns the operations of this folder, blurs of both kinds among them.
std::vector<PixelOp> AllOps(double amount, int taps) {
  std::vector<PixelOp> ops = {PixelOpPart::Make("gaussian_blur", amount, taps)};
  for (const char* name :
       {"autocontrast", "brightness", "contrast", "equalize", "gaussian_blur",
        "grayscale", "hue", "invert", "posterize", "rotate", "saturation",
        "sharpness", "shear_x", "shear_y", "solarize", "solarize_add",
        "translate_x", "translate_y"}) {
    ops.push_back(PixelOpPart::Make(name, amount));
  }
  return ops;
}

struct Known {
  PixelOp op;
  std::vector<uint8_t> expected;
};

// From Pillow 13.0.0: Image.rotate, Image.transform with AFFINE,
// ImageEnhance.Sharpness and ImageOps, with a fill of 128.
TEST(PixelOps, ArePillowsOnGrey) {
  const Known kKnown[] = {
      {PixelOpPart::Make("rotate", 20),
       {128, 128, 42,  75,  65,  65,  103, 128, 28,  82,  205, 66,  12,  110,
        188, 237, 143, 220, 201, 0,   122, 64,  138, 144, 171, 182, 167, 145,
        230, 86,  200, 50,  0,   39,  86,  235, 105, 90,  123, 118, 206, 164,
        90,  81,  180, 156, 141, 253, 128, 136, 223, 47,  173, 5,   128, 128}},
      {Bilinear("rotate", -27),
       {128, 147, 170, 127, 72,  67,  128, 128, 128, 111, 192, 200, 219, 44,
        83,  103, 180, 65,  126, 117, 45,  41,  45,  92,  165, 100, 148, 190,
        198, 93,  132, 131, 195, 86,  138, 136, 105, 86,  138, 201, 171, 82,
        150, 221, 99,  179, 118, 128, 128, 128, 96,  82,  131, 134, 20,  128}},
      {PixelOpPart::Make("shear_x", 0.27),
       {31,  40,  51,  63,  78, 94,  113, 131, 158, 186, 238, 138, 0,   49,
        88,  110, 163, 245, 78, 21,  87,  136, 195, 128, 57,  115, 174, 249,
        58,  109, 181, 128, 59, 177, 189, 33,  157, 178, 10,  128, 126, 52,
        209, 149, 112, 101, 0,  128, 91,  160, 52,  89,  249, 152, 128, 128}},
      {Bilinear("shear_y", -0.3),
       {31,  39,  128, 128, 128, 128, 128, 128, 133, 113, 87,  61,  75,  128,
        128, 128, 144, 179, 207, 220, 28,  71,  107, 129, 27,  117, 199, 23,
        39,  60,  73,  111, 217, 67,  127, 172, 178, 87,  155, 183, 139, 145,
        119, 219, 112, 76,  121, 191, 112, 211, 47,  137, 162, 103, 203, 71}},
      {PixelOpPart::Make("translate_x", 0.4),
       {64,  79,  96,  115, 131, 128, 128, 128, 186, 0,   44,  80,  109, 128,
        128, 128, 0,   72,  121, 173, 215, 128, 128, 128, 207, 210, 37,  139,
        193, 128, 128, 128, 192, 33,  155, 181, 10,  128, 128, 128, 168, 203,
        71,  146, 0,   128, 128, 128, 154, 27,  180, 239, 95,  128, 128, 128}},
      {PixelOpPart::Make("translate_y", -0.2),
       {128, 128, 128, 128, 128, 128, 128, 128, 13,  19,  27,  36,  85,  99,
        114, 132, 104, 119, 136, 192, 23,  47,  72,  99,  177, 210, 244, 91,
        3,   80,  123, 168, 24,  110, 161, 87,  203, 69,  128, 226, 162, 36,
        140, 233, 114, 96,  171, 94,  198, 152, 81,  166, 162, 85,  176, 0}},
      {PixelOpPart::Make("sharpness", 1.81),
       {31,  39,  49,  61,  75,  91, 109, 129, 151, 198, 240, 255, 0,   10,
        44,  105, 143, 206, 255, 0,  34,  114, 180, 209, 7,   22,  112, 204,
        255, 10,  108, 185, 255, 46, 152, 255, 0,   114, 255, 33,  119, 246,
        0,   140, 255, 26,  188, 9,  111, 215, 65,  173, 27,  139, 253, 113}},
      {PixelOpPart::Make("sharpness", 0.19),
       {31,  39,  49,  61,  75,  91, 109, 129, 151, 151, 161, 157, 43,  59,
        93,  105, 143, 159, 185, 85, 83,  99,  133, 209, 7,   103, 129, 157,
        171, 91,  125, 185, 255, 95, 137, 181, 98,  131, 149, 33,  119, 167,
        96,  125, 171, 107, 141, 9,  111, 215, 65,  173, 27,  139, 253, 113}},
      {PixelOpPart::Make("posterize", 2),
       {0,   0,   0,   0,   64,  64, 64,  128, 128, 128, 192, 192, 0,   0,
        64,  64,  128, 128, 192, 0,  0,   64,  128, 192, 0,   0,   64,  128,
        192, 0,   64,  128, 192, 64, 128, 192, 0,   64,  192, 0,   64,  192,
        0,   128, 192, 64,  128, 0,  64,  192, 64,  128, 0,   128, 192, 64}},
  };
  for (const Known& known : kKnown) {
    EXPECT_EQ(Done(known.op, Made(1)), known.expected) << known.op.kind->name;
  }
  std::vector<uint8_t> narrow = Made(1);
  for (uint8_t& v : narrow) v = v / 3 + 40;
  EXPECT_EQ(Done(PixelOpPart::Make("autocontrast"), narrow),
            (std::vector<uint8_t>{
                27,  36,  45,  57,  72,  88,  106, 127, 148, 173, 200, 227,
                0,   30,  66,  103, 139, 182, 224, 9,   54,  103, 154, 206,
                3,   60,  118, 179, 242, 48,  115, 182, 255, 66,  142, 218,
                39,  121, 203, 30,  115, 206, 36,  130, 224, 63,  163, 6,
                109, 212, 60,  170, 24,  136, 251, 109}));
}

// Each operation treats all channels alike, except those that mix channels.
TEST(PixelOps, TreatChannelsAlone) {
  const std::set<std::string> mixing = {"contrast", "saturation", "hue",
                                        "grayscale"};
  for (const PixelOp& op : AllOps(/*amount=*/1.3, /*taps=*/3)) {
    const std::string& name = op.kind->name;
    if (mixing.count(name) > 0) continue;
    const std::vector<uint8_t> made = Made(3), out = Done(op, made);
    // Fewer than 256 pixels are not equalized.
    EXPECT_EQ(out == made, name == "equalize") << name;
    for (int c = 0; c < 3; ++c) {
      const auto begin = c * kHeight * kWidth, end = begin + kHeight * kWidth;
      EXPECT_EQ(Done(op, {made.begin() + begin, made.begin() + end}),
                std::vector<uint8_t>(out.begin() + begin, out.begin() + end))
          << name;
    }
  }
}

TEST(PixelOps, LeaveGreyWithoutColourAlone) {
  for (const char* name : {"saturation", "hue", "grayscale"}) {
    const PixelOp op = PixelOpPart::Make(name, 0.3);
    EXPECT_EQ(Done(op, Made(1)), Made(1));
    EXPECT_NE(Done(op, Made(3)), Made(3));
  }
}

TEST(PixelOps, NeutralAmountsChangeNothing) {
  for (const auto& [name, amount] :
       std::vector<std::pair<std::string, double>>{{"brightness", 1},
                                                   {"contrast", 1},
                                                   {"saturation", 1},
                                                   {"sharpness", 1},
                                                   {"gaussian_blur", 0},
                                                   {"solarize", 256},
                                                   {"solarize_add", 0},
                                                   {"posterize", 8},
                                                   {"rotate", 0},
                                                   {"shear_x", 0},
                                                   {"translate_y", 0}}) {
    EXPECT_EQ(Done(PixelOpPart::Make(name, amount), Made(3)), Made(3)) << name;
  }
  EXPECT_EQ(Done(PixelOpPart::Make("posterize", 0), Made(3)),
            std::vector<uint8_t>(3 * kHeight * kWidth, 0));
}

// The smallest images, where every neighbour is an edge.
TEST(PixelOps, TakeOnePixel) {
  for (const PixelOp& op : AllOps(/*amount=*/0.2, /*taps=*/5)) {
    const std::string& name = op.kind->name;
    std::vector<uint8_t> pixel{10, 200, 30};
    op.ApplyTo({pixel.data(), 3, 1, 1});
    if (name == "gaussian_blur" || name == "rotate" || name == "equalize") {
      EXPECT_EQ(pixel, (std::vector<uint8_t>{10, 200, 30})) << name;
    }
  }
}

}  // namespace
}  // namespace caldera::data
