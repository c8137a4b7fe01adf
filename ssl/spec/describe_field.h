// What is said of a field of a spec's message: its type, default, range and
// meaning, from the .proto file.
//
//   DescribeField(*TrainSpec::descriptor()->FindFieldByName("batch_size"));
//   // {"batch_size", "integer", "256", "", "over all processes"}
#ifndef CALDERA_SSL_SPEC_DESCRIBE_FIELD_H_
#define CALDERA_SSL_SPEC_DESCRIBE_FIELD_H_

#include <google/protobuf/descriptor.h>

#include <string>

#include "base/option_list.h"

namespace caldera::ssl {

// Returns true if the field's value is a message.
bool IsMessage(const google::protobuf::FieldDescriptor& field);

// Returns lines of text: the field's comment, that of its message or its enum,
// and those of the enum's values. A field without a comment has the summary of
// the part that it names and what its range says of the value; without these
// the first line is empty.
std::string MeaningOf(const google::protobuf::FieldDescriptor& field);

// Returns what is said of a field that is not a message.
base::OptionDoc DescribeField(const google::protobuf::FieldDescriptor& field);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_DESCRIBE_FIELD_H_
