// The FUSE library, for the .cc files of this folder only.
#pragma once

#define FUSE_USE_VERSION 314

#include <fuse3/fuse_lowlevel.h>
