// Reads the features that a flag names: "cls,mean@9" is the class token of the
// last block and the mean of the patch tokens of block 9; "mean@7+9" joins the
// means of blocks 7 and 9.
//
//   absl::StatusOr<EvalSpec> spec = ParseReadoutList("cls,mean@9");
//   auto readouts = ReadoutsOf(*spec, encoder.spec());
//
// ReadoutsOf checks the names and the blocks.
#ifndef CALDERA_EVAL_EMBED_READOUT_LIST_H_
#define CALDERA_EVAL_EMBED_READOUT_LIST_H_

#include <string>

#include "absl/status/statusor.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// Returns a spec whose readouts are those of the list. InvalidArgument for an
// entry that is neither NAME nor NAME@BLOCK with one block or several.
absl::StatusOr<EvalSpec> ParseReadoutList(const std::string& list);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_READOUT_LIST_H_
