// Paths of fields, as --explain writes them: mae.mask_ratio,
// auxiliary[].weight.
//
//   MessageHomes homes = FindMessageHomes(*Experiment::descriptor(), "");
//   homes[data::AugmentSpec::descriptor()];  // "data.augment"
#ifndef CALDERA_SSL_SPEC_FIELD_PATHS_H_
#define CALDERA_SSL_SPEC_FIELD_PATHS_H_

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <map>
#include <string>

namespace caldera::ssl {

// Returns the field's name in a path; brackets show that it is a list.
std::string PathName(const google::protobuf::FieldDescriptor& field);

// Returns the path of `name` below `path`, which may be empty.
std::string JoinPath(const std::string& path, const std::string& name);

// Returns the number of names in a path.
size_t PathDepth(const std::string& path);

// The path at which each message is explained.
using MessageHomes = std::map<const google::protobuf::Descriptor*, std::string>;

// Chooses it for a message, which has that path itself, and for all below it:
// of the places where one occurs, the first of those with the shortest path.
MessageHomes FindMessageHomes(const google::protobuf::Descriptor& message,
                              const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_FIELD_PATHS_H_
