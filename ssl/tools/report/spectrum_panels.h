// Arranges the spectra of the features' covariance
// (eval/diagnostics/spectrum.h) as charts of a report: the spectrum of a
// collapsed representation drops sharply (Jing et al., ICLR 2022, figure 2).
//
//   for (const SpectrumPanel& panel : SpectrumPanels({{"mae", rows}})) ...
//   //   "mean feature of block 5, after the norm"
#ifndef CALDERA_SSL_TOOLS_REPORT_SPECTRUM_PANELS_H_
#define CALDERA_SSL_TOOLS_REPORT_SPECTRUM_PANELS_H_

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

// Returns a panel for each feature, with each run's spectrum at its last
// measured block, from rows of task "diagnostics". Of several rows of a setting
// the last one counts, as the latest; numbers that are not finite or not above
// 0 end a spectrum.
std::vector<SpectrumPanel> SpectrumPanels(const std::vector<RunResults>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_SPECTRUM_PANELS_H_
