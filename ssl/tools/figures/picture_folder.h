// Names the folder where //:figures puts the pictures of a run.
//
//   PictureFolder("runs/fashion_mnist/m_mae");  // "runs_fashion_mnist_m_mae"
#ifndef CALDERA_SSL_TOOLS_FIGURES_PICTURE_FOLDER_H_
#define CALDERA_SSL_TOOLS_FIGURES_PICTURE_FOLDER_H_

#include <string>

namespace caldera::ssl {

// Returns the last three parts of a run's path, split at slashes and dots,
// joined by "_" as the name of one folder; of a name that is longer than a file
// system takes, its end.
std::string PictureFolder(const std::string& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_FIGURES_PICTURE_FOLDER_H_
