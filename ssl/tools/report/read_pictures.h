// Reads the pictures of a run, ready for a page.
//
//   RunPictures found = ReadPictures({"runs/a/images", "figures/runs_a"});
//   found.pictures["attention"];  // "data:image/svg+xml;base64,..."
//   found.hovers["embedding"];    // what a page shows beside the pointer
#ifndef CALDERA_SSL_TOOLS_REPORT_READ_PICTURES_H_
#define CALDERA_SSL_TOOLS_REPORT_READ_PICTURES_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace caldera::ssl {

struct RunPictures {
  std::map<std::string, std::string> pictures;  // data: URIs by kind
  // Of pictures beside which there is a .json of the same name: what
  // ssl/tools/figures/embedding_hover.h says.
  std::map<std::string, nlohmann::json> hovers;
  std::vector<std::string> notes;  // files that are no pictures
};

// Reads the PNG and SVG files of `folders`. The kind is the file's name without
// its extension ("attention"; the run's "reconstructions" is "reconstruction").
// Later folders take precedence over earlier ones, and SVG, which has words,
// over PNG. Pictures of curves (loss, figure2, curves) are left out, since a
// report draws these itself. A folder that does not exist has no pictures.
RunPictures ReadPictures(const std::vector<std::string>& folders);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_READ_PICTURES_H_
