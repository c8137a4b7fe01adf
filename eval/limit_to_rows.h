// Fits the settings of a measurement to the images that there are: 200
// neighbours of 48 training images are 48, a batch of 16,384 of them likewise.
//
//   std::vector<std::string> notes;
//   spec = LimitToRows(spec, /*rows=*/48, &notes);
//   // "eval.knn.k: 200 neighbours of 48 training images are limited to 48"
#ifndef CALDERA_EVAL_LIMIT_TO_ROWS_H_
#define CALDERA_EVAL_LIMIT_TO_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// Returns `spec` (valid) with every k of k-NN and the batch of heads at most
// what `rows` training rows allow, and one head in place of several where too
// few rows are left to choose on. Says in `notes`, if it is not null, what it
// changed. What fits stays as it is.
EvalSpec LimitToRows(EvalSpec spec, int64_t rows,
                     std::vector<std::string>* notes = nullptr);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LIMIT_TO_ROWS_H_
