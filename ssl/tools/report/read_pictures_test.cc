#include "ssl/tools/report/read_pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::string Folder(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  fs::remove_all(path);
  fs::create_directories(path);
  return path;
}

TEST(ReadPictures, LaterFoldersAndSvgGoFirst) {
  const std::string images = Folder("images"), figures = Folder("figures");
  const std::string png = "\x89PNG\r\n\x1a\n";
  std::ofstream(images + "/reconstructions.png") << png;
  std::ofstream(images + "/loss.svg") << "<svg/>";
  std::ofstream(images + "/notes.txt") << "<svg/>";
  std::ofstream(images + "/mine.png") << png;
  std::ofstream(figures + "/attention.png") << png;
  std::ofstream(figures + "/attention.svg") << "<svg/>";
  std::ofstream(figures + "/reconstruction.svg") << "<svg>2</svg>";
  const RunPictures found =
      ReadPictures({images, figures, figures + "/not there"});
  EXPECT_THAT(
      found.pictures,
      ElementsAre(Pair("attention", "data:image/svg+xml;base64,PHN2Zy8+"),
                  Pair("mine", "data:image/png;base64,iVBORw0KGgo="),
                  Pair("reconstruction",
                       "data:image/svg+xml;base64,PHN2Zz4yPC9zdmc+")));
  EXPECT_THAT(found.notes, IsEmpty());
}

constexpr char kHover[] = R"({"width": 720, "height": 640, "side": 28,
    "columns": 1, "x": [1], "y": [2], "name": ["a"], "sheet": "data:,"})";

TEST(ReadPictures, PointsBelongToThePictureBesideThem) {
  const std::string old = Folder("old"), later = Folder("later");
  std::ofstream(old + "/embedding.svg") << "<svg/>";
  std::ofstream(old + "/embedding.json") << kHover;
  EXPECT_EQ(ReadPictures({old}).hovers.at("embedding")["side"], 28);
  std::ofstream(later + "/embedding.png") << "\x89PNG\r\n\x1a\n";
  EXPECT_THAT(ReadPictures({old, later}).hovers, IsEmpty());
  EXPECT_THAT(ReadPictures({later, old}).hovers, testing::SizeIs(1));
}

TEST(ReadPictures, SaysWhichPointsAreNone) {
  for (const char* text :
       {"", "[]", "{", R"({"x": [1]})",
        R"({"width": 1, "height": 1, "side": 1, "columns": 1, "x": [1, 2],
            "y": [2], "name": ["a"], "sheet": "data:,"})"}) {
    const std::string images = Folder("points");
    std::ofstream(images + "/embedding.svg") << "<svg/>";
    std::ofstream(images + "/embedding.json") << text;
    const RunPictures found = ReadPictures({images});
    EXPECT_THAT(found.hovers, IsEmpty()) << text;
    EXPECT_THAT(found.notes,
                ElementsAre("embedding.json does not have a picture's points."))
        << text;
    EXPECT_THAT(found.pictures, testing::SizeIs(1));
  }
}

TEST(ReadPictures, SaysWhatIsNone) {
  const std::string images = Folder("broken");
  std::ofstream(images + "/a.png") << "";
  std::ofstream(images + "/b.svg") << "text";
  const RunPictures found = ReadPictures({images});
  EXPECT_THAT(found.pictures, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre("a.png is not a picture.",
                                       "b.svg is not a picture."));
}

}  // namespace
}  // namespace caldera::ssl
