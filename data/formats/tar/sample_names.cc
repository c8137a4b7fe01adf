#include "data/formats/tar/sample_names.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/formats/tar/tar_format.h"

namespace caldera::data {

absl::StatusOr<std::vector<std::string>> SampleNames(
    const ShardFile& shard, const std::vector<TarSample>& samples) {
  const ReadAt read_at = [&](int64_t offset, int64_t size) {
    return shard.Read(offset, size);
  };
  ASSIGN_OR_RETURN(TarListing listing,
                   ListTar(shard.size(), read_at, shard.path()));
  std::vector<std::string> names;
  names.reserve(samples.size());
  // Both are in the order of the archive, so that a link, which has the bytes
  // of another member, finds its own name.
  auto member = listing.members.begin();
  for (const TarSample& sample : samples) {
    member =
        std::find_if(member, listing.members.end(), [&](const TarMember& one) {
          return one.offset == sample.offset && one.size == sample.size;
        });
    if (member == listing.members.end()) {
      return absl::DataLossError(absl::StrCat(
          shard.path(), ": has no image of ", sample.size, " bytes at byte ",
          sample.offset,
          " any more; leave the shards unchanged while they are read"));
    }
    names.push_back(std::move(member->name));
    ++member;
  }
  return names;
}

}  // namespace caldera::data
