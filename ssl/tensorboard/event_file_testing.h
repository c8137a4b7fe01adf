#ifndef CALDERA_SSL_TENSORBOARD_EVENT_FILE_TESTING_H_
#define CALDERA_SSL_TENSORBOARD_EVENT_FILE_TESTING_H_

// Reads event files back.
//
//   std::vector<tensorboard::Event> events = ReadEvents(run + "/tensorboard");

#include <string>
#include <vector>

#include "ssl/tensorboard/event.pb.h"

namespace caldera::ssl {

// The events of the folder's only file. Expects that every checksum verifies.
std::vector<tensorboard::Event> ReadEvents(const std::string& folder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TENSORBOARD_EVENT_FILE_TESTING_H_
