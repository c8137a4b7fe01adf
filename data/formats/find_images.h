// Finds the images of a folder and of all folders below it.
//
//   NotRead not_read;
//   auto images = FindImages("/data/train/cat", &not_read);
//   (*images)[0];     // {"/data/train/cat", {"1.jpg", "2.jpg"}}
//   (*images)[1];     // {"/data/train/cat/more", {"1.jpg"}}
//   not_read.Text();  // "1 .txt"
//
// Symbolic links are followed. A folder is read once, by whatever names it may
// be reached, and a link to a folder above is not followed: neither an endless
// walk nor the whole disk.
#ifndef CALDERA_DATA_FORMATS_FIND_IMAGES_H_
#define CALDERA_DATA_FORMATS_FIND_IMAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/formats/not_read.h"

namespace caldera::data {

struct FolderImages {
  std::string folder;
  std::vector<std::string> files;  // names in `folder`, at least one
};

// Returns the folders with images: `folder`, then those below it in the order
// of their names, each followed by its own. Adds what is no image, and the
// uppermost folders without any, to `not_read`. Errors: those of ListFolder,
// which name the folder that cannot be read.
absl::StatusOr<std::vector<FolderImages>> FindImages(const std::string& folder,
                                                     NotRead* not_read);

// True if FindImages would return any; stops at the first.
absl::StatusOr<bool> HoldsImages(const std::string& folder);

// Adds the images of `folder` to `not_read` too: they belong to nothing that is
// opened.
absl::Status LeaveOut(const std::string& folder, NotRead* not_read);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_FIND_IMAGES_H_
