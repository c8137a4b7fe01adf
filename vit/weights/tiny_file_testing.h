// A tiny encoder and its file, for the tests of what reads weights.
#ifndef CALDERA_VIT_WEIGHTS_TINY_FILE_TESTING_H_
#define CALDERA_VIT_WEIGHTS_TINY_FILE_TESTING_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {

inline EncoderSpec TinySpec() {
  EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_channels(1);
  spec.set_embed_dim(16);
  spec.set_depth(1);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2.7);
  return spec;
}

// Returns the path of a file of the test.
inline std::string Path(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) / (name + ".safetensors");
}

// Writes Path("tiny"), an encoder of TinySpec, and returns what it holds.
inline Safetensors TinyFile() {
  Encoder encoder(TinySpec());
  InitializeVit(encoder, 0);
  const std::string path = Path("tiny");
  EXPECT_EQ(SaveEncoder(path, encoder, {}), absl::OkStatus());
  return *ReadSafetensors(path);
}

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_TINY_FILE_TESTING_H_
