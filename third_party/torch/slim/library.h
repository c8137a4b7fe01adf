// Stands before torch/library.h, which torch/types.h includes so that its users
// need not. It costs a second in every file that uses a module, and three files
// here register operators: these include it themselves. No #pragma once: a file
// may include it both ways.
#if __INCLUDE_LEVEL__ == 1
#include_next <torch/library.h>
#endif
