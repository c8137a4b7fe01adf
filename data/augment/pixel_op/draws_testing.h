// The operations that a spec draws, many times, for tests of their shares.
//
//   ForEachDraw("grayscale: 0.2", [&](const std::vector<PixelOp>& ops) {
//     count += static_cast<int>(ops.size());
//   });
//   EXPECT_NEAR(count / double{kDraws}, 0.2, ShareError(0.2));
#ifndef CALDERA_DATA_AUGMENT_PIXEL_OP_DRAWS_TESTING_H_
#define CALDERA_DATA_AUGMENT_PIXEL_OP_DRAWS_TESTING_H_

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "base/random_stream.h"
#include "base/spec_fields.h"
#include "data/augment/pixel_op/pixel_op.h"
#include "data/augment/pixel_op/pixel_op_part.h"
#include "data/data.pb.h"

namespace caldera::data {

constexpr int kDraws = 20000;

// Calls `see` with each of kDraws draws of an AugmentSpec.
inline void ForEachDraw(
    const std::string& text,
    const std::function<void(const std::vector<PixelOp>&)>& see) {
  AugmentSpec spec;
  ASSERT_TRUE(base::ParseSpec(text, &spec)) << text;
  const auto draws = PixelOpPart::Read(spec);
  ASSERT_TRUE(draws.ok()) << draws.status();
  for (int i = 0; i < kDraws; ++i) {
    base::RandomStream stream(1, "test", 0, i);
    std::vector<PixelOp> ops;
    for (const PixelOpDraw& draw : *draws) draw(stream, &ops);
    see(ops);
  }
}

// Returns five standard errors of a share p of kDraws.
inline double ShareError(double p) {
  return 5 * std::sqrt(p * (1 - p) / kDraws);
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_PIXEL_OP_DRAWS_TESTING_H_
