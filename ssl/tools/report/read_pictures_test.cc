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
