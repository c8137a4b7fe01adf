// Checks a RegularizerSpec and resolves its block numbers.
//
//   absl::StatusOr<std::vector<std::pair<int64_t, int64_t>>> pairs =
//       magma::ResolvePairs(spec, /*num_blocks=*/12);  // {{10, 11}} for an
//       empty spec
//
// Errors are InvalidArgumentError; their text begins with the field's path
// relative to the message: "pair[1].target: block 12 does not exist in an
// encoder of 12 blocks (0 to 11)". The caller adds the file.
#ifndef CALDERA_MAGMA_VALIDATE_REGULARIZER_SPEC_H_
#define CALDERA_MAGMA_VALIDATE_REGULARIZER_SPEC_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "magma/regularizer.pb.h"

namespace caldera::magma {

// Returns OK if the spec can regularize an encoder of `num_blocks` blocks: its
// numbers are in range, and ResolvePairs accepts its pairs.
absl::Status Validate(const RegularizerSpec& spec, int64_t num_blocks);

// Returns the (reference, target) blocks in the spec's order, numbered from 0,
// each reference below its target; {(num_blocks - 2, num_blocks - 1)} where the
// spec has none. A block that does not exist, reference >= target, and a pair
// given twice are errors.
absl::StatusOr<std::vector<std::pair<int64_t, int64_t>>> ResolvePairs(
    const RegularizerSpec& spec, int64_t num_blocks);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_VALIDATE_REGULARIZER_SPEC_H_
