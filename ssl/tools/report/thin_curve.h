#ifndef CALDERA_SSL_TOOLS_REPORT_THIN_CURVE_H_
#define CALDERA_SSL_TOOLS_REPORT_THIN_CURVE_H_

// A long curve with few points that looks the same.
//
//   Curve shown = ThinCurve(course.curves.at("loss"), /*most=*/400);
//
// Each stretch of the curve keeps its lowest and its highest point, so that no
// spike is lost.

#include <cstddef>

#include "ssl/tools/figures/run_course.h"

namespace caldera::ssl {

// At most `most` points of `curve`, the first and the last among them; all
// where there are no more. CHECK: most >= 4.
Curve ThinCurve(const Curve& curve, size_t most);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_THIN_CURVE_H_
