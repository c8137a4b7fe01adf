// Builds the decoder that a spec names.
//
//   std::shared_ptr<vit::Decoder> decoder =
//       vit::MakeDecoder(spec.decoder(), {768, {14, 14}, 16 * 16 * 3, true});
//
// Caveat: a new decoder's weights are uninitialised until InitializeVit or a
// file has filled them.
#ifndef CALDERA_VIT_DECODERS_MAKE_DECODER_H_
#define CALDERA_VIT_DECODERS_MAKE_DECODER_H_

#include <memory>

#include "vit/decoders/decoder.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

// Returns a new decoder. `spec` must be accepted by Validate and name a kind
// other than NONE; sizes.encoder_dim is a multiple of 4.
std::shared_ptr<Decoder> MakeDecoder(const DecoderSpec& spec,
                                     const DecoderSizes& sizes);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_MAKE_DECODER_H_
