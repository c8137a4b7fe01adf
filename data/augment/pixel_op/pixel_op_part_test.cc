#include "data/augment/pixel_op/pixel_op_part.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/spec_fields.h"

namespace caldera::data {
namespace {

// The operation of the header's example; this test links none of
// data/augment/ops.
struct PosterizeOptions {
  int64_t bits = 4;
  void List(base::OptionList& list) {
    list.Add("bits", &bits, "[0, 8]", "the highest bits, which stay");
  }
};

const bool kPosterize = PixelOpPart::Register<PosterizeOptions>(
    {"posterize", "Keeps the highest bits of each value."},
    {[](const ByteImage& image, const PixelOp& op) {
       const int mask = 0xff00 >> static_cast<int>(op.amount) & 0xff;
       for (int64_t i = 0; i < image.size(); ++i) image.data[i] &= mask;
     },
     PixelOpKind::kLast,
     {/*place=*/1}},
    [](const PosterizeOptions& options, base::RandomStream&) {
      return PixelOp{static_cast<double>(options.bits)};
    },
    [](const PosterizeOptions& options) {
      return options.bits != 7
                 ? absl::OkStatus()
                 : absl::InvalidArgumentError("option: bits=7 is odd");
    });

const bool kInvert =
    PixelOpPart::Register({"invert", "Inverts all values."},
                          {[](const ByteImage& image, const PixelOp&) {
                             for (int64_t i = 0; i < image.size(); ++i) {
                               image.data[i] = 255 - image.data[i];
                             }
                           },
                           PixelOpKind::kLast,
                           {/*place=*/0}});

const bool kBoth = PixelOpPart::RegisterGroup<base::NoOptions>(
    {"both", "Applies both."}, /*order=*/10,
    [](const base::NoOptions&, base::RandomStream&, std::vector<PixelOp>* ops) {
      ops->push_back(PixelOpPart::Make("posterize", 1));
      ops->push_back(PixelOpPart::Make("invert"));
    });

// Draws one image's operations and applies them to four values.
std::vector<uint8_t> Done(const std::string& text, size_t expected_ops) {
  AugmentSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  const auto draws = PixelOpPart::Read(spec);
  EXPECT_TRUE(draws.ok()) << draws.status();
  base::RandomStream stream(1, "test", 0, 0);
  std::vector<PixelOp> ops;
  for (const PixelOpDraw& draw : *draws) draw(stream, &ops);
  EXPECT_EQ(ops.size(), expected_ops) << text;
  std::vector<uint8_t> bytes = {0, 77, 128, 255};
  for (const PixelOp& op : ops) op.ApplyTo({bytes.data(), 1, 2, 2});
  return bytes;
}

using Bytes = std::vector<uint8_t>;

TEST(PixelOpPart, IsDrawnAndApplied) {
  EXPECT_EQ(Done("", 0), (Bytes{0, 77, 128, 255}));
  EXPECT_EQ(Done("custom { name: 'posterize' option: 'bits=1' "
                 "option: 'probability=1' }",
                 1),
            (Bytes{0, 0, 128, 128}));
  EXPECT_EQ(Done("custom { name: 'posterize' option: 'probability=0' }", 0),
            (Bytes{0, 77, 128, 255}));
  EXPECT_EQ(Done("custom { name: 'both' }", 2), (Bytes{255, 255, 127, 127}));
}

TEST(PixelOpPart, ChecksItsOptions) {
  AugmentSpec spec;
  ASSERT_TRUE(
      base::ParseSpec("custom { name: 'posterize' option: 'bits=7' }", &spec));
  EXPECT_EQ(PixelOpPart::Read(spec).status().message(),
            "custom[0].option: bits=7 is odd");
}

TEST(PixelOpPart, ListsRandAugmentsMembersByPlace) {
  const auto members = PixelOpPart::RandAugmentMembers();
  ASSERT_EQ(members.size(), 2);
  EXPECT_EQ(members[0]->name, "invert");
  EXPECT_EQ(members[1]->name, "posterize");
}

TEST(PixelOpPart, MakesAnOperation) {
  const PixelOp op = PixelOpPart::Make("posterize", 2, 3);
  EXPECT_EQ(op.amount, 2);
  EXPECT_EQ(op.more[0], 3);
  EXPECT_EQ(op.kind->name, "posterize");
  EXPECT_DEATH(PixelOpPart::Make("none"), "none is no registered operation");
}

}  // namespace
}  // namespace caldera::data
