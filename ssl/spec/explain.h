// Explains what a spec may say: every field by its path, with type, default,
// range and meaning, and the parts that a program has. All of it comes from the
// .proto files and from what parts say of themselves when they register.
//
//   Explain(*Experiment::descriptor(), "train.keep_checkpoints");
//   // "train.keep_checkpoints  integer, default 2\n"
//   // "    the newest N stay\n"
//
// Caveat: a program explains the parts that are linked into it.
#ifndef CALDERA_SSL_SPEC_EXPLAIN_H_
#define CALDERA_SSL_SPEC_EXPLAIN_H_

#include <google/protobuf/descriptor.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::ssl {

// Returns the explanation of a field of `root`, or of a part, and of all that
// lies below it. path: as overrides write it; the entries of a list may be
// written list, list[] or list[0]; a part is called by its name. "": all of
// `root`, of each field only as much as fits a line or two. Errors:
// InvalidArgument for a path that does not exist.
absl::StatusOr<std::string> Explain(const google::protobuf::Descriptor& root,
                                    absl::string_view path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_EXPLAIN_H_
