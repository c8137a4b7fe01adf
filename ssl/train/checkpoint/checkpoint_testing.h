// Makes and compares small checkpoints for tests.
//
//   Checkpoint saved = MakeCheckpoint(12);
//   ExpectSame(**LoadLatestCheckpoint(folder), saved);
#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_TESTING_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_TESTING_H_

#include <string>

#include "ssl/train/checkpoint/checkpoint.h"

namespace caldera::ssl {

// Returns random weights of several types and shapes; the state of the
// optimizer contains the step.
Checkpoint MakeCheckpoint(int64_t step);

// Fails the test unless both hold the same names, types and bits.
void ExpectSame(const Checkpoint& a, const Checkpoint& b);

// Returns a new, empty folder under the test's temporary folder.
std::string NewCheckpointFolder(const std::string& name);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_TESTING_H_
