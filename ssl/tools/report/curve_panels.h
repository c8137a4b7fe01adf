#ifndef CALDERA_SSL_TOOLS_REPORT_CURVE_PANELS_H_
#define CALDERA_SSL_TOOLS_REPORT_CURVE_PANELS_H_

// Which charts a report has, and what stands in each.
//
//   for (const PanelGroup& group : CurvePanels({&mae, &m_mae})) ...
//   //   "Loss": "Training loss", "reconstruction"; then "Online probe", ...

#include <string>
#include <vector>

#include "ssl/tools/figures/run_course.h"

namespace caldera::ssl {

struct PanelCurve {
  size_t run;  // its place among the runs
  const Curve* curve;
};

struct Panel {
  std::string key;  // in metrics.jsonl
  std::string title;
  std::string unit;
  std::vector<PanelCurve> curves;  // of the runs that have it
};

struct PanelGroup {
  std::string title;
  std::string caption;
  std::vector<Panel> panels;
};

// A panel for every number that a run logged: the loss and its terms, the
// online probe's accuracies, learning rate and speed, then everything else. A
// weight that is the same in all runs at all steps has none. Groups without
// panels are left out. The curves are those of `runs`, which outlive the
// result.
std::vector<PanelGroup> CurvePanels(const std::vector<const RunCourse*>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_CURVE_PANELS_H_
