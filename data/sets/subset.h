// Makes a data set of some images of another one.
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

// Returns a set whose image i is image rows[i] of `base`. CHECKs that each row
// is in [0, base->size()). If rows ascend, tar shards are still read in
// sequence.
std::shared_ptr<const Dataset> Subset(std::shared_ptr<const Dataset> base,
                                      std::vector<int64_t> rows);

// Returns `count` images at even distances, so that a set sorted by class keeps
// all classes; returns `base` if it has no more than `count`. count >= 1.
std::shared_ptr<const Dataset> EvenlySpaced(std::shared_ptr<const Dataset> base,
                                            int64_t count);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_SUBSET_H_
