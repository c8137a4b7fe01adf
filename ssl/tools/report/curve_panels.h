// Chooses the charts of a report and the curves in each.
//
//   for (const PanelGroup& group : CurvePanels({&mae, &m_mae})) ...
//   //   "Loss": "Training loss", "reconstruction"; then "Online probe", ...
#ifndef CALDERA_SSL_TOOLS_REPORT_CURVE_PANELS_H_
#define CALDERA_SSL_TOOLS_REPORT_CURVE_PANELS_H_

#include <cstddef>
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

// Returns a panel for every number that a run logged: the loss and its terms,
// the online probe's accuracies, learning rate and speed, then everything else.
// A weight that is the same in all runs at all steps has no panel. Groups
// without panels are left out. The panels point to the curves of `runs`, which
// must outlive the result.
std::vector<PanelGroup> CurvePanels(const std::vector<const RunCourse*>& runs);

// Returns `curve` with at most `most` points that looks the same: each stretch
// keeps its lowest and its highest point, so that no spike is lost, and the
// first and the last point stay. A curve of no more points stays as it is.
// CHECK: most >= 4.
Curve ThinCurve(const Curve& curve, size_t most);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_CURVE_PANELS_H_
