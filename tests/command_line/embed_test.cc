// Starts //:embed like a user: folders, shards and sets to each kind of file,
// killed and started again, and mistakes in the call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"
#include "data/formats/idx_testing.h"
#include "data/formats/tar/tar_testing.h"
#include "tests/command_line/command_testing.h"
#include "vit/model/initialization.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/safetensors.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

// Returns a file of weights of images of 8 x 8 in 16 patches.
std::string Weights(int channels, uint64_t seed = 1) {
  vit::EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(2);
  spec.set_channels(channels);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(2);
  vit::Encoder encoder(spec);
  vit::InitializeVit(encoder, seed);
  const std::string path =
      Fresh("weights_" + std::to_string(channels) + ".safetensors");
  EXPECT_TRUE(vit::SaveEncoder(path, encoder, {}).ok());
  return path;
}

// Returns a folder of photos by year and month. The last equals the first.
std::string Photos() {
  const std::string folder = base::NewFolder("photos");
  fs::create_directories(folder + "/2001/may, june");
  fs::create_directories(folder + "/2002");
  base::WriteFile(folder + "/2001/a.bmp", data::BmpBytes(8, 8, 255, 0, 0));
  base::WriteFile(folder + "/2001/may, june/b.bmp",
                  data::BmpBytes(8, 8, 0, 255, 0));
  base::WriteFile(folder + "/2002/c.bmp", data::BmpBytes(8, 8, 0, 0, 255));
  base::WriteFile(folder + "/2002/d.bmp", data::BmpBytes(8, 8, 255, 0, 0));
  return folder;
}

std::string Embed(const std::string& arguments) {
  return "eval/embed/embed --threads=1 --workers=1 " + arguments;
}

Outcome RunEmbed(const std::string& arguments) {
  const Outcome outcome = Start(Embed(arguments));
  EXPECT_EQ(outcome.status, 0) << arguments << "\n" << outcome.text;
  return outcome;
}

void ExpectMistake(const std::string& arguments, const std::string& part) {
  const Outcome outcome = Start(Embed(arguments));
  EXPECT_EQ(outcome.status, 2) << arguments << "\n" << outcome.text;
  EXPECT_THAT(outcome.text, StartsWith("error: ")) << arguments;
  EXPECT_THAT(outcome.text, HasSubstr(part)) << arguments;
  EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1)
      << outcome.text;
}

TEST(Embed, AFolderOfFoldersKeepsItsPaths) {
  const std::string folder = base::NewFolder("out");
  const std::string call = "--checkpoint=" + Weights(3) + " --data=" + Photos();
  const Outcome outcome = RunEmbed(call + " --out=" + folder + "/f.npy");
  EXPECT_EQ(outcome.text, folder + "/f.npy: [4, 16] float32\n" + folder +
                              "/f.rows.csv: what each row is\n");
  EXPECT_EQ(fs::file_size(folder + "/f.npy"), 128 + 4 * 16 * 4);
  const std::string rows =
      "row,image,path,key,class,label\n"
      "0,0,2001/a.bmp,,2001,0\n"
      "1,1,\"2001/may, june/b.bmp\",,2001,0\n"
      "2,2,2002/c.bmp,,2002,1\n"
      "3,3,2002/d.bmp,,2002,1\n";
  EXPECT_EQ(Read(folder + "/f.rows.csv"), rows);

  RunEmbed(call + " --out=" + folder + "/both.npy --readout=cls,mean@0");
  EXPECT_EQ(fs::file_size(folder + "/both.npy"), 128 + 4 * 32 * 4);
  RunEmbed(call + " --out=" + folder +
           "/patches.npy --tokens=patch"
           " --dtype=float16");
  EXPECT_EQ(fs::file_size(folder + "/patches.npy"), 128 + 4 * 16 * 16 * 2);
  RunEmbed(call + " --out=" + folder + "/t.csv");
  EXPECT_THAT(Read(folder + "/t.csv"),
              StartsWith("row,image,path,key,class,label,f0,f1,"));
  EXPECT_THAT(Read(folder + "/t.csv"),
              HasSubstr("\n1,1,\"2001/may, june/b.bmp\",,2001,0,"));
  RunEmbed(call + " --out=" + folder + "/s.safetensors");
  const auto file = vit::ReadSafetensors(folder + "/s.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tensors.at("features").sizes(), at::IntArrayRef({4, 16}));
  EXPECT_EQ(file->tensors.at("labels")[3].item<int64_t>(), 1);
  EXPECT_EQ(Read(folder + "/s.rows.csv"), rows);
}

TEST(Embed, ShardsKeepTheirKeysAndDamagedImagesHaveNoRow) {
  const std::string folder = base::NewFolder("shards");
  const std::string image = data::BmpBytes(8, 8, 9, 99, 199);
  base::WriteFile(folder + "/0.tar",
                  data::TarBlocks({"x/1.jpg", image}) +
                      data::TarBlocks({"x/1.cls", "cat"}) +
                      data::TarBlocks({"x/2.jpg", image.substr(0, 90)}) +
                      data::TarBlocks({"x/2.cls", "dog"}) +
                      data::TarBlocks({"x/3.jpg", image}) + data::TarEnd());
  const std::string call = "--checkpoint=" + Weights(3) + " --data=" + folder +
                           " --out=" + base::NewFolder("of_shards") + "/f.npy";
  const Outcome refused = Start(Embed(call));
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.text, HasSubstr("image 1"));
  const Outcome outcome = RunEmbed(call + " --on_bad=skip");
  EXPECT_THAT(outcome.text,
              HasSubstr("\n1 of 3 images could not be read and have no row"));
  EXPECT_EQ(Read(testing::TempDir() + "/of_shards/f.rows.csv"),
            "row,image,path,key,class,label\n"
            "0,0,0.tar,x/1.jpg,cat,0\n"
            "1,2,0.tar,x/3.jpg,,-1\n");
}

TEST(Embed, NeighboursAndDuplicatesArePairsAndPictures) {
  const std::string stem = base::NewFolder("near") + "/f";
  const std::string call = "--checkpoint=" + Weights(3) +
                           " --data=" + Photos() + " --out=" + stem + ".npy";
  RunEmbed(call);
  const Outcome outcome = RunEmbed(call + " --neighbours=1 --duplicates");
  EXPECT_THAT(outcome.text, StartsWith("complete already: "));
  EXPECT_THAT(outcome.text, HasSubstr("f.neighbours.csv, .png: 4 neighbours"));
  EXPECT_THAT(Read(stem + ".neighbours.csv"),
              HasSubstr("\n0,3,1.000000,2001/a.bmp,,2002/d.bmp,\n"));
  EXPECT_THAT(Read(stem + ".duplicates.csv"),
              HasSubstr("\n0,3,1.000000,2001/a.bmp,,2002/d.bmp,\n"));
  EXPECT_THAT(Read(stem + ".neighbours.png"), StartsWith("\x89PNG"));
  EXPECT_THAT(Read(stem + ".duplicates.png"), StartsWith("\x89PNG"));
}

// Whenever it is killed, the files are those of a process that was not.
TEST(Embed, GoesOnWhereItWasKilled) {
  const std::string images = base::NewFolder("many");
  data::WriteIdxSet(images, "train", 20000, 8, 8);
  data::WriteIdxSet(images, "t10k", 1, 8, 8);
  const std::string call = "--checkpoint=" + Weights(1) + " --data=" + images +
                           " --split=train --batch_size=4 --out=";
  const std::string whole = base::NewFolder("undisturbed") + "/f.safetensors";
  RunEmbed(call + whole);
  const std::string out = base::NewFolder("killed") + "/f.safetensors";
  int64_t before = -1;
  for (const char* seconds : {"0", "1.2", "1.2"}) {
    Start(Embed(call + out) + " & pid=$!; while [ ! -e " + out +
          ".json ] && kill -0 $pid; do "
          "sleep 0.01; done; sleep " +
          seconds + "; kill -9 $pid; wait $pid");
    ASSERT_FALSE(fs::exists(out)) << "it was not killed early enough";
    const json record = json::parse(Read(out + ".json"));
    EXPECT_FALSE(record["complete"]);
    EXPECT_GE(record["images"], before);
    before = record["images"];
  }
  const Outcome outcome = RunEmbed(call + out);
  EXPECT_THAT(outcome.text, StartsWith("went on after "));
  EXPECT_EQ(Read(out), Read(whole));
  EXPECT_EQ(Read(testing::TempDir() + "/killed/f.rows.csv"),
            Read(testing::TempDir() + "/undisturbed/f.rows.csv"));
  EXPECT_FALSE(fs::exists(out + ".part"));
  ExpectMistake(call + out + " --dtype=float16",
                "dtype is \"float32\" there and \"float16\" here");
}

TEST(Embed, PartsHaveNamesOfTheirOwn) {
  const std::string folder = base::NewFolder("parts");
  const std::string call = "--checkpoint=" + Weights(3) +
                           " --data=" + Photos() + " --out=" + folder +
                           "/f.npy --shard=";
  for (const char* part : {"0/2", "1/2"}) RunEmbed(call + part);
  EXPECT_EQ(fs::file_size(folder + "/f.0-of-2.npy"), 128 + 2 * 16 * 4);
  EXPECT_THAT(Read(folder + "/f.1-of-2.rows.csv"),
              HasSubstr("\n0,2,2002/c.bmp,,2002,1\n"));
  ExpectMistake(call + "2/2", "--shard=2/2 is not I/N");
  ExpectMistake(call + "0/2 --neighbours=3", "leave out --shard");
}

TEST(Embed, HelpFitsAScreen) {
  const Outcome help = RunEmbed("--help");
  EXPECT_LE(std::count(help.text.begin(), help.text.end(), '\n'), 24);
  for (const char* flag :
       {"--checkpoint", "--data", "--out", "--readout", "--tokens", "--dtype",
        "--on_bad", "--shard", "--neighbours", "--duplicates", "--device"}) {
    EXPECT_THAT(help.text, HasSubstr(flag));
  }
}

TEST(Embed, MistakesInTheCall) {
  const std::string weights = "--checkpoint=" + Weights(3);
  const std::string photos = " --data=" + Photos();
  const std::string out = " --out=" + base::NewFolder("mistakes") + "/f.npy";
  ExpectMistake("", "--checkpoint is missing");
  ExpectMistake(weights + photos, "--out is missing");
  ExpectMistake(weights + photos + " --out=f.txt",
                "--out: f.txt does not end in .npy, .csv or .safetensors");
  ExpectMistake(weights + out, "does not say which data set it saw");
  ExpectMistake(weights + photos + " --out=" + Fresh("nowhere") + "/f.npy",
                "nowhere/f.npy.part");
  ExpectMistake(weights + photos + out + " --readout=cls@2",
                "--readout: readout[0].block: 2 is not one of the 2 blocks");
  ExpectMistake(weights + photos + out + " --readout=csl",
                "did you mean \"CLS\"?");
  ExpectMistake(weights + photos + out + " --readout=cls@",
                "--readout: \"cls@\" is not NAME, NAME@BLOCK or "
                "NAME@BLOCK+BLOCK");
  ExpectMistake(weights + photos + out + " --tokens=all",
                "--tokens=all is not feature or patch");
  ExpectMistake(weights + photos + out + " --dtype=bfloat16",
                "--dtype=bfloat16 is not float32 or float16");
  ExpectMistake(weights + photos + out + " --split=tset", "--split: ");
  ExpectMistake(weights + photos + out + " --duplicates=98",
                "--duplicates=98 is no cosine from 0 to 1");
  ExpectMistake(weights + photos + " --out=f.csv --neighbours=1",
                "--neighbours reads the file again");
  ExpectMistake(weights + photos + " --out=f.csv --tokens=patch",
                "write .npy or .safetensors");
  ExpectMistake("--checkpoint=" + Weights(1) + " --data=" + TinyData() + out,
                "--split is missing: " + TinyData() + " has train, test");
  ExpectMistake(weights + " --data=" + TinyData() + " --split=test" + out,
                "takes 3; choose another data set");
}

}  // namespace
}  // namespace caldera
