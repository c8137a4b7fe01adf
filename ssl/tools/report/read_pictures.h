#ifndef CALDERA_SSL_TOOLS_REPORT_READ_PICTURES_H_
#define CALDERA_SSL_TOOLS_REPORT_READ_PICTURES_H_

// The pictures of a run, ready to stand in a page.
//
//   RunPictures found = ReadPictures({"runs/a/images", "figures/runs_a"});
//   found.pictures["attention"];  // "data:image/svg+xml;base64,..."

#include <map>
#include <string>
#include <vector>

namespace caldera::ssl {

struct RunPictures {
  std::map<std::string, std::string> pictures;  // data: URIs by kind
  std::vector<std::string> notes;               // files that are no pictures
};

// PNG and SVG files of `folders`; the kind is the file's name without its end
// ("attention"; the run's "reconstructions" is "reconstruction"). Later folders
// go before earlier ones and SVG, which has words, before PNG. Left out are
// pictures of curves (loss, figure2, curves), which a report draws itself. A
// folder that is not there has none.
RunPictures ReadPictures(const std::vector<std::string>& folders);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_READ_PICTURES_H_
