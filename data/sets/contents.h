// Says in one line what a data set has, and what in its folders is not read.
//
//   ContentsLine({train, test});
//   // "12,480 images, 37 classes, 2 splits (train 10,000, test 2,480); not
//   //  read: 14 .txt, 2 .mov, 1 empty folder (cat/old)"
#ifndef CALDERA_DATA_SETS_CONTENTS_H_
#define CALDERA_DATA_SETS_CONTENTS_H_

#include <memory>
#include <string>
#include <vector>

#include "data/sets/dataset.h"

namespace caldera::data {

// `opened`: splits of one set from OpenDataset, at least one. Splits that are
// not among them are named without a number. Opens nothing.
std::string ContentsLine(
    const std::vector<std::shared_ptr<const Dataset>>& opened);

// Returns the paths of what is not read, a line each, below a line with kind
// and number; of each kind at most `most`. "" if there is nothing.
std::string NotReadList(
    const std::vector<std::shared_ptr<const Dataset>>& opened, int64_t most);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_CONTENTS_H_
