#ifndef CALDERA_SSL_TOOLS_REPORT_SPECTRUM_PANELS_H_
#define CALDERA_SSL_TOOLS_REPORT_SPECTRUM_PANELS_H_

// The spectra of the features' covariance (eval/diagnostics/spectrum.h) as
// charts of a report: a representation that has collapsed falls off a cliff
// (Jing et al., ICLR 2022, figure 2).
//
//   for (const SpectrumPanel& panel : SpectrumPanels({{"mae", rows}})) ...
//   //   "mean feature of block 5, after the norm"

#include <string>
#include <vector>

#include "ssl/tools/report/result_tables.h"

namespace caldera::ssl {

struct Spectrum {
  size_t run;                  // its place among the runs
  std::vector<double> values;  // above 0, the largest first
};

struct SpectrumPanel {
  std::string title;
  std::vector<Spectrum> curves;
};

// Of each run's last measured block: a panel for each feature, of the runs that
// have it, from rows of task "diagnostics". The last row of a setting counts,
// as the latest; numbers that are not finite or not above 0 end a spectrum.
std::vector<SpectrumPanel> SpectrumPanels(const std::vector<RunResults>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_SPECTRUM_PANELS_H_
