#include "data/sets/dataset_format.h"

#include <algorithm>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/join_words.h"
#include "base/part.h"
#include "data/formats/not_read.h"

namespace caldera::data {
namespace {

std::vector<DatasetFormat>& Registered() {
  static auto& registered = *new std::vector<DatasetFormat>();
  return registered;
}

bool IsPacked(const std::string& file) {
  for (const char* ending : {".tar.gz", ".tgz", ".zip", ".tar.xz"}) {
    if (absl::EndsWith(file, ending)) return true;
  }
  return false;
}

}  // namespace

bool RegisterDatasetFormat(DatasetFormat format) {
  base::PartDoc doc;
  doc.info.name = format.name;
  doc.info.summary = format.summary;
  doc.seam = DataSpec::descriptor();
  doc.options = format.options;
  base::AddPartDoc(doc);
  std::vector<DatasetFormat>& formats = Registered();
  const auto before = [](const DatasetFormat& a, const DatasetFormat& b) {
    return std::tie(a.rank, a.name) < std::tie(b.rank, b.name);
  };
  formats.insert(
      std::upper_bound(formats.begin(), formats.end(), format, before),
      std::move(format));
  return true;
}

PartSpec GivenOptions(const std::string& format, const DataSpec& spec) {
  PartSpec given;
  given.set_name(format);
  *given.mutable_option() = spec.option();
  return given;
}

const std::vector<DatasetFormat>& DatasetFormats() { return Registered(); }

absl::StatusOr<const DatasetFormat*> RecognizeFormat(
    const std::string& folder) {
  ASSIGN_OR_RETURN(const FolderListing listing, ListFolder(folder));
  std::vector<std::string> to_put;
  for (const DatasetFormat& format : DatasetFormats()) {
    ASSIGN_OR_RETURN(const bool found, format.recognise(folder, listing));
    if (found) return &format;
    to_put.push_back(format.to_put.empty() ? format.title : format.to_put);
  }
  const auto packed =
      std::find_if(listing.others.begin(), listing.others.end(), IsPacked);
  if (packed != listing.others.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": holds ", *packed, " still packed; unpack it"));
  }
  NotRead not_read;
  for (const std::string& name : listing.others) {
    not_read.Add(KindOfFile(name), name);
  }
  const std::string besides = not_read.Text();
  return absl::InvalidArgumentError(
      absl::StrCat(folder, ": holds no data set",
                   besides.empty() ? "" : absl::StrCat(", but ", besides),
                   "; put ", base::JoinWords(to_put, "or"), " there"));
}

}  // namespace caldera::data
