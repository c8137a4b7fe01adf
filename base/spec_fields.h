// The fields of a spec's messages, among them those that parts add from their
// own .proto files (extensions), which texts and errors name without their
// package.
//
//   FindField(*OptimizerSpec::descriptor(), "sgd");  // caldera.ssl.sgd
//   WithFullNames("sgd { momentum: 0.9 } ", *OptimizerSpec::descriptor());
//   // "[caldera.ssl.sgd] { momentum: 0.9 } ", which TextFormat reads
//   ParseSpec("sgd {}", &optimizer);  // for tests and literals
//   SpecText(optimizer);              // "sgd { }"
#ifndef CALDERA_BASE_SPEC_FIELDS_H_
#define CALDERA_BASE_SPEC_FIELDS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace caldera::base {

// Returns the fields of a message, in the order of their declaration, followed
// by its extensions that are linked into the program, in the order of their
// names.
std::vector<const google::protobuf::FieldDescriptor*> FieldsOf(
    const google::protobuf::Descriptor& message);

// Returns the field or extension of that name, or null.
const google::protobuf::FieldDescriptor* FindField(
    const google::protobuf::Descriptor& message, absl::string_view name);

// Returns the text of a `root` with the full name of every extension, and with
// quotes around a bare word that is the value of a text field: specs may write
// `kind: REGRESSOR`. Lines stay where they are. A text with an error may stay
// as it is.
std::string WithFullNames(const std::string& text,
                          const google::protobuf::Descriptor& root);

// Parses a text into `message`, as specs are parsed; returns false for a text
// with an error.
bool ParseSpec(const std::string& text, google::protobuf::Message* message);

// Returns the text of a spec on one line, with the names that specs write:
// extensions without their package, the name of a part without quotes.
// ParseSpec reads it.
std::string SpecText(const google::protobuf::Message& message);

// Returns the same with a line a field, as files have it.
std::string SpecLines(const google::protobuf::Message& message);

// Writes out every default of the messages that are set.
void FillDefaults(google::protobuf::Message* message);

}  // namespace caldera::base

#endif  // CALDERA_BASE_SPEC_FIELDS_H_
