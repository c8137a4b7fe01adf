// Reads event files back.
//
//   std::vector<tensorboard::Event> events = ReadEvents(run + "/tensorboard");
#ifndef CALDERA_SSL_TENSORBOARD_EVENT_FILE_TESTING_H_
#define CALDERA_SSL_TENSORBOARD_EVENT_FILE_TESTING_H_

#include <string>
#include <vector>

#include "ssl/tensorboard/event.pb.h"

namespace caldera::ssl {

// Returns the events of the folder's only file. Expects that every checksum
// verifies.
std::vector<tensorboard::Event> ReadEvents(const std::string& folder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TENSORBOARD_EVENT_FILE_TESTING_H_
