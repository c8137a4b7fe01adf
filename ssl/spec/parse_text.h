// Parses Protobuf text format, with errors that a person can act on.
//
//   absl::Status status = MergeText("epoch: 5", "my.textproto", &train);
//   // InvalidArgument: my.textproto:1: unknown field "epoch" in TrainSpec; did
//   // you mean "epochs"?
#ifndef CALDERA_SSL_SPEC_PARSE_TEXT_H_
#define CALDERA_SSL_SPEC_PARSE_TEXT_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "ssl/spec/field_origins.h"

namespace caldera::ssl {

// Merges `text` into `message`: singular fields are replaced or merged,
// repeated ones appended. `name` stands for the text in errors, which say
// "<name>:<line>: ...". Where `origins` is given, every field that the text
// sets is recorded as "<name>:<line>"; `message` must then be the root.
absl::Status MergeText(const std::string& text, const std::string& name,
                       google::protobuf::Message* message,
                       FieldOrigins* origins = nullptr);

// Returns 'unknown field "epoch" in TrainSpec; did you mean "epochs"?'.
std::string UnknownField(const google::protobuf::Descriptor& message,
                         const std::string& field);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_PARSE_TEXT_H_
