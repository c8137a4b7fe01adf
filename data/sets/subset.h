// Some images of a data set, as a data set.
//
//   std::shared_ptr<const Dataset> tenth = Subset(train, {9, 19, 29});
//   tenth->Image(1);  // train->Image(19)
#ifndef CALDERA_DATA_SETS_SUBSET_H_
#define CALDERA_DATA_SETS_SUBSET_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "data/sets/dataset.h"

namespace caldera::data {

// Image i is `base`'s image rows[i], each in [0, base->size()), a CHECK. Where
// rows ascend, the files of a sharded set are still read in sequence.
std::shared_ptr<const Dataset> Subset(std::shared_ptr<const Dataset> base,
                                      std::vector<int64_t> rows);

// `count` of its images at even distances, so that a set sorted by class keeps
// all classes; all of them where there are no more. count >= 1.
std::shared_ptr<const Dataset> EvenlySpaced(std::shared_ptr<const Dataset> base,
                                            int64_t count);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_SUBSET_H_
