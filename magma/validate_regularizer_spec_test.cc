#include "magma/validate_regularizer_spec.h"

#include <google/protobuf/text_format.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::magma {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

RegularizerSpec Parse(const std::string& text) {
  RegularizerSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
  return spec;
}

TEST(ResolvePairsTest, DefaultIsSecondLastToLast) {
  EXPECT_THAT(*ResolvePairs(RegularizerSpec(), 12), ElementsAre(Pair(10, 11)));
  EXPECT_THAT(*ResolvePairs(RegularizerSpec(), 2), ElementsAre(Pair(0, 1)));
}

TEST(ResolvePairsTest, KeepsOrderAndCountsNegativesFromTheEnd) {
  const RegularizerSpec spec = Parse(
      "pair { reference: -2 target: -1 } pair { reference: 3 target: 11 }"
      "pair { reference: 0 target: 3 }");
  EXPECT_THAT(*ResolvePairs(spec, 12),
              ElementsAre(Pair(10, 11), Pair(3, 11), Pair(0, 3)));
}

TEST(ValidateTest, AcceptsDefaultsAndLimits) {
  EXPECT_TRUE(Validate(RegularizerSpec(), 12).ok());
  EXPECT_TRUE(
      Validate(Parse("pair { reference: -12 target: 11 } fixed: 1e-3"), 12)
          .ok());
  EXPECT_TRUE(Validate(Parse("rbf_scale: 0.5 batch_std {}"), 2).ok());
}

struct ErrorCase {
  std::string spec;
  int64_t num_blocks;
  std::string error;
};

class ErrorTest : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(ErrorTest, NamesTheField) {
  const absl::Status status =
      Validate(Parse(GetParam().spec), GetParam().num_blocks);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, ErrorTest,
    ::testing::Values(
        ErrorCase{"pair { reference: 1 target: 2 }"
                  "pair { reference: 3 target: 12 }",
                  12,
                  "pair[1].target: block 12 does not exist in an encoder of "
                  "12 blocks (0 to 11)"},
        ErrorCase{"pair { reference: -13 target: -1 }", 12,
                  "pair[0].reference: block -13 does not exist in an encoder "
                  "of 12 blocks (0 to 11, or -1 to -12)"},
        ErrorCase{"pair { reference: 4 }", 12,
                  "pair[0].target: is missing; name a block"},
        ErrorCase{"pair { target: 4 }", 12,
                  "pair[0].reference: is missing; name a block"},
        ErrorCase{"pair { reference: -1 target: 11 }", 12,
                  "pair[0]: reference block 11 must come before target block "
                  "11"},
        ErrorCase{"pair { reference: 7 target: 3 }", 12,
                  "pair[0]: reference block 7 must come before target block "
                  "3"},
        ErrorCase{"pair { reference: 10 target: 11 }"
                  "pair { reference: -2 target: -1 }",
                  12, "pair[1]: repeats pair[0], block 10 -> 11"},
        ErrorCase{"", 1,
                  "pair: needs an encoder of at least two blocks; this one "
                  "has 1"},
        ErrorCase{"rbf_scale: 0", 12, "rbf_scale: 0 is not above 0"},
        ErrorCase{"rbf_scale: nan", 12, "rbf_scale: nan is not above 0"},
        ErrorCase{"fixed: -2", 12, "fixed: -2 is not above 0"},
        ErrorCase{"nearest_neighbours { k: 0 }", 12,
                  "nearest_neighbours.k: 0 is not at least 1"},
        ErrorCase{"kernel_neighbours: -1", 12,
                  "kernel_neighbours: -1 is not at least 0; 0 keeps every "
                  "neighbour"},
        ErrorCase{"fixed: inf", 12, "fixed: inf is not finite"}));

}  // namespace
}  // namespace caldera::magma
