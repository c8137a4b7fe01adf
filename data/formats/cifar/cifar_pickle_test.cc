#include "data/formats/cifar/cifar_pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "data/formats/cifar/cifar_pickle_testing.h"

namespace caldera::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string File(const std::string& name) {
  std::ifstream file("data/formats/cifar/testdata/" + name + ".cifar_pickle",
                     std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

// The pixels of make_cifar_pickles.py.
std::string Pixels(int images) {
  std::string pixels;
  for (int i = 0; i < images; ++i) {
    for (int p = 0; p < 3072; ++p) {
      pixels.push_back(static_cast<char>((11 * i + p) % 251));
    }
  }
  return pixels;
}

std::string Transposed(const std::string& pixels) {
  const size_t images = pixels.size() / 3072;
  std::string columns(pixels.size(), '\0');
  for (size_t k = 0; k < pixels.size(); ++k) {
    columns[k % 3072 * images + k / 3072] = pixels[k];
  }
  return columns;
}

void ExpectBatch(const std::string& bytes, const CifarPickle& set,
                 const std::string& pixels, const std::vector<int>& labels) {
  const absl::StatusOr<CifarBatch> batch = ParseCifarBatch(bytes, set, "x");
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(batch->pixels == pixels);
  EXPECT_EQ(std::vector<int>(batch->labels.begin(), batch->labels.end()),
            labels);
}

std::string Refusal(const std::string& bytes) {
  const absl::Status status =
      ParseCifarBatch(bytes, kCifar10Pickle, "x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith("x"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("; unpack the archive again"));
  return std::string(status.message());
}

TEST(CifarPickle, ReadsWhatPython3Writes) {
  for (const char* name :
       {"protocol2_numpy1", "protocol2_numpy2", "protocol3_numpy1",
        "protocol3_numpy2", "protocol4_numpy1", "protocol4_numpy2",
        "protocol5_numpy1", "protocol5_numpy2", "bytes_keys", "columns_first2",
        "columns_first5", "label_array", "label_scalars"}) {
    SCOPED_TRACE(name);
    ExpectBatch(File(name), kCifar10Pickle, Pixels(2), {0, 3});
  }
}

TEST(CifarPickle, ReadsWhatPython2Writes) {
  const std::string pixels = Pixels(70);
  std::vector<int> labels;
  for (int i = 0; i < 70; ++i) labels.push_back(3 * i % 10);
  ExpectBatch(PickledCifarBatch("labels", pixels, labels), kCifar10Pickle,
              pixels, labels);
  ExpectBatch(PickledCifarBatch("fine_labels", Transposed(pixels), labels,
                                /*columns_first=*/true),
              kCifar100Pickle, pixels, labels);
}

TEST(CifarPickle, ReadsTheNamesOfTheClasses) {
  for (const char* name : {"names", "bytes_names"}) {
    const auto names = ParseCifarClassNames(File(name), kCifar10Pickle, "x");
    ASSERT_TRUE(names.ok()) << names.status();
    ASSERT_EQ(names->size(), 10);
    EXPECT_EQ((*names)[7], "class 7");
  }
  EXPECT_EQ(ParseCifarClassNames(PickledCifarNames("label_names", {"cat"}),
                                 kCifar10Pickle, "x")
                .status(),
            absl::InvalidArgumentError(
                "x: its \"label_names\" are not the names of 10 classes; "
                "unpack the archive again"));
}

TEST(CifarPickle, RefusesEveryOtherName) {
  EXPECT_THAT(Refusal(File("hostile")),
              HasSubstr("x: names posix.system, which no file of CIFAR does; "
                        "nothing of it was run"));
  for (const char* name :
       {"builtins\neval", "__builtin__\ngetattr", "os\nsystem", "numpy\nload",
        "numpy.core.multiarray\nfromfile", "numpy.core.\n_reconstruct",
        "_codecs\nlookup"}) {
    EXPECT_THAT(Refusal(absl::StrCat("\x80\x02"
                                     "c",
                                     name, "\n)R.")),
                HasSubstr("which no file of CIFAR does"))
        << name;
  }
  // Names are shown on one line.
  EXPECT_THAT(Refusal("\x80\x04\x8c\1\n\x8c\1\x1b\x93."),
              HasSubstr("x: names \\n.\\x1b, which"));
}

TEST(CifarPickle, RefusesDamage) {
  const std::string whole = PickledCifarBatch("labels", Pixels(2), {0, 3});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(Refusal(whole.substr(0, size)), HasSubstr("it ends too early"));
  }
  EXPECT_THAT(Refusal("\x80\x02]."), HasSubstr("x: holds no dictionary"));
  EXPECT_THAT(Refusal("\x80\x02}."), HasSubstr("has no \"data\""));
  EXPECT_THAT(Refusal(PickledCifarBatch("fine_labels", Pixels(1), {1})),
              HasSubstr("x: its dictionary has no \"labels\""));
  EXPECT_THAT(Refusal(PickledCifarBatch("labels", Pixels(2), {1})),
              HasSubstr("does not hold 3072 bytes for each of 1 images"));
  EXPECT_THAT(Refusal(PickledCifarBatch("labels", Pixels(1), {1, 2})),
              HasSubstr("does not hold 3072 bytes for each of 2 images"));
  EXPECT_THAT(Refusal(PickledCifarBatch("labels", "", {})),
              HasSubstr("x: its \"data\" has shape [0, 3072], expected "
                        "[images, 3072]"));
  EXPECT_THAT(Refusal(PickledCifarBatch("labels", Pixels(2), {1, 10})),
              HasSubstr("x: label 1 is 10, expected 0 to 9"));
  EXPECT_THAT(
      Refusal(absl::StrReplaceAll(whole, {{"K\3e", std::string("N") + "e"}})),
      HasSubstr("its \"labels\" are no list of integers"));
  EXPECT_THAT(Refusal(absl::StrReplaceAll(whole, {{"K\3e", "e"}})),
              HasSubstr("x: holds 1 labels for 2 images"));
  EXPECT_THAT(Refusal(absl::StrReplaceAll(whole, {{"u1", "u2"}})),
              HasSubstr("its \"data\" is no array of bytes"));
  EXPECT_THAT(Refusal(absl::StrReplaceAll(
                  whole, {{PickledNumber('J', 2), PickledNumber('J', -1)}})),
              HasSubstr("its \"data\" is no array of bytes"));
}

// Values that are used a million times are not decoded as often.
TEST(CifarPickle, BoundsItsWork) {
  using std::string_literals::operator""s;
  const std::string text =
      absl::StrCat("c_codecs\nencode\n",
                   PickledNumber('X', 4 << 20) + std::string(4 << 20, 'a'),
                   PickledText("latin1"), "\x86R");
  std::string keys = absl::StrCat("\x80\x02", text, "q\0000}("s);
  for (int i = 0; i < 400'000; ++i) keys += "h\0N"s;
  EXPECT_THAT(Refusal(keys + "u."), HasSubstr("has no \"data\""));

  const std::string scalar =
      absl::StrCat("cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n",
                   PickledText("i8"), "\x85R", text, "\x86R");
  std::string labels =
      absl::StrCat("\x80\x02", scalar, "q\0000}("s, PickledText("data"),
                   PickledPixels(1, Pixels(1)), PickledText("labels"), "](");
  for (int i = 0; i < 400'000; ++i) labels += "h\0"s;
  EXPECT_THAT(Refusal(labels + "eu."), HasSubstr("no list of integers"));
}

}  // namespace
}  // namespace caldera::data
