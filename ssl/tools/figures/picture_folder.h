#ifndef CALDERA_SSL_TOOLS_FIGURES_PICTURE_FOLDER_H_
#define CALDERA_SSL_TOOLS_FIGURES_PICTURE_FOLDER_H_

// Where //:figures puts the pictures of a run.
//
//   PictureFolder("runs/fashion_mnist/m_mae");  // "runs_fashion_mnist_m_mae"

#include <string>

namespace caldera::ssl {

// The last three parts of a run's path, dots apart too, as the name of one
// folder.
std::string PictureFolder(const std::string& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_FIGURES_PICTURE_FOLDER_H_
