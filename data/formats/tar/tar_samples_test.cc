#include "data/formats/tar/tar_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "data/formats/tar/tar_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

absl::StatusOr<TarContents> List(const std::string& bytes) {
  return ListTarSamples(
      bytes.size(),
      [&](int64_t offset, int64_t size) -> absl::StatusOr<std::string> {
        return bytes.substr(offset, size);
      },
      "a.tar");
}

// A file that holds its own name.
std::string File(const std::string& name) { return TarBlocks({name, name}); }
std::string Cls(const std::string& key, const std::string& label) {
  return TarBlocks({key + ".cls", label});
}

// Returns the samples as "name of the image: label".
std::vector<std::string> Samples(const std::string& members) {
  const std::string bytes = members + TarEnd();
  const auto contents = List(bytes);
  EXPECT_TRUE(contents.ok()) << contents.status();
  if (!contents.ok()) return {"error"};
  std::vector<std::string> texts;
  for (const TarSample& sample : contents->samples) {
    texts.push_back(absl::StrCat(bytes.substr(sample.offset, sample.size), ": ",
                                 sample.label));
  }
  return texts;
}

std::string NotReadOf(const std::string& members) {
  const auto contents = List(members + TarEnd());
  EXPECT_TRUE(contents.ok()) << contents.status();
  return contents.ok() ? contents->not_read.Text() : "";
}

std::string Refusal(const std::string& members) {
  const auto contents = List(members + TarEnd());
  EXPECT_FALSE(contents.ok());
  return std::string(contents.status().message());
}

TEST(TarSamples, AreKeysWithAnImage) {
  const std::string bytes =
      File("b/0.jpg") + File("b/0.json") + Cls("b/0", "7\n") + File("b/1.PNG") +
      File("readme.md") + Cls("b/1", "8") + File("v1.5/2.jpeg") +
      File("v1.5/2.seg.json") + File("000");
  EXPECT_THAT(Samples(bytes),
              ElementsAre("b/0.jpg: 7", "b/1.PNG: 8", "v1.5/2.jpeg: -1"));
  EXPECT_EQ(NotReadOf(bytes), "2 .json, 1 .md, 1 file without an ending (000)");
}

TEST(TarSamples, MayHaveDotsInTheirNames) {
  const std::string photos = File("IMG_1.5x.jpeg") + File("IMG_1.6x.jpeg") +
                             Cls("IMG_1.6x", "3") + File("photo.2021.jpg") +
                             Cls("photo.2021", "2") + File("J.Smith.jpg") +
                             File("J.Doe.jpg") + File("K.Lee.png");
  EXPECT_THAT(
      Samples(photos),
      ElementsAre("IMG_1.5x.jpeg: -1", "IMG_1.6x.jpeg: 3", "photo.2021.jpg: 2",
                  "J.Smith.jpg: -1", "J.Doe.jpg: -1", "K.Lee.png: -1"));
  EXPECT_EQ(NotReadOf(photos), "");
  // A single image of a sample, and numbered ones, which share their class.
  EXPECT_THAT(Samples(File("0.input.jpg") + Cls("0", "4")),
              ElementsAre("0.input.jpg: 4"));
  EXPECT_THAT(
      Samples(File("0.0.jpg") + File("0.1.jpg") + Cls("0", "4") +
              File("1.0.jpg") + File("1.1.jpg") + Cls("1", "5")),
      ElementsAre("0.0.jpg: 4", "0.1.jpg: 4", "1.0.jpg: 5", "1.1.jpg: 5"));
  // key.jpg wins.
  const std::string masks =
      File("0.jpg") + File("0.mask.png") + Cls("0", "4") + Cls("0.mask", "9");
  EXPECT_THAT(Samples(masks), ElementsAre("0.jpg: 4"));
  EXPECT_EQ(NotReadOf(masks),
            "1 .cls, 1 further image of a sample (0.mask.png)");
}

TEST(TarSamples, OfSeveralImagesAreRefused) {
  std::string pairs;
  for (int i = 0; i < 3; ++i) {
    pairs += File(absl::StrCat(i, ".left.jpg")) +
             File(absl::StrCat(i, ".right.jpg"));
  }
  const std::string message = "a.tar: 0 has 2 images (left.jpg, right.jpg); ";
  EXPECT_THAT(Refusal(pairs), StartsWith(message));
  EXPECT_THAT(Refusal(pairs + File("3.left.jpg")), StartsWith(message));
  EXPECT_THAT(Refusal(File("0.left.jpg") + File("0.right.jpg")),
              StartsWith(message));
  EXPECT_THAT(Refusal(File("a.jpg") + File("a.png")),
              StartsWith("a.tar: a has two images; pack"));
}

// Archives may have been joined which number their samples alike.
TEST(TarSamples, EndWithTheirArchive) {
  EXPECT_THAT(Samples(File("0.jpg") + Cls("0", "1") + TarEnd() + File("0.jpg") +
                      Cls("0", "2")),
              ElementsAre("0.jpg: 1", "0.jpg: 2"));
}

TEST(TarSamples, MayBeLinks) {
  EXPECT_THAT(
      Samples(File("a.jpg") + Cls("a", "1") + TarHardLink("z.jpg", "a.jpg") +
              TarSymbolicLink("z.cls", "a.cls") +
              TarSymbolicLink("lost.jpg", "none.jpg")),
      ElementsAre("a.jpg: 1", "a.jpg: 1"));
}

TEST(TarSamples, MayLackAnEnding) {
  const std::string png = "\x89PNG\r\n\x1a\n" + std::string(40, '\0');
  const auto contents =
      List(TarBlocks({"0", png}) + Cls("0", "3") + TarBlocks({"x/1", png}) +
           File("readme") + TarBlocks({"2", ""}) + TarEnd());
  ASSERT_TRUE(contents.ok()) << contents.status();
  ASSERT_EQ(contents->samples.size(), 2);
  EXPECT_EQ(contents->samples[0].label, 3);
  EXPECT_EQ(contents->samples[1].label, -1);
  EXPECT_EQ(contents->not_read.Text(), "2 files without an ending (readme, 2)");
}

TEST(TarSamples, PassOverLitter) {
  const std::string bytes = File("._a.jpg") + File("a.jpg") + File("._a.cls") +
                            Cls("a", "1") + File("__MACOSX/b.jpg") +
                            File("x/@eaDir/c.jpg") + File(".DS_Store");
  EXPECT_THAT(Samples(bytes), ElementsAre("a.jpg: 1"));
  EXPECT_EQ(NotReadOf(bytes), "");
}

TEST(TarSamples, MayLackAnImageThatIsNotRead) {
  const std::string bytes = File("a.mov") + Cls("a", "1") + Cls("b", "2") +
                            File("d.txt") + File("c.jpg") + Cls("c", "3");
  EXPECT_THAT(Refusal(bytes),
              StartsWith("a.tar: b.cls has no image beside it"));
  const std::string beside = File("a.mov") + Cls("a", "1") + File("c.jpg");
  EXPECT_THAT(Samples(beside), ElementsAre("c.jpg: -1"));
  EXPECT_EQ(NotReadOf(beside), "1 .cls, 1 .mov");
  // A class that stands apart from its image would be lost.
  EXPECT_THAT(
      Refusal(File("a.jpg") + File("b.jpg") + File("a.txt") + Cls("a", "1")),
      StartsWith("a.tar: a.cls stands apart from its image"));
}

TEST(TarSamples, HaveClassesByNumberOrName) {
  const std::string bytes = File("a.jpg") + Cls("a", "3.0\n") + File("b.jpg") +
                            Cls("b", "a dog\r\n") + File("c.jpg") +
                            Cls("c", "cat") + File("d.jpg") +
                            Cls("d", "a dog") + File("e.jpg") + Cls("e", "-1") +
                            File("f.jpg") + Cls("f", "b'5'");
  EXPECT_THAT(Samples(bytes),
              ElementsAre("a.jpg: 3", "b.jpg: -2", "c.jpg: -3", "d.jpg: -2",
                          "e.jpg: -1", "f.jpg: 5"));
  EXPECT_THAT(List(bytes + TarEnd())->class_names, ElementsAre("a dog", "cat"));
  for (const std::string label : {"", " \n", "-2", "1048576", "0.5", "1e99",
                                  "nan", "a\nb", "9999999999"}) {
    EXPECT_THAT(Refusal(File("a.jpg") + Cls("a", label)),
                StartsWith("a.tar: a.cls is not a number from 0 to 1048575"))
        << label;
  }
  EXPECT_THAT(Refusal(File("a.jpg") + Cls("a", std::string(257, '1'))),
              HasSubstr("a.cls has 257 bytes"));
}

TEST(TarSamples, AreThoseBeforeDamage) {
  const std::string bytes = File("a.jpg") + Cls("a", "1") + File("b.jpg") +
                            Cls("b", "2") + File("c.jpg");
  const auto count = [&](int64_t size) {
    const auto contents = List(bytes.substr(0, size));
    EXPECT_TRUE(contents.ok()) << contents.status();
    EXPECT_THAT(contents->damage, HasSubstr("; get the file again"));
    EXPECT_EQ(contents->not_read.Text(), "1 cut-off shard ()");
    return contents->samples.size();
  };
  EXPECT_EQ(count(4096), 2);
  // The class of b was cut off, which would not tell from an unlabelled image.
  EXPECT_EQ(count(3500), 1);
  EXPECT_EQ(count(3072), 1);
  EXPECT_EQ(count(2600), 1);
  EXPECT_EQ(count(100), 0);
  // A class in front of its image.
  const std::string first = Cls("a", "1") + File("a.jpg");
  EXPECT_TRUE(List(first.substr(0, 1100))->samples.empty());
  EXPECT_EQ(List(File("a.jpg") + File("b.jpg"))->samples.size(), 2);
}

TEST(TarSamples, CountEmptyAndSparseImages) {
  const std::string bytes =
      TarBlocks({"a.jpg", ""}) + Cls("a", "1") +
      TarBlocks({"p", PaxRecord("GNU.sparse.major", "1"), 'x'}) +
      File("s.jpg") + File("b.jpg");
  EXPECT_THAT(Samples(bytes), ElementsAre("b.jpg: -1"));
  EXPECT_EQ(NotReadOf(bytes), "1 empty image (a.jpg), 1 sparse image (s.jpg)");
  EXPECT_EQ(List(bytes + TarEnd())->damage,
            "a has an empty image; pack it again");
}

TEST(TarSamples, KeepAFewPathsOfEachKind) {
  std::string bytes = File("a.jpg");
  for (int i = 0; i < 100; ++i) bytes += File(absl::StrCat("a.", i, ".txt"));
  const auto contents = List(bytes + TarEnd());
  const NotRead::Kind& kind = contents->not_read.kinds().at(".txt");
  EXPECT_EQ(kind.count, 100);
  EXPECT_EQ(kind.paths.size(), 10);
}

}  // namespace
}  // namespace caldera::data
