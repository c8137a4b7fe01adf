#include "vit/decoders/make_decoder.h"

#include <glog/logging.h>

#include "vit/decoders/cross_attention_decoder.h"
#include "vit/decoders/linear_decoder.h"
#include "vit/decoders/regressor_decoder.h"
#include "vit/decoders/transformer_decoder.h"

namespace caldera::vit {

std::shared_ptr<Decoder> MakeDecoder(const DecoderSpec& spec,
                                     const DecoderSizes& sizes) {
  switch (spec.kind()) {
    case DecoderSpec::TRANSFORMER:
    case DecoderSpec::SELF_CROSS_ATTENTION:
    case DecoderSpec::CRATE:
      return std::make_shared<TransformerDecoder>(spec, sizes);
    case DecoderSpec::LINEAR:
      return std::make_shared<LinearDecoder>(spec, sizes);
    case DecoderSpec::CROSS_ATTENTION:
      return std::make_shared<CrossAttentionDecoder>(spec, sizes);
    case DecoderSpec::REGRESSOR:
      return std::make_shared<RegressorDecoder>(spec, sizes);
    case DecoderSpec::NONE:
      break;
  }
  LOG(FATAL) << "no such decoder: " << spec.kind();
}

}  // namespace caldera::vit
