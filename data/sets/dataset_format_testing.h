// Opens folders for the tests of formats.
//
//   auto train = OpenAs("cifar10", folder, Split::kTrain, info);
#ifndef CALDERA_DATA_SETS_DATASET_FORMAT_TESTING_H_
#define CALDERA_DATA_SETS_DATASET_FORMAT_TESTING_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "data/sets/dataset_format.h"
#include "data/sets/open_dataset.h"

namespace caldera::data {

// Returns what the registered format of that name opens, whatever the names of
// the folder's files. NotFound: there is no such format.
inline OpenedDataset OpenAs(const std::string& format,
                            const std::string& folder, Split split,
                            DatasetInfo info, const DataSpec& spec = {}) {
  for (const DatasetFormat& one : DatasetFormats()) {
    if (one.name != format) continue;
    return one.open(folder, split, std::move(info), spec);
  }
  return absl::NotFoundError(format);
}

struct Opened {
  int64_t size, num_classes;
  std::string first_class;  // "": there are no classes
  double first_mean;
};

// Expects that OpenDataset recognises `folder`, and what it tells of the
// training images.
inline void ExpectOpens(const std::string& folder, const Opened& expected) {
  const OpenedDataset set = OpenDataset(folder, Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  const DatasetInfo& info = (*set)->info();
  EXPECT_EQ(info.name, folder);
  EXPECT_EQ((*set)->size(), expected.size);
  EXPECT_EQ(info.num_classes, expected.num_classes);
  ASSERT_EQ(info.class_names.size(), expected.num_classes);
  if (expected.num_classes > 0) {
    EXPECT_EQ(info.class_names[0], expected.first_class);
  }
  ASSERT_EQ(info.mean.size(), info.channels);
  ASSERT_EQ(info.std.size(), info.channels);
  EXPECT_EQ(info.mean[0], expected.first_mean);
  EXPECT_TRUE((*set)->Image(0).ok());
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_DATASET_FORMAT_TESTING_H_
