// The fields in which two specs differ, and what each means for a run.
//
//   for (const Change& change : ChangesBetween(before, after)) {
//     std::cout << ChangeText(change);  // data.loader.workers: 1 -> 2
//   }
//
// A field that has a default and is not written out is another value than the
// default: compare resolved specs.
#ifndef CALDERA_SSL_TRAIN_RESUME_EXPERIMENT_CHANGES_H_
#define CALDERA_SSL_TRAIN_RESUME_EXPERIMENT_CHANGES_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "base/part.pb.h"

namespace caldera::ssl {

struct Change {
  std::string path;           // as overrides write it: train.steps
  std::string before, after;  // as specs write it; "none" without a value
  OnResume::Kind kind = OnResume::ANOTHER_EXPERIMENT;
};

// Returns the differences of two messages of one type, in the order of their
// fields. A field without a kind of its own has that of the message's field.
std::vector<Change> ChangesBetween(const google::protobuf::Message& before,
                                   const google::protobuf::Message& after);

// Returns "train.steps: 3 -> 6".
std::string ChangeText(const Change& change);

// Returns a line "caldera.ssl.TrainSpec.log_every_steps FREE" for each field
// that states a kind, in `root` and all messages below it, sorted.
std::vector<std::string> StatedKinds(const google::protobuf::Descriptor& root);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_RESUME_EXPERIMENT_CHANGES_H_
