// Starts //:figures like a user.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// Trains a masked autoencoder with `target` for two steps.
std::string Train(const std::string& name, const std::string& target) {
  const std::string spec = Fresh(name + ".textproto"), run = Fresh(name);
  std::ofstream(spec) << "data { dataset: \"" << TinyData() << "\" }"
                      << R"(
encoder {
  image_size: 8 patch_size: 4 channels: 1 embed_dim: 16 depth: 2 num_heads: 2
}
mae {
  decoder { embed_dim: 16 depth: 1 num_heads: 2 }
  target { )" << target
                      << R"( }
}
optimizer { base_lr: 1e-3 }
train { steps: 2 batch_size: 16 }
)";
  const Outcome outcome = Start(
      "ssl/pretrain --noevaluate --threads=1 --spec=" + spec + " --run=" + run);
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  return run;
}

Outcome Figures(const std::string& run, const std::string& flags) {
  return Start("ssl/tools/figures/figures --threads=1 --run=" + run + " " +
               flags);
}

TEST(Figures, ARunThatDoesNotPredictPixelsGetsTheOtherPictures) {
  const std::string run = Train("hog", "hog { cell: 4 }");
  const std::string out = Fresh("of_hog");
  const Outcome all = Figures(run, "--out=" + out);
  EXPECT_EQ(all.status, 0) << all.text;
  EXPECT_THAT(all.text, Not(HasSubstr("reconstruction.svg")));
  for (const char* picture : {"attention.svg", "components.svg",
                              "component_colors.svg", "embedding.svg"}) {
    EXPECT_THAT(all.text, HasSubstr(picture));
  }
  const Outcome named =
      Figures(run, "--pictures=reconstruction --out=" + Fresh("named"));
  EXPECT_EQ(named.status, 1) << named.text;
  EXPECT_THAT(named.text, HasSubstr("does not predict pixels; leave "
                                    "reconstruction out of --pictures"));
}

TEST(Figures, NamesThatAreNoneAreListed) {
  const Outcome outcome = Figures("run", "--pictures=components_color");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.text,
              HasSubstr("\"components_color\" is none of reconstruction, "
                        "attention, components, component_colors"));
}

}  // namespace
}  // namespace caldera
