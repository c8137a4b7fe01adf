// Draws the effect of MAGMA on a Swiss roll, as one SVG.
//
//   ./bazelw run //magma/demo:demo -- --out=magma_demo.svg
#include <gflags/gflags.h>

#include <fstream>
#include <iostream>

#include "base/draw/scatter_panels.h"
#include "base/program/program.h"
#include "base/user_path.h"
#include "magma/demo/swiss_roll_demo.h"

DEFINE_string(out, "magma_demo.svg", "file to write");
DEFINE_int32(points, 600, "points on the roll");
DEFINE_int32(seed, 1, "of the points and their shuffling");

namespace {

constexpr char kUsage[] =
    "demo: draws what the manifold loss does to a Swiss roll\n\n"
    "  --out=magma_demo.svg  file to write\n"
    "  --points=600          points on the roll\n"
    "  --seed=1              of the points and their shuffling\n";

int Main() {
  if (FLAGS_points < 20) {
    std::cerr << "error: --points=" << FLAGS_points
              << " is too few to draw; give at least 20\n";
    return 2;
  }
  const caldera::magma::SwissRollDemo demo =
      caldera::magma::RunSwissRollDemo(FLAGS_points, FLAGS_seed);
  const std::string output = caldera::base::UserPath(FLAGS_out);
  std::ofstream file(output);
  file << caldera::base::ScatterPanelsSvg(demo.panels);
  file.close();
  if (!file) {
    std::cerr << "error: cannot write " << output
              << "; give --out=<file> in a folder that exists\n";
    return 1;
  }
  std::cout << "distances correlate with the roll's: before " << demo.before
            << ", published kernel " << demo.published << ", local kernel "
            << demo.local << " (with the unrolled sheet's " << demo.unrolled
            << ")\nwrote " << output << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return caldera::base::RunTool(argc, argv, kUsage, Main);
}
