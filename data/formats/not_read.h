// What lies in the folders or archives of a set and is not read as an image:
// counted by kind, so that nothing is left out in silence.
//
//   NotRead not_read;
//   not_read.Add(".txt", "/data/cats/readme.txt");
//   not_read.Add("empty folder", "/data/cats/old");
//   not_read.Text();  // "1 .txt, 1 empty folder (/data/cats/old)"
//
// A kind is an ending (".mov") or the words for one thing ("empty folder");
// several things take an s. No LibTorch here.
#ifndef CALDERA_DATA_FORMATS_NOT_READ_H_
#define CALDERA_DATA_FORMATS_NOT_READ_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace caldera::data {

class NotRead {
 public:
  // The paths that are kept of a kind, the first ones: a set of a million
  // images may have a million captions.
  static constexpr int64_t kKept = 1000;

  struct Kind {
    int64_t count = 0;
    std::vector<std::string> paths;  // at most kKept
  };

  void Add(const std::string& kind, const std::string& path);
  // Adds several things of a kind, some of which have paths.
  void Add(const std::string& name, const Kind& kind);
  // Adds all of `other`, which names other paths.
  void Add(const NotRead& other);

  const std::map<std::string, Kind>& kinds() const { return kinds_; }
  bool empty() const { return kinds_.empty(); }

  // Returns the kinds with their counts, the most frequent first; a kind that
  // is there once or twice and is no ending names its paths. `root` is left out
  // of the paths. "" if there is nothing.
  std::string Text(const std::string& root = "") const;

 private:
  std::map<std::string, Kind> kinds_;
};

// Returns the kind of a file by its name: ".txt", in lower case; "file without
// an ending" if there is none; ".heic (install libheif1 to read them)" if an
// image format needs a package that is not there (data/decode/image_format.h).
std::string KindOfFile(const std::string& name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_NOT_READ_H_
