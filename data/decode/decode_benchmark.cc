// Measures images per second on one core: JPEG of 500 x 375 at quality 95,
// decoded in full, and cropped (RandomResizedCrop, scale 0.08 to 1) to 224, and
// the same crop of raw images of 256 x 256.
//
//   ./bazelw run //data/decode:decode_benchmark -- --photos=FOLDER
//
// benchmarks/reference/pillow_rrc.py is the reference.
#include <ATen/Parallel.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <benchmark/benchmark.h>
#include <gflags/gflags.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "base/user_path.h"
#include "data/decode/decode_image.h"
#include "data/decode/jpeg_testing.h"

DEFINE_string(photos, "",
              "folder of photos (Debian: mate-backgrounds has some in "
              "/usr/share/backgrounds/mate/nature); empty: a made-up picture");
DEFINE_string(write_jpegs, "",
              "folder, which exists, to write the JPEG files to that are "
              "decoded here, for other programs");

namespace caldera::data {
namespace {

constexpr int64_t kHeight = 375, kWidth = 500, kSize = 224;

// Resizes interleaved memory to interleaved memory: ATen reads the batch's
// stride too, so that unsqueeze(0) alone would make it unpack the channels.
at::Tensor Resized(const at::Tensor& image, int64_t height, int64_t width) {
  const at::Tensor batch =  // [1, 3, H, W]
      image.permute({1, 2, 0}).unsqueeze(0).permute({0, 3, 1, 2});
  return at::_upsample_bicubic2d_aa(batch, {height, width},
                                    /*align_corners=*/false)
      .squeeze(0);  // [3, height, width]
}

RgbImage ToRgb(const at::Tensor& image) {
  const at::Tensor pixels = image.permute({1, 2, 0}).contiguous();  // [H, W, 3]
  const uint8_t* data = pixels.const_data_ptr<uint8_t>();
  return {image.size(1), image.size(2), {data, data + pixels.numel()}};
}

// The middle of each photo, shrunk to 500 x 375.
std::vector<RgbImage> Pictures() {
  if (FLAGS_photos.empty()) return {NaturalPicture(kHeight, kWidth, 1)};
  std::vector<RgbImage> pictures;
  for (const auto& entry :
       std::filesystem::directory_iterator(base::UserPath(FLAGS_photos))) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    auto source = OpenEncodedImage(bytes, DecodeOptions());
    CHECK(source.ok()) << entry.path() << ": " << source.status();
    const int64_t height = (*source)->height(), width = (*source)->width();
    const int64_t unit = std::min(height / 3, width / 4);
    const auto middle = (*source)->Region(
        {(height - 3 * unit) / 2, (width - 4 * unit) / 2, 3 * unit, 4 * unit});
    CHECK(middle.ok()) << entry.path() << ": " << middle.status();
    pictures.push_back(ToRgb(Resized(*middle, kHeight, kWidth)));
  }
  CHECK(!pictures.empty()) << FLAGS_photos;
  return pictures;
}

const std::vector<std::string>& Jpegs() {
  static const auto* jpegs = [] {
    auto* made = new std::vector<std::string>;
    JpegKind kind;
    kind.horizontal_sampling = kind.vertical_sampling = 2;
    for (const RgbImage& picture : Pictures()) {
      made->push_back(EncodeJpeg(picture, kind));
      if (FLAGS_write_jpegs.empty()) continue;
      const std::string path = base::UserPath(FLAGS_write_jpegs) + "/" +
                               std::to_string(made->size()) + ".jpg";
      CHECK(std::ofstream(path, std::ios::binary) << made->back()) << path;
    }
    return made;
  }();
  return *jpegs;
}

Rectangle DrawCrop(int64_t height, int64_t width, std::mt19937& random) {
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = static_cast<double>(height * width) * uniform(0.08, 1);
    const double ratio = std::exp(uniform(std::log(3. / 4), std::log(4. / 3)));
    Rectangle crop;
    crop.width = std::llrint(std::sqrt(area * ratio));
    crop.height = std::llrint(std::sqrt(area / ratio));
    if (crop.width > width || crop.height > height) continue;
    crop.left = static_cast<int64_t>(uniform(0, width - crop.width + 1));
    crop.top = static_cast<int64_t>(uniform(0, height - crop.height + 1));
    return crop;
  }
  return {0, 0, height, width};
}

void BM_DecodeWhole(benchmark::State& state) {
  const std::vector<std::string>& jpegs = Jpegs();
  size_t i = 0;
  for (auto _ : state) {
    auto image = DecodeImage(jpegs[i++ % jpegs.size()], DecodeOptions());
    CHECK(image.ok()) << image.status();
    benchmark::DoNotOptimize(*image);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeWhole);

// Argument: whether to resize the crop.
void BM_DecodeCrop(benchmark::State& state) {
  const std::vector<std::string>& jpegs = Jpegs();
  std::mt19937 random(1);
  size_t i = 0;
  for (auto _ : state) {
    auto source = OpenEncodedImage(jpegs[i++ % jpegs.size()], DecodeOptions());
    CHECK(source.ok()) << source.status();
    auto crop = (*source)->Region(DrawCrop(kHeight, kWidth, random));
    CHECK(crop.ok()) << crop.status();
    benchmark::DoNotOptimize(state.range(0) != 0 ? Resized(*crop, kSize, kSize)
                                                 : *crop);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeCrop)->ArgName("resize")->Arg(0)->Arg(1);

void BM_RawCrop(benchmark::State& state) {
  std::vector<std::unique_ptr<ImageSource>> sources;
  for (const std::string& jpeg : Jpegs()) {
    auto image = DecodeImage(jpeg, DecodeOptions());
    CHECK(image.ok()) << image.status();
    sources.push_back(SourceOf(Resized(*image, 256, 256)));
  }
  std::mt19937 random(1);
  size_t i = 0;
  for (auto _ : state) {
    auto crop =
        sources[i++ % sources.size()]->Region(DrawCrop(256, 256, random));
    CHECK(crop.ok()) << crop.status();
    benchmark::DoNotOptimize(Resized(*crop, kSize, kSize));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_RawCrop);

}  // namespace
}  // namespace caldera::data

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  gflags::ParseCommandLineFlags(&argc, &argv, /*remove_flags=*/true);
  at::set_num_threads(1);
  benchmark::RunSpecifiedBenchmarks();
}
