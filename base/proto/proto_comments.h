// The comments of the .proto files, which say what a field of a spec means.
//
//   CommentOf(*PartSpec::descriptor()->FindFieldByName("option"));
//   // "key=value"
//
// The C++ of a message has no comments; `proto` in
// third_party/bazel/caldera.bzl writes them into every program that uses the
// message.
#ifndef CALDERA_BASE_PROTO_PROTO_COMMENTS_H_
#define CALDERA_BASE_PROTO_PROTO_COMMENTS_H_

#include <google/protobuf/descriptor.h>

#include <string>

namespace caldera::base {

// Returns the comments before and behind a declaration as one line, or "" if
// there are none.
std::string CommentOf(const google::protobuf::Descriptor& message);
std::string CommentOf(const google::protobuf::FieldDescriptor& field);
std::string CommentOf(const google::protobuf::EnumDescriptor& type);
std::string CommentOf(const google::protobuf::EnumValueDescriptor& value);

// For `proto`: adds a serialized FileDescriptorSet with its comments, which
// stays where it is. Call it before the first CommentOf.
bool AddComments(const unsigned char* bytes, int size);

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROTO_PROTO_COMMENTS_H_
