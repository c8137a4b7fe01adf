// Checks that the components of a masked autoencoder fit together.
//
//   absl::Status status = CheckMaeComponents(components, encoder, request);
#ifndef CALDERA_SSL_MAE_CHECK_MAE_COMPONENTS_H_
#define CALDERA_SSL_MAE_CHECK_MAE_COMPONENTS_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "ssl/mae/mae_components.h"
#include "ssl/terms/step_context.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Expects components that are each valid by themselves, whose encoder, decoder
// and teacher need not be built. request: the tensors that auxiliary losses
// will read. Returns InvalidArgument, whose text begins with the field's path
// in MaeSpec, if a component lacks what it reads, if nothing reads a component,
// if the input gives the target away, or if a loss has nothing to count.
absl::Status CheckMaeComponents(const MaeComponents& of,
                                const vit::EncoderSpec& encoder,
                                const ContextRequest& request);

// Returns the field by which `spec` names a part, for errors; where it names
// none, the name of the seam's default.
std::string NameOf(const google::protobuf::Message& spec);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_CHECK_MAE_COMPONENTS_H_
