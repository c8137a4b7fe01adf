// For tests: makes an optimizer from the text of a spec.
//
//   const auto optimizer = OptimizerOf("sgd { momentum: 0 }", {{"w", w}});
#ifndef CALDERA_SSL_OPTIM_OPTIMIZER_TESTING_H_
#define CALDERA_SSL_OPTIM_OPTIMIZER_TESTING_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/spec_fields.h"
#include "ssl/optim/make_optimizer.h"
#include "ssl/optim/optim.pb.h"
#include "ssl/optim/optimizer.h"

namespace caldera::ssl {

inline std::unique_ptr<Optimizer> OptimizerOf(
    const std::string& text,
    const std::vector<OptimizerParameter>& parameters) {
  OptimizerSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  return MakeOptimizer(spec, parameters);
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_OPTIMIZER_TESTING_H_
