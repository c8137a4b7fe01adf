// Converts one weights file into another. See kUsage.
#include <gflags/gflags.h>
#include <glog/logging.h>

#include <cstdio>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/program/program.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "vit/weights/convert_weights.h"

DEFINE_string(checkpoint, "", "weights to read");
DEFINE_string(out, "", "file to write");
DEFINE_int32(image_size, 0, "interpolates to it; 0: as the input's");
DEFINE_int32(num_heads, 0, "attention heads; 0: as the file or width says");
DEFINE_int32(decoder_num_heads, 0, "heads of MAE's decoder, for hf_mae");
DEFINE_string(format, "", "writes a folder: hf, hf_mae or timm");
DEFINE_string(encoder, "", "what no tensor shows: activation: QUICK_GELU");
DEFINE_string(key, "", "which ViT, where the file holds several");
DEFINE_bool(allow_partial, false, "writes although names miss or are left");
DECLARE_bool(help);

namespace caldera::vit {
namespace {

constexpr char kUsage[] =
    R"(convert: turns one file of ViT weights into another

usage: convert --checkpoint=mae_pretrain_vit_base.pth --out=base.safetensors

  --checkpoint=PATH  .safetensors, .pth, .pt, or a run's or checkpoint's folder;
                     told by the content. Nothing from the file is executed.
  --out=PATH         .safetensors, .pth or .pt
  --format=hf        writes the encoder as a folder of transformers, or timm;
                     hf_mae: encoder and decoder (--decoder_num_heads=16)
  --image_size=N     interpolates position embeddings to images of N pixels
  --encoder=FIELDS   what no tensor shows, as 'activation: QUICK_GELU'
  --num_heads=N      where neither the file nor its width tells
  --key=NAME         which ViT, where the file holds several: student, teacher
  --allow_partial    writes although names are missing or left over

Prints what was taken, renamed, interpolated, missing and left over. Names are
those of the official MAE classes and of timm (docs/weights.md).
Exit status 2: something to mend in the call or the file; 1: a failure.
)";

absl::Status ReadFlags(ConvertOptions* options) {
  if (FLAGS_checkpoint.empty() || FLAGS_out.empty()) {
    return absl::InvalidArgumentError(
        "--checkpoint and --out are needed; see --help");
  }
  if (FLAGS_image_size < 0 || FLAGS_num_heads < 0 ||
      FLAGS_decoder_num_heads < 0) {
    return absl::InvalidArgumentError(
        "--image_size, --num_heads and --decoder_num_heads cannot be negative");
  }
  options->input = base::UserPath(FLAGS_checkpoint);
  options->output = base::UserPath(FLAGS_out);
  if (FLAGS_image_size > 0) options->image_size = FLAGS_image_size;
  if (FLAGS_num_heads > 0) options->num_heads = FLAGS_num_heads;
  if (FLAGS_decoder_num_heads > 0) {
    options->decoder_num_heads = FLAGS_decoder_num_heads;
  }
  options->format = FLAGS_format;
  options->encoder = FLAGS_encoder;
  options->key = FLAGS_key;
  options->allow_partial = FLAGS_allow_partial;
  return absl::OkStatus();
}

int Main() {
  ConvertOptions options;
  absl::Status status = ReadFlags(&options);
  if (!status.ok()) return base::Fail(status);
  std::string report;
  status = ConvertWeights(options, &report);
  std::printf("%s", base::PrintableLines(report).c_str());
  std::fflush(stdout);
  if (!status.ok()) return base::Fail(status);
  std::printf("written       %s\n",
              base::PrintableText(options.output).c_str());
  return 0;
}

}  // namespace
}  // namespace caldera::vit

int main(int argc, char** argv) {
  using caldera::base::Fail;
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(argv[0]);
  return caldera::base::RunGuarded([&] {
    caldera::base::ParseFlags(&argc, &argv);
    if (FLAGS_help) {
      std::printf("%s", caldera::vit::kUsage);
      return 0;
    }
    if (argc > 1) {
      return Fail(absl::InvalidArgumentError(
          absl::StrCat("unknown argument \"", argv[1], "\"; see --help")));
    }
    return caldera::vit::Main();
  });
}
