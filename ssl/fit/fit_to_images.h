// Chooses what a spec with fit {} leaves open, from the number of its images
// and the machine.
//
//   const Fitted fitted = FitToImages(given, /*images=*/5000, machine);
//   fitted.choices;     // an Experiment with the chosen fields alone
//   fitted.reasons[0];  // "train { batch_size: 64 }: ..."
//
// Nothing is chosen that `given` has. Later choices follow from earlier fields,
// whoever chose them: the length of the run follows from the batch.
//
// Caveat: the rules are sensible beginnings (docs/photos.md), not the result of
// a search.
#ifndef CALDERA_SSL_FIT_FIT_TO_IMAGES_H_
#define CALDERA_SSL_FIT_FIT_TO_IMAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ssl/experiment/experiment.pb.h"
#include "ssl/fit/machine.h"

namespace caldera::ssl {

struct Fitted {
  Experiment choices;
  std::vector<std::string> reasons;  // "<fields as a spec>: <why>"
};

// given: with its parents and overrides merged, before defaults are filled in.
// images: to train on, at least 1.
Fitted FitToImages(const Experiment& given, int64_t images,
                   const Machine& machine);

// Returns the same choices as an earlier run made: a resumed run must not
// choose anew because photos or memory were added. `earlier` is resolved.
Fitted ChoicesOf(const Experiment& given, const Experiment& earlier);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_FIT_FIT_TO_IMAGES_H_
