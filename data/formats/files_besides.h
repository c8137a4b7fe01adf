// Counts what a folder has besides the files that a format reads.
//
//   info.not_read = FilesBesides(folder, listing, {"train.bin", "test.bin"});
#ifndef CALDERA_DATA_FORMATS_FILES_BESIDES_H_
#define CALDERA_DATA_FORMATS_FILES_BESIDES_H_

#include <string>
#include <vector>

#include "data/formats/list_folder.h"
#include "data/formats/not_read.h"

namespace caldera::data {

// Returns the files and folders of `listing`, which is that of `folder`, whose
// names are not in `read`.
NotRead FilesBesides(const std::string& folder, const FolderListing& listing,
                     const std::vector<std::string>& read);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_FILES_BESIDES_H_
